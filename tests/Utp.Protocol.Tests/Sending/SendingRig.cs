using Utp.Protocol.Tests.Congestion;

namespace Utp.Protocol.Tests.Sending;

/// <summary>The components of the sending side, wired as in a connection, without one: nothing arrives, nothing is written.</summary>
internal sealed class SendingRig
{
    public const int FirstSeqNr = 65_530;
    public const int PayloadBytes = 1_000;
    public const int FirstExpected = 7_000;

    private static readonly ConnectionSeed Seed = new(new ConnectionId(4_000), new SeqNr(FirstSeqNr), default, default);
    private readonly byte[] _buffer = new byte[65_535];

    public SendingRig(ConnectionOptions? options = null, Capabilities peer = Capabilities.OwnPeer)
    {
        Options = options ?? ConnectionOptions.Default;
        Life = new Lifecycle(ConnectionState.Connected, trace: null);
        Peer = new PeerTraits(Options);
        Peer.OnShown(peer);
        Rtt = new RttEstimator(1_000_000, 200_000, 60_000_000);
        Mtu = new PathMtu(Options, Law, Peer);
        PeerWindow = new PeerWindow(Rtt, Timers);
        PeerWindow.Begin(1_000_000, default);
        Losses = new LossRecovery(Peer, Packets, Mtu, PeerWindow, Rtt, Mask, Law, Timers, trace: null);
        Retransmission = new RetransmissionTimer(Options, Packets, Mtu, PeerWindow, Rtt, Losses, Law, Timers);
        TailProbe = new TailProbe(Options, Peer, Life, Packets, SendBuffer, Mtu, PeerWindow, Rtt, Losses, Retransmission, Timers);
        Data = new UnreadData(Options, Timers, memory: null);
        Ack = new AckPolicy(delayed: false, Timers);
        Receiver = new Receiver(Options, Peer, Ack, Data, memory: null);
        Receiver.Begin(new SeqNr(FirstExpected));
        Handshake = new Handshake(Options, Seed, ConnectionState.SynReceived, Peer, Tags, default, Timers, Now);
        Liveness = new Liveness(Options, Timers, Now);
        Refusals = new SocketRefusals(Options, Rtt, Mtu, Timers);
        Horizon = new BelievableAcks(Peer);
        Writer = new PacketWriter(Life, Peer, Tags, default, Handshake, Receiver, Data, Ack, Mtu, Packets, SendBuffer, Notice, Liveness, trace: null);
        Sender = new Sender(
            Options, Life, Peer, Handshake, Packets, SendBuffer, End, Mtu, PeerWindow, Horizon, Rtt, Losses, Retransmission, TailProbe, Writer, Refusals, Law, Timers);
        Acks = new AckReader(Peer, Packets, SendBuffer, End, Mtu, Rtt, Mask, Losses, Retransmission, TailProbe, default, Law, trace: null);
    }

    public ConnectionOptions Options { get; }

    public RecordingLaw Law { get; } = new();

    public Timers Timers { get; } = new();

    public Lifecycle Life { get; }

    public PeerTraits Peer { get; }

    public RttEstimator Rtt { get; }

    public OutstandingPackets Packets { get; } = new(new SeqNr(FirstSeqNr));

    public SendBuffer SendBuffer { get; } = new();

    public OwnEnd End { get; } = new();

    public MaskHorizon Mask { get; } = new();

    public PathMtu Mtu { get; }

    public PeerWindow PeerWindow { get; }

    public LossRecovery Losses { get; }

    public RetransmissionTimer Retransmission { get; }

    public TailProbe TailProbe { get; }

    public AckReader Acks { get; }

    public UnreadData Data { get; }

    public AckPolicy Ack { get; }

    public Receiver Receiver { get; }

    public Handshake Handshake { get; }

    public Liveness Liveness { get; }

    public SocketRefusals Refusals { get; }

    public BelievableAcks Horizon { get; }

    public CloseNotice Notice { get; } = new();

    public PacketTags Tags { get; } = new(0);

    public PacketWriter Writer { get; }

    public Sender Sender { get; }

    public Instant Now { get; set; } = new(1_000_000);

    /// <summary>Packets of one write each leave, <paramref name="gapMicros"/> apart.</summary>
    public void Send(int count, long gapMicros = 0)
    {
        for (var i = 0; i < count; i++)
        {
            SendBuffer.Add(new byte[PayloadBytes], default, isMessage: true);
            Packets.Add(OutstandingKind.Data, SendBuffer.Cut(PayloadBytes), Now);
            Retransmission.OnSent(Now);
            Now = Now.Plus(gapMicros);
        }
    }

    /// <summary>The packets that wait to be sent again leave now.</summary>
    public void Resend()
    {
        while (Packets.HasQueued)
            Packets.OnResent(Packets.NextQueued(), Now);
    }

    public static SeqNr Seq(int index) => new((ushort)(FirstSeqNr + index));

    /// <summary>What the sender hands out now, parsed; null: nothing.</summary>
    public ParsedPacket? Poll(bool hasPeersFin = false, bool isFinWithheld = false) =>
        Sender.TryPoll(_buffer, Now, hasPeersFin, isFinWithheld, out var transmit) ? Parse(transmit) : null;

    /// <summary>All that it hands out now.</summary>
    public List<ParsedPacket> PollAll()
    {
        var packets = new List<ParsedPacket>();
        while (Poll() is { } packet)
            packets.Add(packet);
        return packets;
    }

    /// <summary>Takes a write.</summary>
    public void Write(int bytes) => SendBuffer.Add(new byte[bytes], default, isMessage: false);

    /// <summary>What a component wrote into the buffer that it is given.</summary>
    public ParsedPacket Written(Func<byte[], Transmit> write) => Parse(write(_buffer));

    private ParsedPacket Parse(in Transmit transmit) => Wire.Packets.Parse(_buffer[..transmit.Length]);

    /// <summary>A batch of one ST_STATE, which acknowledges the first <paramref name="acked"/> packets in order and those of <paramref name="sacked"/> beyond.</summary>
    public void Acknowledge(int acked, params int[] sacked)
    {
        Acks.BeginBatch();
        Read(acked, sacked);
        Finish();
    }

    /// <summary>One ST_STATE within a batch.</summary>
    public void Read(int acked, params int[] sacked)
    {
        var extension = new List<byte>();
        if (sacked.Length > 0)
        {
            var mask = new byte[4];
            foreach (var index in sacked)
                mask[(index - acked - 1) / 8] |= (byte)(1 << ((index - acked - 1) % 8));
            extension.AddRange([0, 4, .. mask]);
        }

        var datagram = Wire.Packets.Bytes(
            Wire.Packets.Header(PacketType.State, ackNr: Seq(acked).Previous.Value, extension: sacked.Length > 0 ? ExtensionType.SelectiveAck : (byte)0),
            [.. extension]);
        var parsed = Wire.Packets.Parse(datagram);
        Acks.Read(new InboundPacket(parsed, datagram, Now), Packets.LeftEdge.Previous.DistanceTo(parsed.Header.AckNr), Now);
    }

    /// <summary>What follows once per batch.</summary>
    public void Finish(bool wasLimited = false)
    {
        if (Acks.HasProgress)
            Acks.OnProgress(wasLimited, Now);
        Acks.FindLost(Now);
        TailProbe.Arm(Now);
    }
}
