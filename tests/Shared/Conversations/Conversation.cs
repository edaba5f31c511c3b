using System.Diagnostics.CodeAnalysis;
using System.Text;
using Utp.Protocol;

namespace Utp.Testing;

/// <summary>
/// A scripted conversation with one <see cref="UtpConnection"/>: send this, expect exactly that, then nothing. The test
/// is the peer, the network and the clock. Every input is drained at once, as the contract asks; what came out waits
/// for <see cref="Expect"/> and <see cref="ExpectEvent"/>, in order. A failed expectation shows the transcript.
/// </summary>
public sealed class Conversation
{
    /// <summary>Our receive id as initiator, and the one of the plain last ST_SYN.</summary>
    public const int LocalId = 1000, FallbackId = 2000;

    /// <summary>Our first seq_nr, and the one of the plain last ST_SYN.</summary>
    public const int LocalSeq = 100, FallbackSeq = 200;

    /// <summary>The peer's R when it is the initiator, and its first seq_nr.</summary>
    public const int PeerId = 3000, PeerSeq = 5000;

    private const int MaxDeadlines = 100_000;

    private readonly Queue<SeenPacket> _packets = new();
    private readonly Queue<ConnectionEvent> _events = new();
    private readonly List<string> _transcript = [];
    private readonly byte[] _buffer;
    private readonly ushort _peerId;

    // After a refused send the contract forbids to poll for datagrams until the socket is writable.
    private bool _refused;

    private Conversation(Func<Conversation, UtpConnection> create, ConnectionOptions options, Instant start, ushort peerId)
    {
        Now = start;
        _peerId = peerId;
        _buffer = new byte[Math.Max(options.MaxDatagramBytes, options.MtuCeilingBytes)];
        Connection = create(this);
        Drain();
    }

    /// <summary>The connection under test.</summary>
    public UtpConnection Connection { get; }

    /// <summary>The time; moved by <see cref="Advance"/> only.</summary>
    public Instant Now { get; private set; }

    /// <summary>The peer's clock minus ours, µs.</summary>
    public long PeerClockOffsetMicros { get; set; } = 7_000_000;

    /// <summary>How long packets take in either direction, as the filled-in timestamps say, µs.</summary>
    public long OneWayDelayMicros { get; set; } = 10_000;

    /// <summary>The seq_nr of the peer's next packet that consumes one.</summary>
    public int PeerNextSeq { get; set; } = PeerSeq;

    /// <summary>The ack_nr of the peer's packets that state none: the last one stated.</summary>
    public int PeerAck { get; set; }

    /// <summary>The window of the peer's packets that state none.</summary>
    public long PeerWindow { get; set; } = 1 << 20;

    /// <summary>How long an acknowledgement is held for a user that was just given something, µs; 0: not at all.</summary>
    public long HoldMicros { get; set; }

    /// <summary>While true the socket takes nothing: the connection is told so after each attempt.</summary>
    public bool SocketBlocked { get; private set; }

    /// <summary>Starts as initiator. The ST_SYN waits to be expected.</summary>
    public static Conversation Connect(
        ConnectionOptions? options = null, string initialData = "", ConnectionSeed? seed = null, long startMicros = 1_000_000)
    {
        options ??= ConnectionOptions.Default;
        var used = seed ?? new ConnectionSeed(
            new ConnectionId(LocalId), new SeqNr(LocalSeq), new ConnectionId(FallbackId), new SeqNr(FallbackSeq));
        return new Conversation(
            c => UtpConnection.Connect(used, options, Encoding.UTF8.GetBytes(initialData), c.Now),
            options, new Instant(startMicros), 0);
    }

    /// <summary>Starts as acceptor of <paramref name="syn"/> (default: a plain one). The ST_STATE waits to be expected.</summary>
    public static Conversation Accept(
        PacketBuilder? syn = null, ConnectionOptions? options = null, int localSeq = LocalSeq, long startMicros = 1_000_000)
    {
        options ??= ConnectionOptions.Default;
        syn ??= PacketBuilder.Syn();
        syn = syn.Id(syn.ConnectionIdValue ?? PeerId).Seq(syn.SeqNrValue ?? PeerSeq);
        var peerId = new ConnectionId(syn.ConnectionIdValue!.Value);
        return new Conversation(
            c =>
            {
                c.PeerNextSeq = syn.SeqNrValue!.Value + 1;
                c.PeerAck = (ushort)(localSeq - 1);
                var seed = new ConnectionSeed(peerId.Next, new SeqNr((ushort)localSeq), default, default);
                return UtpConnection.Accept(seed, options, c.Parse(c.Complete(syn)), c.Now);
            },
            options, new Instant(startMicros), peerId.Value);
    }

    /// <summary>Starts as acceptor by the packet that proves that a stateless answer arrived.</summary>
    public static Conversation AcceptProved(ConnectionSeed seed, byte[] proof, Instant now, ConnectionOptions? options = null)
    {
        options ??= ConnectionOptions.Default;
        if (!ParsedPacket.TryParse(proof, out var packet))
            throw new InvalidOperationException("The proof is malformed.");
        return new Conversation(
            c => UtpConnection.AcceptProved(seed, options, new InboundPacket(packet, proof, c.Now), c.Now), options, now, seed.ReceiveId.Previous.Value);
    }

    /// <summary>
    /// An initiator that is connected, everything so far consumed: our next seq_nr is <see cref="LocalSeq"/> + 1, the peer's
    /// next one <see cref="PeerSeq"/>. The answer carries <paramref name="capabilities"/> unless they are None.
    /// </summary>
    public static Conversation Established(
        ConnectionOptions? options = null, Capabilities capabilities = Capabilities.None, long startMicros = 1_000_000)
    {
        var c = Connect(options, startMicros: startMicros);
        c.Expect(PacketType.Syn, seq: LocalSeq);
        c.Advance(2 * c.OneWayDelayMicros);
        var answer = PacketBuilder.State().Seq(PeerSeq).Ack(LocalSeq);
        c.Send(capabilities == Capabilities.None ? answer : answer.Capable(capabilities));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Expect(PacketType.State);
        c.ExpectNothing();
        return c;
    }

    /// <summary>An acceptor whose peer has confirmed its address, everything so far consumed.</summary>
    public static Conversation EstablishedAcceptor(
        ConnectionOptions? options = null, Capabilities capabilities = Capabilities.None, long startMicros = 1_000_000)
    {
        var syn = PacketBuilder.Syn();
        var c = Accept(capabilities == Capabilities.None ? syn : syn.Capable(capabilities), options, startMicros: startMicros);
        c.Expect(PacketType.State, ack: PeerSeq);
        c.Advance(2 * c.OneWayDelayMicros);
        c.Send(PacketBuilder.State().Ack(LocalSeq - 1));
        c._packets.Clear();
        c._events.Clear();
        return c;
    }

    /// <summary>The peer's packets arrive now, as one batch.</summary>
    public Conversation Send(params PacketBuilder[] packets) =>
        SendRaw([.. packets.Select(packet => Complete(packet).Build())]);

    /// <summary>Datagrams arrive now, as one batch; malformed ones are what the router drops, so they never reach the connection.</summary>
    public Conversation SendRaw(params byte[][] datagrams)
    {
        var batch = new List<InboundPacket>();
        foreach (var datagram in datagrams)
        {
            if (!ParsedPacket.TryParse(datagram, out var packet))
            {
                Note("  -> malformed, dropped by the router");
                continue;
            }

            Note($"  -> {new SeenPacket(datagram, Now, true)}");
            batch.Add(new InboundPacket(packet, datagram, Now));
        }

        Connection.HandleBatch(batch.ToArray(), Now);
        return Drain();
    }

    /// <summary>Lets time pass, and handles every deadline on the way when it is due.</summary>
    public Conversation Advance(long micros)
    {
        var end = Now.Plus(micros);
        for (var i = 0; Connection.NextDeadline <= end; i++)
        {
            if (i == MaxDeadlines)
                Fail($"more than {MaxDeadlines} deadlines within {micros} µs");
            Now = Instant.Max(Now, Connection.NextDeadline);
            Connection.HandleTimeout(Now);
            Drain();
        }

        Now = end;
        return this;
    }

    /// <summary>Lets time pass until the next deadline and handles it; returns the µs that passed.</summary>
    public long AdvanceToDeadline()
    {
        if (Connection.NextDeadline == Instant.Never)
            Fail("there is no deadline");
        var micros = Math.Max(0, Connection.NextDeadline.Since(Now));
        Now = Now.Plus(micros);
        Connection.HandleTimeout(Now);
        Drain();
        return micros;
    }

    /// <summary>The user writes.</summary>
    public WriteResult Write(ReadOnlyMemory<byte> data, byte[]? metadata = null)
    {
        var result = Connection.Write(data, metadata, Now);
        Note($"  user writes {data.Length} B: {result}");
        Drain();
        return result;
    }

    /// <summary>The user writes text.</summary>
    public WriteResult Write(string text, byte[]? metadata = null) => Write(Encoding.UTF8.GetBytes(text), metadata);

    /// <summary>The user does something else.</summary>
    public Conversation Do(Action<UtpConnection, Instant> command)
    {
        Note("  user command");
        command(Connection, Now);
        return Drain();
    }

    /// <summary>From now on the socket takes nothing (would block).</summary>
    public Conversation BlockSocket()
    {
        SocketBlocked = true;
        return this;
    }

    /// <summary>The socket takes datagrams again.</summary>
    public Conversation UnblockSocket()
    {
        SocketBlocked = false;
        _refused = false;
        Connection.HandleWritable(Now);
        return Drain();
    }

    /// <summary>The connection's next datagram, which must be this one. Parameters that are left out may be anything.</summary>
    public SeenPacket Expect(PacketType type, int? seq = null, int? ack = null, string? text = null, int? bytes = null, int? id = null)
    {
        if (!_packets.TryDequeue(out var packet))
            Fail($"expected ST_{type.ToString().ToUpperInvariant()}, and nothing was sent");

        Check("type", type, packet.Type, packet);
        Check("seq_nr", seq & 0xFFFF, packet.Seq, packet);
        Check("ack_nr", ack & 0xFFFF, packet.Ack, packet);
        Check("connection_id", id, packet.Id, packet);
        Check("payload", text, packet.Text, packet);
        Check("payload bytes", bytes, (int)packet.Packet.PayloadLength, packet);
        return packet;
    }

    /// <summary>The connection has sent nothing that was not expected.</summary>
    public Conversation ExpectNothing()
    {
        if (_packets.TryPeek(out var packet))
            Fail($"expected nothing, and {packet} was sent ({_packets.Count} packets wait)");
        return this;
    }

    /// <summary>Everything that was sent and not expected yet.</summary>
    public SeenPacket[] TakeSent()
    {
        var packets = _packets.ToArray();
        _packets.Clear();
        return packets;
    }

    /// <summary>The user's next event, which must be of this kind.</summary>
    public ConnectionEvent ExpectEvent(ConnectionEventKind kind)
    {
        if (!_events.TryDequeue(out var connectionEvent))
            Fail($"expected the event {kind}, and there was none");
        if (connectionEvent.Kind != kind)
            Fail($"expected the event {kind}, and it was {Describe(connectionEvent)}");
        return connectionEvent;
    }

    /// <summary>The next events are this text, in order and in any pieces.</summary>
    public Conversation ExpectReceived(string text)
    {
        var received = new StringBuilder();
        while (received.Length < text.Length)
            received.Append(Encoding.UTF8.GetString(ExpectEvent(ConnectionEventKind.Received).Data.Span));
        if (received.ToString() != text)
            Fail($"expected the data '{text}', and it was '{received}'");
        return this;
    }

    /// <summary>The last event was the end, for this cause.</summary>
    public CloseReason ExpectClosed(CloseCause cause)
    {
        var reason = ExpectEvent(ConnectionEventKind.Closed).Reason;
        if (reason.Cause != cause)
            Fail($"expected to be closed by {cause}, and it was {reason}");
        ExpectNoEvent();
        return reason;
    }

    /// <summary>The user has heard nothing that was not expected.</summary>
    public Conversation ExpectNoEvent()
    {
        if (_events.TryPeek(out var connectionEvent))
            Fail($"expected no event, and there was {Describe(connectionEvent)}");
        return this;
    }

    /// <summary>All events that were not expected yet.</summary>
    public ConnectionEvent[] TakeEvents()
    {
        var events = _events.ToArray();
        _events.Clear();
        return events;
    }

    private Conversation Drain()
    {
        while (Connection.PollEvent(out var connectionEvent))
        {
            Note($"  event {Describe(connectionEvent)}");
            _events.Enqueue(connectionEvent);
            if (HoldMicros > 0 && connectionEvent.Kind is ConnectionEventKind.Connected or ConnectionEventKind.Received)
                Connection.HoldAcknowledgement(Now.Plus(HoldMicros));
        }

        while (!_refused && Connection.PollTransmit(_buffer, Now, out var transmit))
        {
            if (SocketBlocked)
            {
                _refused = true;
                Note("  <- refused by the socket");
                Connection.HandleUnsent(1, Now);
                continue;
            }

            var packet = new SeenPacket(_buffer.AsSpan(0, transmit.Length).ToArray(), Now, transmit.DontFragment);
            Note($"  <- {packet}");
            _packets.Enqueue(packet);
        }

        if (Connection.IsStalled)
            throw new InvalidOperationException($"The connection has something to send or to wait for, and no timer: {Connection.GetStatistics()}");
        return this;
    }

    /// <summary>Fills in what the test left out.</summary>
    private PacketBuilder Complete(PacketBuilder packet)
    {
        if (packet.SeqNrValue is null)
            packet = packet.Seq(PeerNextSeq);
        if (packet.Type is PacketType.Data or PacketType.Fin && (short)(packet.SeqNrValue!.Value - PeerNextSeq) >= 0)
            PeerNextSeq = (ushort)(packet.SeqNrValue!.Value + 1);
        if (packet.AckNrValue is { } ack)
            PeerAck = ack;
        var peerClock = Now.Micros + PeerClockOffsetMicros - OneWayDelayMicros;
        return packet with
        {
            ConnectionIdValue = packet.ConnectionIdValue ?? (packet.Type == PacketType.Syn ? _peerId : Connection.ReceiveId.Value),
            AckNrValue = packet.AckNrValue ?? (ushort)PeerAck,
            WndSizeValue = packet.WndSizeValue ?? (uint)PeerWindow,
            TimestampValue = packet.TimestampValue ?? (uint)peerClock,
            TimestampDifferenceValue = packet.TimestampDifferenceValue
                ?? (packet.Type == PacketType.Syn ? 0 : (uint)(OneWayDelayMicros + PeerClockOffsetMicros)),
        };
    }

    private InboundPacket Parse(PacketBuilder packet)
    {
        var datagram = packet.Build();
        Note($"  -> {new SeenPacket(datagram, Now, true)}");
        if (!ParsedPacket.TryParse(datagram, out var parsed))
            throw new InvalidOperationException("A connection cannot be accepted with a malformed ST_SYN.");
        return new InboundPacket(parsed, datagram, Now);
    }

    private void Check<T>(string what, T? expected, T actual, SeenPacket packet)
        where T : struct
    {
        if (expected is { } value && !value.Equals(actual))
            Fail($"expected {what} {value}, and it was {actual} in {packet}");
    }

    private void Check(string what, string? expected, string actual, SeenPacket packet)
    {
        if (expected is not null && expected != actual)
            Fail($"expected {what} '{expected}', and it was '{actual}' in {packet}");
    }

    private void Note(string line) => _transcript.Add($"{Now.Micros,12} µs{line}");

    [DoesNotReturn]
    private void Fail(string what) =>
        Xunit.Assert.Fail($"{what}{Environment.NewLine}{string.Join(Environment.NewLine, _transcript.TakeLast(60))}");

    private static string Describe(in ConnectionEvent e) => e.Kind switch
    {
        ConnectionEventKind.Received => $"Received {e.Data.Length} B, metadata {Convert.ToHexString(e.Metadata.Span)}",
        ConnectionEventKind.WritesDelivered => $"WritesDelivered {e.Count}",
        ConnectionEventKind.Closed => $"Closed {e.Reason}",
        _ => e.Kind.ToString(),
    };
}
