using System.Globalization;
using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// One key of <c>config/utp.hocon</c>: its name, how its value is read, and its allowed range. A wrong value, from HOCON or from an option of a
/// command, is a <see cref="ConfigurationException"/> that names key, value and range.
/// </summary>
internal abstract class SettingKey<T>(string name)
{
    public string Name { get; } = "utp." + name;

    /// <summary>What is allowed, as the end of the sentence "must be …".</summary>
    protected abstract string Range { get; }

    public T Read(Config config)
    {
        if (!config.HasPath(Name))
            throw new ConfigurationException($"{Name} is missing: it must be {Range}.");
        string? text = null;
        try
        {
            text = config.GetString(Name, null);
            var value = Parse(config, text);
            if (IsAllowed(value))
                return value;
        }
        catch (Exception e) when (e is not ConfigurationException)
        {
            // Akka's HOCON throws exceptions of several kinds for a value that it cannot read.
            throw Wrong(text ?? config.GetValue(Name)?.ToString(), e);
        }

        throw Wrong(text, null);
    }

    /// <summary>The value of an option, once it is found allowed.</summary>
    /// <param name="value">As given.</param>
    /// <param name="option">The name that it has where it was given.</param>
    public T Check(T value, string option) => IsAllowed(value)
        ? value
        : throw new ConfigurationException($"{option} = {Describe(value)} is not allowed: it must be {OptionRange} (it stands for {Name}).");

    /// <summary>The value as a configuration says it. Whether it is allowed is not judged.</summary>
    public virtual string Write(T value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    /// <summary>The same for options, in which no word stands for zero.</summary>
    protected virtual string OptionRange => Range;

    protected abstract T Parse(Config config, string text);

    protected abstract bool IsAllowed(T value);

    /// <summary>What may have been meant, as an addition to the sentence; empty: nobody knows.</summary>
    protected virtual string Hint(string? value) => "";

    protected virtual string Describe(T value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "nothing";

    private ConfigurationException Wrong(string? value, Exception? inner) =>
        new($"{Name} = {(string.IsNullOrWhiteSpace(value) ? "\"\"" : value)} is not allowed: it must be {Range}{Hint(value)}.", inner);
}

/// <summary>A duration, or the word that reads as zero, where there is one.</summary>
internal sealed class DurationKey(string name, TimeSpan min, TimeSpan max, string? zero = null) : SettingKey<TimeSpan>(name)
{
    protected override string Range => $"a duration from {Text(min)} to {Text(max)}{(zero is null ? "" : ", or " + zero)}";

    protected override string OptionRange => $"a duration from {Text(min)} to {Text(max)}{(zero is null ? "" : $", or zero ({zero})")}";

    protected override TimeSpan Parse(Config config, string text) =>
        zero is not null && text == zero ? TimeSpan.Zero : config.GetTimeSpan(Name, null, allowInfinite: false);

    protected override bool IsAllowed(TimeSpan value) => (value >= min && value <= max) || (zero is not null && value == TimeSpan.Zero);

    protected override string Describe(TimeSpan value) => Text(value);

    public override string Write(TimeSpan value) =>
        zero is not null && value == TimeSpan.Zero ? zero : value.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms";

    protected override string Hint(string? value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? "; a number without a unit means milliseconds" : "";

    private static string Text(TimeSpan value)
    {
        var (number, unit) = value switch
        {
            { Ticks: > 0 } when value.Ticks % TimeSpan.TicksPerHour == 0 => (value.TotalHours, "h"),
            { Ticks: > 0 } when value.Ticks % TimeSpan.TicksPerSecond == 0 => (value.TotalSeconds, "s"),
            _ => (value.TotalMilliseconds, "ms"),
        };
        return number.ToString(CultureInfo.InvariantCulture) + unit;
    }
}

/// <summary>A size in bytes, or the word that reads as zero, where there is one.</summary>
internal sealed class SizeKey(string name, long min, long max, string? zero = null) : SettingKey<long>(name)
{
    protected override string Range => $"a size from {Text(min)} to {Text(max)}{(zero is null ? "" : ", or " + zero)}";

    protected override string OptionRange => $"a size from {Text(min)} to {Text(max)}{(zero is null ? "" : $", or 0 ({zero})")}";

    public int ReadInt(Config config) => (int)Read(config);

    protected override long Parse(Config config, string text) =>
        zero is not null && text == zero ? 0 : config.GetByteSize(Name) ?? throw new FormatException("There is no value.");

    protected override bool IsAllowed(long value) => (value >= min && value <= max) || (zero is not null && value == 0);

    protected override string Describe(long value) => Text(value);

    public override string Write(long value) => zero is not null && value == 0 ? zero : base.Write(value);

    private static string Text(long bytes) => bytes switch
    {
        > 0 when bytes % (1 << 30) == 0 => $"{bytes >> 30}GiB",
        > 0 when bytes % (1 << 20) == 0 => $"{bytes >> 20}MiB",
        > 0 when bytes % (1 << 10) == 0 => $"{bytes >> 10}KiB",
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes}"),
    };
}

/// <summary>A whole number.</summary>
internal sealed class CountKey(string name, int min, int max) : SettingKey<int>(name)
{
    protected override string Range => string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}");

    protected override int Parse(Config config, string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    protected override bool IsAllowed(int value) => value >= min && value <= max;
}

/// <summary>One of several words, each of which stands for a value.</summary>
internal sealed class ChoiceKey<T>(string name, params (string Word, T Value)[] choices) : SettingKey<T>(name)
{
    protected override string Range => choices.Length == 1 ? choices[0].Word : "one of " + string.Join(", ", choices.Select(choice => choice.Word));

    protected override T Parse(Config config, string text)
    {
        foreach (var (word, value) in choices)
            if (word == text)
                return value;
        throw new FormatException("It is none of the words.");
    }

    public override string Write(T value) =>
        Array.Find(choices, choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Word ?? base.Write(value);

    protected override bool IsAllowed(T value) => choices.Any(choice => EqualityComparer<T>.Default.Equals(choice.Value, value));
}

/// <summary>A word; which ones there are, its reader knows.</summary>
internal sealed class WordKey(string name) : SettingKey<string>(name)
{
    protected override string Range => "a word";

    protected override string Parse(Config config, string text) => text;

    protected override bool IsAllowed(string value) => value is not null;
}

/// <summary>A folder by its whole path, or the word that stands for none, which reads as empty.</summary>
internal sealed class FolderKey(string name, string none) : SettingKey<string>(name)
{
    protected override string Range => $"the absolute path of a folder, or {none}";

    protected override string Parse(Config config, string text) =>
        text == none ? "" : Path.IsPathFullyQualified(text) ? text : throw new FormatException("It is relative.");

    protected override bool IsAllowed(string value) => true;
}

/// <summary>A switch: on or off, as HOCON writes them.</summary>
internal sealed class SwitchKey(string name) : SettingKey<bool>(name)
{
    protected override string Range => "on or off";

    protected override bool Parse(Config config, string text) => text switch
    {
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        _ => throw new FormatException("It is neither."),
    };

    public override string Write(bool value) => value ? "on" : "off";

    protected override bool IsAllowed(bool value) => true;
}

/// <summary>A path in the configuration that must lead to a section.</summary>
internal sealed class SectionKey(string name) : SettingKey<string>(name)
{
    protected override string Range => "the path of a section in the configuration";

    protected override string Parse(Config config, string text) =>
        config.HasPath(text) ? text : throw new FormatException("There is no such section.");

    protected override bool IsAllowed(string value) => true;
}

/// <summary>Every key that is read. <c>config/utp.hocon</c> documents each, and a test walks both.</summary>
internal static class SettingKeys
{
    public static readonly ChoiceKey<ChannelDriver> Channel = new("channel", ("auto", ChannelDriver.Auto), ("batched", ChannelDriver.Batched), ("socket", ChannelDriver.Socket), ("akka-io", ChannelDriver.AkkaIO));
    public static readonly SectionKey Dispatcher = new("dispatcher");
    public static readonly SizeKey SocketReceiveBuffer = new("socket.receive-buffer", 16 << 10, 1 << 30);
    public static readonly SizeKey SocketSendBuffer = new("socket.send-buffer", 16 << 10, 1 << 30);
    public static readonly CountKey ReceiveBatch = new("socket.receive-batch", 1, 1024);
    public static readonly CountKey ReceiveLoops = new("socket.receive-loops", 1, 64);
    public static readonly SizeKey ReceiveMemory = new("socket.receive-memory", 1 << 20, 16L << 30);
    public static readonly ChoiceKey<PeerCompatibility> Compatibility = new("compatibility", ("auto", PeerCompatibility.Negotiate), ("plain", PeerCompatibility.Plain), ("node-utp", PeerCompatibility.NodeUtp));
    public static readonly ChoiceKey<DeliveryMode> Delivery = new("delivery", ("bytes", DeliveryMode.Bytes), ("objects", DeliveryMode.Objects), ("frames", DeliveryMode.Frames));
    public static readonly SwitchKey DropUnsupportedMetadata = new("drop-unsupported-metadata");
    public static readonly SizeKey MaxFrameSize = new("max-frame-size", 1 << 10, 1 << 30);
    public static readonly WordKey CongestionControl = new("congestion-control");
    public static readonly DurationKey TargetDelay = new("target-delay", Milliseconds(1), Seconds(1), zero: "auto");
    public static readonly ChoiceKey<bool> Pacing = new("pacing", ("on", true), ("off", false));
    public static readonly SizeKey MaxDatagramSize = new("max-datagram-size", 548, 65_507, zero: "auto");
    public static readonly SizeKey SendBuffer = new("send-buffer", 4 << 10, 1 << 30);
    public static readonly SizeKey InitialReceiveWindow = new("receive-window.initial", 4 << 10, 1 << 30);
    public static readonly SizeKey MaxReceiveWindow = new("receive-window.max", 4 << 10, 1 << 30);
    public static readonly SizeKey ReorderMemory = new("reorder-memory", 1 << 20, 16L << 30);
    public static readonly SizeKey UnreadMemory = new("unread-memory", 1 << 20, 64L << 30);
    public static readonly CountKey MaxForeignPacketsInFlight = new("in-flight.foreign", 1, 1_000);
    public static readonly CountKey MaxOwnPacketsInFlight = new("in-flight.own-peer", 1, 32_000);
    public static readonly DurationKey ConnectTimeout = new("connect-timeout", Milliseconds(1), TimeSpan.FromHours(1));
    public static readonly SwitchKey AcceptUnconfirmed = new("accept-unconfirmed");
    public static readonly DurationKey HalfOpenTimeout = new("half-open-timeout", Milliseconds(10), TimeSpan.FromHours(1));
    public static readonly DurationKey RegisterTimeout = new("register-timeout", Milliseconds(1), TimeSpan.FromHours(24), zero: "off");
    public static readonly DurationKey KeepAlive = new("keep-alive", Seconds(1), TimeSpan.FromHours(24), zero: "off");
    public static readonly DurationKey IdleTimeout = new("idle-timeout", Milliseconds(10), TimeSpan.FromHours(240), zero: "off");
    public static readonly DurationKey TimeWait = new("time-wait", TimeSpan.Zero, Seconds(60));
    public static readonly CountKey MaxTimeouts = new("max-timeouts", 1, 100);
    public static readonly DurationKey InitialRto = new("rto.initial", Milliseconds(1), Seconds(60));
    public static readonly DurationKey MinRto = new("rto.min", Milliseconds(1), Seconds(60));
    public static readonly DurationKey MinRtoOwnPeer = new("rto.min-own-peer", Milliseconds(1), Seconds(60));
    public static readonly DurationKey MaxRto = new("rto.max", Milliseconds(1), TimeSpan.FromHours(1));
    public static readonly SwitchKey DelayedAck = new("delayed-ack");
    public static readonly SwitchKey CoalesceSmallWrites = new("coalesce-small-writes");
    public static readonly CountKey MaxConnections = new("limits.connections", 1, 1_000_000);
    public static readonly CountKey MaxConnectionsPerAddress = new("limits.connections-per-address", 1, 1_000_000);
    public static readonly CountKey MaxHalfOpen = new("limits.half-open", 1, 1_000_000);
    public static readonly CountKey MaxHalfOpenPerAddress = new("limits.half-open-per-address", 1, 1_000_000);
    public static readonly CountKey MaxResetsPerSecond = new("limits.resets-per-second", 0, 1_000_000);
    public static readonly CountKey MaxResetsPerSecondPerAddress = new("limits.resets-per-second-per-address", 0, 1_000_000);
    public static readonly ChoiceKey<ClientPort> ClientPort = new("client-port", ("shared", Messages.ClientPort.Shared), ("own", Messages.ClientPort.Own));
    public static readonly SwitchKey UnknownIsNotUtp = new("limits.unknown-is-not-utp");
    public static readonly DurationKey ShutdownFlushTimeout = new("shutdown-flush-timeout", TimeSpan.Zero, TimeSpan.FromHours(1));

    public static readonly FolderKey TraceFolder = new("trace", "off");
    public static readonly ChoiceKey<TraceKinds> TraceKinds = new("trace-kind", ("both", Messages.TraceKinds.All), ("qlog", Messages.TraceKinds.Qlog), ("pcapng", Messages.TraceKinds.Pcapng));
    public static readonly SizeKey TraceFileSize = new("trace-file-size", 64 << 10, 16L << 30);
    public static readonly SizeKey TraceSize = new("trace-size", 1 << 20, 1L << 40);
    public static readonly SizeKey TraceSnap = new("trace-snap", 20, 16 << 10);
    public static readonly SizeKey TraceMemory = new("trace-memory", 1 << 20, 1L << 30);

    private static TimeSpan Milliseconds(int value) => TimeSpan.FromMilliseconds(value);

    private static TimeSpan Seconds(int value) => TimeSpan.FromSeconds(value);
}
