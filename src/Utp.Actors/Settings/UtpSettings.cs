using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>The section <c>utp</c> of the configuration, validated. Read once, when the extension starts.</summary>
public sealed record UtpSettings
{
    private UtpSettings(Config config, CongestionControls laws)
    {
        Laws = laws;
        UnknownKeys.Check(config, Reference);

        Channel = SettingKeys.Channel.Read(config);
        Dispatcher = SettingKeys.Dispatcher.Read(config);
        SocketReceiveBufferBytes = SettingKeys.SocketReceiveBuffer.ReadInt(config);
        SocketSendBufferBytes = SettingKeys.SocketSendBuffer.ReadInt(config);
        ReceiveBatchDatagrams = SettingKeys.ReceiveBatch.Read(config);
        ReceiveLoops = SettingKeys.ReceiveLoops.Read(config);
        ReceiveMemoryBytes = SettingKeys.ReceiveMemory.Read(config);
        ShutdownFlushTimeout = SettingKeys.ShutdownFlushTimeout.Read(config);
        ClientPort = SettingKeys.ClientPort.Read(config);
        ReorderMemoryBytes = SettingKeys.ReorderMemory.Read(config);
        UnreadMemoryBytes = SettingKeys.UnreadMemory.Read(config);
        var folder = SettingKeys.TraceFolder.Read(config);
        Trace = new TraceSettings(
            folder.Length == 0 ? null : folder, SettingKeys.TraceKinds.Read(config), SettingKeys.TraceFileSize.Read(config), SettingKeys.TraceSize.Read(config),
            SettingKeys.TraceSnap.ReadInt(config), SettingKeys.TraceMemory.Read(config));
        Limits = LimitTable.Rows.Aggregate(new EndpointLimits(), (limits, row) => row.Read(config, limits));
        var common = new ConnectionOptions
        {
            ReorderBudget = new MemoryBudget(ReorderMemoryBytes, ReorderWatch.OnReached),
            UnreadBudget = new MemoryBudget(UnreadMemoryBytes, UnreadWatch.OnReached),
            AllocateDelivery = DeliveryPool.Instance.Rent,
        };
        Choice = ConnectionTable.Rows.Aggregate(new ConnectionChoice { Core = common }, (choice, row) => row.Read(config, choice));
        Connection = CoreOf(Choice, laws);
    }

    /// <summary>The reference configuration, <c>config/utp.hocon</c>, as it is embedded in this assembly.</summary>
    public static Config Reference { get; } = ConfigurationFactory.FromResource<UtpSettings>("Utp.Actors.utp.hocon");

    /// <summary><c>utp.channel</c>.</summary>
    public ChannelDriver Channel { get; }

    /// <summary><c>utp.dispatcher</c>.</summary>
    public string Dispatcher { get; }

    /// <summary><c>utp.socket.receive-buffer</c>, bytes.</summary>
    public int SocketReceiveBufferBytes { get; }

    /// <summary><c>utp.socket.send-buffer</c>, bytes.</summary>
    public int SocketSendBufferBytes { get; }

    /// <summary><c>utp.socket.receive-batch</c>, datagrams.</summary>
    public int ReceiveBatchDatagrams { get; }

    /// <summary><c>utp.socket.receive-loops</c>: sockets that share the port of a listener, each read by a thread.</summary>
    public int ReceiveLoops { get; }

    /// <summary><c>utp.socket.receive-memory</c>, bytes.</summary>
    public long ReceiveMemoryBytes { get; }

    /// <summary><c>utp.reorder-memory</c>, bytes; <see cref="ConnectionOptions.ReorderBudget"/> of <see cref="Connection"/> counts them, for all connections of the system.</summary>
    public long ReorderMemoryBytes { get; }

    /// <summary><c>utp.unread-memory</c>, bytes; <see cref="ConnectionOptions.UnreadBudget"/> of <see cref="Connection"/> counts them, for all connections of the system.</summary>
    public long UnreadMemoryBytes { get; }

    /// <summary>Says that somebody was refused memory of <see cref="ReorderMemoryBytes"/>.</summary>
    internal LimitWatch ReorderWatch { get; } = new(
        "utp.reorder-memory: an address holds as much as it may of packets that are out of order and of unfinished frames; more of its packets are dropped, and come again");

    /// <summary>Says that somebody was refused memory of <see cref="UnreadMemoryBytes"/>.</summary>
    internal LimitWatch UnreadWatch { get; } = new(
        "utp.unread-memory: a connection, or all of one address, hold as much as they may of data that their handlers do not read; their windows are closed until it is read");

    /// <summary><c>utp.max-datagram-size</c>, bytes of UDP payload; zero: what the path is found to carry.</summary>
    public int MaxDatagramBytes => Choice.MaxDatagramBytes;

    /// <summary><c>utp.congestion-control</c>: the law's name.</summary>
    public string CongestionControl => Choice.Law;

    /// <summary>What is configured for a connection, before a command's options.</summary>
    internal ConnectionChoice Choice { get; }

    /// <summary>The laws that can be named.</summary>
    internal CongestionControls Laws { get; }

    /// <summary><c>utp.target-delay</c>; zero: the law's own.</summary>
    public TimeSpan TargetDelay => Choice.TargetDelay;

    /// <summary><c>utp.register-timeout</c>; zero: never.</summary>
    public TimeSpan RegisterTimeout => Choice.RegisterTimeout;

    /// <summary><c>utp.client-port</c>: what a <see cref="Connect"/> that names no port goes through.</summary>
    public ClientPort ClientPort { get; }

    /// <summary><c>utp.shutdown-flush-timeout</c>.</summary>
    public TimeSpan ShutdownFlushTimeout { get; }

    /// <summary><c>utp.trace</c> and its kin.</summary>
    internal TraceSettings Trace { get; }

    /// <summary><c>utp.limits</c>.</summary>
    public EndpointLimits Limits { get; }

    /// <summary>What a connection is given when its command says nothing else.</summary>
    public ConnectionOptions Connection { get; }

    /// <summary>Reads and validates the section <c>utp</c> of <paramref name="config"/>; what it does not set is as in <see cref="Reference"/>.</summary>
    /// <exception cref="ConfigurationException">A value is wrong or a key unknown; the message names it, and what is allowed.</exception>
    public static UtpSettings Parse(Config config) => Parse(config, CongestionControls.Default);

    /// <inheritdoc cref="Parse(Config)"/>
    internal static UtpSettings Parse(Config config, CongestionControls laws)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new UtpSettings(config.WithFallback(Reference), laws);
    }

    /// <summary>The section <c>utp</c> that says what <paramref name="options"/> say. Ranges are judged by whoever parses it.</summary>
    public static Config ToConfig(UtpOptions options) => ToConfig(ConnectionTable.Rows, options);

    /// <summary>The section <c>utp</c> that says what <paramref name="limits"/> say. Ranges are judged by whoever parses it.</summary>
    public static Config ToConfig(EndpointLimits limits) => ToConfig(LimitTable.Rows, limits);

    /// <summary>What the core is given, once it is found to fit together, whether it comes from the configuration or from a command's options.</summary>
    /// <exception cref="ConfigurationException">There is no such law, or a value contradicts another one.</exception>
    internal static ConnectionOptions CoreOf(ConnectionChoice choice, CongestionControls laws)
    {
        var core = choice.Core with
        {
            CongestionControl = laws.Factory(laws.Check(choice.Law), choice.TargetDelay),
            MaxDatagramBytes = choice.MaxDatagramBytes > 0 ? choice.MaxDatagramBytes : ConnectionOptions.Default.MaxDatagramBytes,
        };
        Require(core.InitialReceiveWindowBytes <= core.MaxReceiveWindowBytes, SettingKeys.InitialReceiveWindow.Name, SettingKeys.MaxReceiveWindow.Name);
        Require(core.MinRtoMicros <= core.MaxRtoMicros, SettingKeys.MinRto.Name, SettingKeys.MaxRto.Name);
        Require(core.MinRtoOwnPeerMicros <= core.MaxRtoMicros, SettingKeys.MinRtoOwnPeer.Name, SettingKeys.MaxRto.Name);
        Require(core.InitialRtoMicros <= core.MaxRtoMicros, SettingKeys.InitialRto.Name, SettingKeys.MaxRto.Name);
        return core;

        static void Require(bool holds, string smaller, string larger)
        {
            if (!holds)
                throw new ConfigurationException($"{smaller} is larger than {larger}: it must not be.");
        }
    }

    // Quoted, so that no value is taken for syntax.
    private static Config ToConfig<TKept, TGiven>(IEnumerable<SettingRow<TKept, TGiven>> rows, TGiven given)
    {
        ArgumentNullException.ThrowIfNull(given);
        var lines = rows
            .Select(row => (row.Key, Text: row.Write(given)))
            .Where(static row => row.Text is not null)
            .Select(static row => $"{row.Key} = \"{row.Text!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        return ConfigurationFactory.ParseString(string.Join('\n', lines.Prepend("utp { }")));
    }
}

/// <summary>Durations as the core counts them.</summary>
internal static class DurationExtensions
{
    public static long Micros(this TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;
}
