namespace Utp.Protocol;

/// <summary>
/// The components of one connection, made in the order of the arrows between them (design note 0055): each knows only those that were made before it.
/// </summary>
internal sealed class ConnectionParts
{
    /// <summary>Makes them all.</summary>
    /// <param name="seed">Random ids and seq_nrs.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="initial"><see cref="ConnectionState.SynSent"/> or <see cref="ConnectionState.SynReceived"/>.</param>
    /// <param name="memory">The accounts that what it keeps counts against; by default they are its own.</param>
    /// <param name="now">The time.</param>
    public ConnectionParts(ConnectionSeed seed, ConnectionOptions options, ConnectionState initial, AddressMemory memory, Instant now)
    {
        Trace = new TraceOutlet(options.Trace);
        var clock = new WireClock(seed.ClockOffset);
        Seed = seed;
        Options = options;
        Congestion = options.CongestionControl();
        Life = new Lifecycle(initial, Trace);
        Tags = new PacketTags(options.Compatibility == PeerCompatibility.Negotiate ? seed.Tag : 0);
        Peer = new PeerTraits(options, clock);
        Rtt = new RttEstimator(options.InitialRtoMicros, options.MinRtoMicros, options.MaxRtoMicros);
        Packets = new OutstandingPackets(initial == ConnectionState.SynSent ? seed.InitialSeqNr.Next : seed.InitialSeqNr);

        Mtu = new PathMtu(options, Congestion, Peer);
        Liveness = new Liveness(options, Timers, now);
        Handshake = new Handshake(options, seed, initial, Peer, Tags, clock, Timers, now);

        Ack = new AckPolicy(options.DelayedAck, Timers);
        Data = new UnreadData(options, Timers, memory.Unread);
        Receiver = new Receiver(options, Peer, Ack, Data, memory.Reorder);
        Events = new UserEvents(Receiver, Data, SendBuffer, Mtu);

        PeerWindow = new PeerWindow(Rtt, Timers);
        Horizon = new BelievableAcks(Peer);
        Echoes = new EchoedClock(clock);
        Refusals = new SocketRefusals(options, Rtt, Mtu, Timers);
        Losses = new LossRecovery(Peer, Packets, Mtu, PeerWindow, Rtt, Mask, Congestion, Timers, Trace);
        Retransmission = new RetransmissionTimer(options, Packets, Mtu, PeerWindow, Rtt, Losses, Congestion, Timers);
        TailProbe = new TailProbe(options, Peer, Life, Packets, SendBuffer, Mtu, PeerWindow, Rtt, Losses, Retransmission, Timers);
        Acks = new AckReader(Peer, Packets, SendBuffer, End, Mtu, Rtt, Mask, Losses, Retransmission, TailProbe, clock, Congestion, Trace);
        Writer = new PacketWriter(Life, Peer, Tags, clock, Handshake, Receiver, Data, Ack, Mtu, Packets, SendBuffer, Notice, Liveness, Trace);
        Sender = new Sender(
            options, Life, Peer, Handshake, Packets, SendBuffer, End, Mtu, PeerWindow, Horizon, Rtt, Losses, Retransmission, TailProbe, Writer, Refusals, Congestion, Timers);
        Gate = new WriteGate(options, Life, Peer, End, SendBuffer);

        Closing = new Closing(
            options, Life, Peer, Tags, Handshake, Receiver, Data, Ack, Packets, SendBuffer, End, Horizon, Rtt, Sender, Notice, Refusals, Events, Timers);
        Path = new PathReports(Life, Handshake, Packets, Mtu, Losses, Writer, clock, Closing);
        Inbound = new Inbound(this);
        Outbound = new Outbound(this);
        Deadlines = new Deadlines(this);
    }

    public ConnectionSeed Seed { get; }

    public ConnectionOptions Options { get; }

    public ICongestionControl Congestion { get; }

    public Timers Timers { get; } = new();

    public TraceOutlet Trace { get; }

    public Lifecycle Life { get; }

    public PeerTraits Peer { get; }

    public PacketTags Tags { get; }

    public RttEstimator Rtt { get; }

    public OutstandingPackets Packets { get; }

    public SendBuffer SendBuffer { get; } = new();

    public OwnEnd End { get; } = new();

    public CloseNotice Notice { get; } = new();

    public MaskHorizon Mask { get; } = new();

    public PathMtu Mtu { get; }

    public Liveness Liveness { get; }

    public Handshake Handshake { get; }

    public AckPolicy Ack { get; }

    public UnreadData Data { get; }

    public Receiver Receiver { get; }

    public UserEvents Events { get; }

    public PeerWindow PeerWindow { get; }

    public BelievableAcks Horizon { get; }

    public EchoedClock Echoes { get; }

    public SocketRefusals Refusals { get; }

    public LossRecovery Losses { get; }

    public RetransmissionTimer Retransmission { get; }

    public TailProbe TailProbe { get; }

    public AckReader Acks { get; }

    public PacketWriter Writer { get; }

    public Sender Sender { get; }

    public WriteGate Gate { get; }

    public PathReports Path { get; }

    public Closing Closing { get; }

    public Inbound Inbound { get; }

    public Outbound Outbound { get; }

    public Deadlines Deadlines { get; }

    /// <summary>A copy of everybody's counters and gauges.</summary>
    public ConnectionStats GetStatistics() => new()
    {
        State = Life.State,
        BytesSent = Sender.BytesSent,
        BytesDelivered = Acks.BytesDelivered,
        BytesReceived = Data.BytesReceived,
        PacketsSent = Writer.PacketsSent,
        PacketsReceived = Inbound.PacketsReceived,
        Retransmissions = Sender.Retransmissions,
        Timeouts = Retransmission.Timeouts,
        SpuriousTimeouts = Retransmission.SpuriousTimeouts,
        PacketsLost = Losses.PacketsLost,
        Lost = Losses.Lost,
        TailProbes = TailProbe.Resent,
        NeedlessRetransmissions = Losses.NeedlessRetransmissions,
        DuplicatesReceived = Handshake.Duplicates + Receiver.Duplicates,
        PacketsDropped = Inbound.PacketsDropped,
        SmoothedRttMicros = Rtt.SmoothedMicros,
        MinRttMicros = Rtt.MinMicros,
        QueueingDelayMicros = Rtt.PathMicros > 0 ? Math.Max(0, Rtt.PathMicros - Rtt.MinMicros) : 0,
        RtoMicros = Rtt.RtoMicros,
        CongestionWindowBytes = Congestion.WindowBytes,
        BytesInFlight = Packets.BytesInFlight,
        PeerWindowBytes = PeerWindow.Bytes,
        ReceiveWindowBytes = Data.WindowBytes,
        BufferedBytes = SendBuffer.BufferedBytes,
        UnreadBytes = Data.UnreadBytes,
        ReorderBytes = Receiver.WaitingBytes + Data.AssemblingBytes,
        CongestionControl = Congestion.Name,
    };
}
