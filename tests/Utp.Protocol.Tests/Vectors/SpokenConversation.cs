namespace Utp.Protocol.Tests.Vectors;

/// <summary>
/// Two ends and a wire of 10 ms on a virtual clock, and everything that they say. The ends' clocks differ: the initiator's shows 1 s at the beginning, the
/// acceptor's 500 s. Everything random is fixed.
/// </summary>
internal sealed class SpokenConversation
{
    /// <summary>How long a datagram takes.</summary>
    public const long WireMicros = 10_000;

    private const long InitiatorClock = 1_000_000, AcceptorClock = 500_000_000;
    private const int MaxSteps = 10_000;

    private readonly PriorityQueue<(bool ToAcceptor, byte[] Datagram), long> _wire = new();
    private readonly PriorityQueue<Action, long> _script = new();
    private readonly List<SpokenPacket> _spoken = [];
    private readonly ConnectionOptions _acceptorOptions;
    private readonly Func<int, bool> _isLost;
    private readonly byte[] _buffer = new byte[2_000];
    private long _now;

    /// <summary>Begins with the ST_SYN.</summary>
    /// <param name="initiator">The initiator's options.</param>
    /// <param name="acceptor">The acceptor's.</param>
    /// <param name="initialData">Offered on the ST_SYN.</param>
    /// <param name="isLost">Whether the datagram of this index is lost.</param>
    public SpokenConversation(ConnectionOptions initiator, ConnectionOptions acceptor, ReadOnlyMemory<byte> initialData, Func<int, bool>? isLost = null)
    {
        _acceptorOptions = acceptor;
        _isLost = isLost ?? (static _ => false);
        var seed = new ConnectionSeed(new ConnectionId(7_000), new SeqNr(1), new ConnectionId(9_000), new SeqNr(2));
        Initiator = UtpConnection.Connect(seed, initiator, initialData, InitiatorNow);
    }

    public UtpConnection Initiator { get; }

    /// <summary>There when the ST_SYN has arrived.</summary>
    public UtpConnection? Acceptor { get; private set; }

    public Instant InitiatorNow => new(_now + InitiatorClock);

    public Instant AcceptorNow => new(_now + AcceptorClock);

    /// <summary>Something that a user does, so long after the beginning.</summary>
    public SpokenConversation At(long micros, Action<SpokenConversation> does)
    {
        _script.Enqueue(() => does(this), micros);
        return this;
    }

    /// <summary>Lets so much time pass; returns everything that was sent.</summary>
    public SpokenPacket[] Run(long micros)
    {
        Drain();
        for (var step = 0; step < MaxSteps; step++)
        {
            var next = Math.Min(
                Math.Min(_wire.TryPeek(out _, out var arrival) ? arrival : long.MaxValue, _script.TryPeek(out _, out var does) ? does : long.MaxValue),
                Math.Min(Since(Initiator.NextDeadline, InitiatorClock), Since(Acceptor?.NextDeadline ?? Instant.Never, AcceptorClock)));
            if (next > micros)
                return [.. _spoken];
            _now = Math.Max(_now, next);
            if (_script.TryPeek(out _, out does) && does <= _now)
                _script.Dequeue()();
            else if (_wire.TryPeek(out _, out arrival) && arrival <= _now)
                Arrive();
            Expire();
            Drain();
        }

        throw new InvalidOperationException($"The conversation takes more than {MaxSteps} steps.");
    }

    private static long Since(Instant deadline, long clock) => deadline == Instant.Never ? long.MaxValue : deadline.Micros - clock;

    private void Arrive()
    {
        var (toAcceptor, datagram) = _wire.Dequeue();
        var now = toAcceptor ? AcceptorNow : InitiatorNow;
        if (!ParsedPacket.TryParse(datagram, out var packet))
            throw new InvalidOperationException($"A connection sent a malformed packet: {Convert.ToHexString(datagram)}");
        var inbound = new InboundPacket(packet, datagram, now);
        if (toAcceptor && Acceptor is null)
            Acceptor = UtpConnection.Accept(new ConnectionSeed(packet.Header.ConnectionId.Next, new SeqNr(40_000), default, default), _acceptorOptions, inbound, now);
        else
            (toAcceptor ? Acceptor! : Initiator).HandleBatch([inbound], now);
    }

    private void Expire()
    {
        if (Initiator.NextDeadline <= InitiatorNow)
            Initiator.HandleTimeout(InitiatorNow);
        if (Acceptor is { } acceptor && acceptor.NextDeadline <= AcceptorNow)
            acceptor.HandleTimeout(AcceptorNow);
    }

    private void Drain()
    {
        Drain(Initiator, InitiatorNow, "initiator");
        if (Acceptor is not null)
            Drain(Acceptor, AcceptorNow, "acceptor");
    }

    private void Drain(UtpConnection from, Instant now, string name)
    {
        while (from.PollEvent(out _))
        {
        }

        while (from.PollTransmit(_buffer, now, out var transmit))
        {
            var datagram = _buffer.AsSpan(0, transmit.Length).ToArray();
            if (!PacketHeader.TryParse(datagram, out var header))
                throw new InvalidOperationException("A connection sent what is no uTP packet.");
            var isLost = _isLost(_spoken.Count);
            _spoken.Add(new SpokenPacket(
                name, _now, isLost, $"ST_{header.Type.ToString().ToUpperInvariant()} id {header.ConnectionId} seq_nr {header.SeqNr} ack_nr {header.AckNr}, {datagram.Length} bytes",
                Convert.ToHexStringLower(datagram)));
            if (!isLost)
                _wire.Enqueue((name == "initiator", datagram), _now + WireMicros);
        }
    }
}
