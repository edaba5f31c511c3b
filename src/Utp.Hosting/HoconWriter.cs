using System.Globalization;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Hosting;

/// <summary><see cref="UtpHostOptions"/> as the section <c>utp</c>. Ranges are not judged here: the extension judges the whole configuration when it starts.</summary>
internal sealed class HoconWriter
{
    private readonly List<string> _lines = [];

    public static Config Write(UtpHostOptions options)
    {
        var writer = new HoconWriter();
        writer.Add(options);
        if (options.Connections is { } connections)
            writer.Add(connections);
        if (options.Limits is { } limits)
            writer.Add(limits);
        var typed = Section(string.Join('\n', writer._lines));
        return string.IsNullOrWhiteSpace(options.Hocon) ? typed : typed.WithFallback(Section(options.Hocon));
    }

    private static Config Section(string lines) => ConfigurationFactory.ParseString($"utp {{\n{lines}\n}}");

    private void Add(UtpHostOptions options)
    {
        Add("channel", options.Channel switch
        {
            null => null,
            ChannelDriver.Auto => "auto",
            ChannelDriver.Batched => "batched",
            ChannelDriver.Socket => "socket",
            ChannelDriver.AkkaIO => "akka-io",
            { } other => Number((int)other),
        });
        Add("dispatcher", options.Dispatcher);
        Add("socket.receive-buffer", Number(options.SocketReceiveBufferBytes));
        Add("socket.send-buffer", Number(options.SocketSendBufferBytes));
        Add("socket.receive-loops", Number(options.ReceiveLoops));
        Add("socket.receive-memory", Number(options.ReceiveMemoryBytes));
        Add("reorder-memory", Number(options.ReorderMemoryBytes));
        Add("unread-memory", Number(options.UnreadMemoryBytes));
        Add("connect-timeout", Duration(options.ConnectTimeout));
        Add("shutdown-flush-timeout", Duration(options.ShutdownFlushTimeout));
    }

    private void Add(UtpOptions options)
    {
        Add("congestion-control", options.CongestionControl);
        Add("target-delay", Duration(options.TargetDelay, zero: "auto"));
        Add("compatibility", options.Compatibility switch
        {
            null => null,
            PeerCompatibility.Negotiate => "auto",
            PeerCompatibility.Plain => "plain",
            PeerCompatibility.NodeUtp => "node-utp",
            { } other => Number((int)other),
        });
        Add("delivery", options.Delivery switch
        {
            null => null,
            DeliveryMode.Bytes => "bytes",
            DeliveryMode.Objects => "objects",
            DeliveryMode.Frames => "frames",
            { } other => Number((int)other),
        });
        Add("drop-unsupported-metadata", Switch(options.DropUnsupportedMetadata));
        Add("max-frame-size", Number(options.MaxFrameBytes));
        Add("max-datagram-size", options.MaxDatagramBytes == 0 ? "auto" : Number(options.MaxDatagramBytes));
        Add("send-buffer", Number(options.SendBufferBytes));
        Add("receive-window.initial", Number(options.InitialReceiveWindowBytes));
        Add("receive-window.max", Number(options.MaxReceiveWindowBytes));
        Add("half-open-timeout", Duration(options.HalfOpenTimeout));
        Add("register-timeout", options.RegisterTimeout == Timeout.InfiniteTimeSpan ? "off" : Duration(options.RegisterTimeout));
        Add("keep-alive", Duration(options.KeepAlive, zero: "off"));
        Add("idle-timeout", Duration(options.IdleTimeout, zero: "off"));
        Add("max-timeouts", Number(options.MaxTimeouts));
        Add("pacing", Switch(options.Pacing));
        Add("coalesce-small-writes", Switch(options.CoalesceSmallWrites));
        Add("delayed-ack", Switch(options.DelayedAck));
        Add("accept-unconfirmed", Switch(options.AcceptUnconfirmed));
    }

    private void Add(EndpointLimits limits)
    {
        Add("limits.connections", Number(limits.MaxConnections));
        Add("limits.connections-per-address", Number(limits.MaxConnectionsPerAddress));
        Add("limits.half-open", Number(limits.MaxHalfOpen));
        Add("limits.half-open-per-address", Number(limits.MaxHalfOpenPerAddress));
        Add("limits.resets-per-second", Number(limits.MaxResetsPerSecond));
        Add("limits.resets-per-second-per-address", Number(limits.MaxResetsPerSecondPerAddress));
        Add("limits.unknown-is-not-utp", Switch(limits.UnknownIsNotUtp));
    }

    // Quoted, so that no value is taken for syntax.
    private void Add(string key, string? value)
    {
        if (value is not null)
            _lines.Add($"{key} = \"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
    }

    private static string? Number(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string? Switch(bool? value) => value switch { null => null, true => "on", false => "off" };

    private static string? Duration(TimeSpan? value, string? zero = null) => value switch
    {
        null => null,
        { Ticks: 0 } when zero is not null => zero,
        { } duration => duration.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms",
    };
}
