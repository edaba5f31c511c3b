using System.Globalization;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Hosting;

/// <summary><see cref="UtpHostOptions"/> as the section <c>utp</c>. Ranges are not judged here: the extension judges the whole configuration when it starts.</summary>
internal sealed class HoconWriter
{
    private readonly List<string> _lines = [];

    public static Config Write(UtpHostOptions options)
    {
        var writer = new HoconWriter();
        writer.Add(options);
        var typed = Section(string.Join('\n', writer._lines));
        if (options.Connections is { } connections)
            typed = typed.WithFallback(UtpSettings.ToConfig(connections));
        if (options.Limits is { } limits)
            typed = typed.WithFallback(UtpSettings.ToConfig(limits));
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
        Add("client-port", options.ClientPort switch
        {
            null => null,
            ClientPort.Shared => "shared",
            ClientPort.Own => "own",
            { } other => Number((int)other),
        });
        Add("connect-timeout", Duration(options.ConnectTimeout));
        Add("shutdown-flush-timeout", Duration(options.ShutdownFlushTimeout));
    }

    // Quoted, so that no value is taken for syntax.
    private void Add(string key, string? value)
    {
        if (value is not null)
            _lines.Add($"{key} = \"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
    }

    private static string? Number(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string? Duration(TimeSpan? value) => value is { } duration ? duration.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms" : null;
}
