using Akka.Configuration;
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
        CongestionControl = laws.Check(SettingKeys.CongestionControl.Read(config));
        TargetDelay = SettingKeys.TargetDelay.Read(config);
        RegisterTimeout = SettingKeys.RegisterTimeout.Read(config);
        ShutdownFlushTimeout = SettingKeys.ShutdownFlushTimeout.Read(config);
        ReorderMemoryBytes = SettingKeys.ReorderMemory.Read(config);
        UnreadMemoryBytes = SettingKeys.UnreadMemory.Read(config);
        var folder = SettingKeys.TraceFolder.Read(config);
        Trace = new TraceSettings(
            folder.Length == 0 ? null : folder, SettingKeys.TraceKinds.Read(config), SettingKeys.TraceFileSize.Read(config), SettingKeys.TraceSize.Read(config),
            SettingKeys.TraceSnap.ReadInt(config), SettingKeys.TraceMemory.Read(config));
        Limits = new EndpointLimits
        {
            MaxConnections = SettingKeys.MaxConnections.Read(config),
            MaxConnectionsPerAddress = SettingKeys.MaxConnectionsPerAddress.Read(config),
            MaxHalfOpen = SettingKeys.MaxHalfOpen.Read(config),
            MaxHalfOpenPerAddress = SettingKeys.MaxHalfOpenPerAddress.Read(config),
            MaxResetsPerSecond = SettingKeys.MaxResetsPerSecond.Read(config),
            MaxResetsPerSecondPerAddress = SettingKeys.MaxResetsPerSecondPerAddress.Read(config),
            UnknownIsNotUtp = SettingKeys.UnknownIsNotUtp.Read(config),
        };
        Connection = new ConnectionOptions
        {
            Compatibility = SettingKeys.Compatibility.Read(config),
            Mode = SettingKeys.Delivery.Read(config),
            DropUnsupportedMetadata = SettingKeys.DropUnsupportedMetadata.Read(config),
            CongestionControl = laws.Factory(CongestionControl, TargetDelay),
            Pacing = SettingKeys.Pacing.Read(config),
            SendBufferBytes = SettingKeys.SendBuffer.ReadInt(config),
            InitialReceiveWindowBytes = SettingKeys.InitialReceiveWindow.ReadInt(config),
            MaxReceiveWindowBytes = SettingKeys.MaxReceiveWindow.ReadInt(config),
            ReorderBudget = new MemoryBudget(ReorderMemoryBytes),
            UnreadBudget = new MemoryBudget(UnreadMemoryBytes),
            AllocateDelivery = DeliveryPool.Instance.Rent,
            MaxFrameBytes = SettingKeys.MaxFrameSize.ReadInt(config),
            ConnectTimeoutMicros = SettingKeys.ConnectTimeout.Read(config).Micros(),
            AcceptUnconfirmed = SettingKeys.AcceptUnconfirmed.Read(config),
            HalfOpenTimeoutMicros = SettingKeys.HalfOpenTimeout.Read(config).Micros(),
            InitialRtoMicros = SettingKeys.InitialRto.Read(config).Micros(),
            MinRtoMicros = SettingKeys.MinRto.Read(config).Micros(),
            MinRtoOwnPeerMicros = SettingKeys.MinRtoOwnPeer.Read(config).Micros(),
            MaxRtoMicros = SettingKeys.MaxRto.Read(config).Micros(),
            MaxTimeouts = SettingKeys.MaxTimeouts.Read(config),
            KeepAliveMicros = SettingKeys.KeepAlive.Read(config).Micros(),
            IdleTimeoutMicros = SettingKeys.IdleTimeout.Read(config).Micros(),
            TimeWaitMicros = SettingKeys.TimeWait.Read(config).Micros(),
            DelayedAck = SettingKeys.DelayedAck.Read(config),
            CoalesceSmallWrites = SettingKeys.CoalesceSmallWrites.Read(config),
            MaxForeignPacketsInFlight = SettingKeys.MaxForeignPacketsInFlight.Read(config),
            MaxOwnPacketsInFlight = SettingKeys.MaxOwnPacketsInFlight.Read(config),
        };
        MaxDatagramBytes = SettingKeys.MaxDatagramSize.ReadInt(config);
        if (MaxDatagramBytes > 0)
            Connection = Connection with { MaxDatagramBytes = MaxDatagramBytes };
        CheckTogether(Connection);
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

    /// <summary><c>utp.max-datagram-size</c>, bytes of UDP payload; zero: what the path is found to carry.</summary>
    public int MaxDatagramBytes { get; }

    /// <summary><c>utp.congestion-control</c>: the law's name.</summary>
    public string CongestionControl { get; }

    /// <summary>The laws that can be named.</summary>
    internal CongestionControls Laws { get; }

    /// <summary><c>utp.target-delay</c>; zero: the law's own.</summary>
    public TimeSpan TargetDelay { get; }

    /// <summary><c>utp.register-timeout</c>; zero: never.</summary>
    public TimeSpan RegisterTimeout { get; }

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

    /// <summary>What the combination of values must hold, whether they come from the configuration or from a command's options.</summary>
    internal static void CheckTogether(ConnectionOptions options)
    {
        Require(options.InitialReceiveWindowBytes <= options.MaxReceiveWindowBytes, SettingKeys.InitialReceiveWindow.Name, SettingKeys.MaxReceiveWindow.Name);
        Require(options.MinRtoMicros <= options.MaxRtoMicros, SettingKeys.MinRto.Name, SettingKeys.MaxRto.Name);
        Require(options.MinRtoOwnPeerMicros <= options.MaxRtoMicros, SettingKeys.MinRtoOwnPeer.Name, SettingKeys.MaxRto.Name);
        Require(options.InitialRtoMicros <= options.MaxRtoMicros, SettingKeys.InitialRto.Name, SettingKeys.MaxRto.Name);

        static void Require(bool holds, string smaller, string larger)
        {
            if (!holds)
                throw new ConfigurationException($"{smaller} is larger than {larger}: it must not be.");
        }
    }
}

/// <summary>Durations as the core counts them.</summary>
internal static class DurationExtensions
{
    public static long Micros(this TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;
}
