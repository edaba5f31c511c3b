namespace Utp.Protocol;

/// <summary>
/// One uTP connection (BEP 29) as a state machine without socket, clock or thread. Its contract is
/// input → drain → wait: tell it what happened with <c>Handle…</c> or a user's command; then drain
/// <see cref="PollEvent"/> and <see cref="PollTransmit"/>; then wait until <see cref="NextDeadline"/> or the next input.
/// </summary>
/// <remarks>
/// Used by one thread at a time. No input makes it throw, whatever a stranger sends. After every input both polls must be
/// drained; events first, because what the user reads opens the window that the acknowledgement advertises.
/// When <see cref="IsTerminated"/> is true it can be forgotten.
/// </remarks>
public sealed partial class UtpConnection
{
    private readonly ConnectionOptions _options;
    private readonly IConnectionTrace? _trace;
    private readonly ConnectionSeed _seed;
    private readonly WireClock _clock;
    private readonly ICongestionControl _congestion;
    private readonly SendBuffer _sendBuffer = new();
    private OutstandingPackets _packets;
    private readonly Timers _timers = new();
    private readonly Lifecycle _life;
    private readonly PeerTraits _peer;
    private readonly RttEstimator _rtt;
    private readonly PathMtu _mtu;
    private readonly AckPolicy _ack;
    private readonly UnreadData _data;
    private readonly Receiver _receiver;

    // Mutable values: never readonly.
    private DuplicateAcks _duplicateAcks;
    private Rack _rack;
    private Pacer _pacer;
    private PacketTags _tags;
    private Counters _counters;

    private long _peerWindow;
    private WireTimestamp _peerWindowStamp;
    private Instant _now;
    private Instant _lastHeard;

    private UtpConnection(
        ConnectionSeed seed, ConnectionOptions options, ConnectionState initial, SeqNr firstSeqNr, Instant now, MemoryBudget? reorderMemory = null)
    {
        _seed = seed;
        _clock = new WireClock(seed.ClockOffset);
        _tags = new PacketTags(options.Compatibility == PeerCompatibility.Negotiate ? seed.Tag : 0);
        _options = options;
        _trace = options.Trace;
        _congestion = options.CongestionControl();
        _packets = new OutstandingPackets(firstSeqNr);
        _rtt = new RttEstimator(options.InitialRtoMicros, options.MinRtoMicros, options.MaxRtoMicros);
        _life = new Lifecycle(initial, options.Trace);
        _peer = new PeerTraits(options, _clock);
        _mtu = new PathMtu(options, _congestion, _peer);
        _ack = new AckPolicy(options.DelayedAck, _timers);
        _data = new UnreadData(options, _timers);
        _receiver = new Receiver(options, _peer, _ack, _data, reorderMemory);
        _now = _lastHeard = now;
        if (options.IdleTimeoutMicros > 0)
            _timers.Arm(TimerKind.Idle, now.Plus(options.IdleTimeoutMicros));
    }

    /// <summary>Where the connection stands.</summary>
    public ConnectionState State => _life.State;

    /// <summary>Whether the connection is over and can be forgotten: Closed or Reset, with everything drained.</summary>
    public bool IsTerminated => IsOver && !_resetDue && !_closedPending;

    /// <summary>Whether the peer has shown that it receives at its address (protocol.md §9): it is not half open any more.</summary>
    public bool IsAddressConfirmed => _life.IsAddressConfirmed;

    /// <summary>
    /// Whether only late repeats of the peer's ST_FIN are waited for: it was acknowledged, and the acknowledgement has left. Whoever is about to end may forget the
    /// connection then, without waiting for TimeWait (design note 24).
    /// </summary>
    public bool HasSaidAll => State == ConnectionState.TimeWait && _receiver.HasReachedFin && !_ack.IsDue && !_blocked;

    /// <summary>What the peer has shown; known from <see cref="ConnectionEventKind.Connected"/> on.</summary>
    public Capabilities PeerCapabilities => _peer.Capabilities;

    /// <summary>The id that packets to us carry.</summary>
    public ConnectionId ReceiveId { get; private set; }

    /// <summary>The id that our packets carry (but for ST_SYN).</summary>
    public ConnectionId SendId { get; private set; }

    /// <summary>Bytes of writes that are not delivered yet.</summary>
    public long BufferedBytes => _sendBuffer.BufferedBytes;

    /// <summary>Whether received data stays inside (and closes the window) until <see cref="ResumeReading"/>.</summary>
    public bool IsReadingSuspended => _data.IsSuspended;

    /// <summary>Bytes that the buffer of <see cref="PollTransmit"/> must have.</summary>
    public int LargestDatagramBytes => _mtu.LargestDatagramBytes;

    /// <summary>Bytes of UDP payload that are known to pass on this path.</summary>
    public int PathDatagramBytes => _mtu.MaxDatagramBytes;

    /// <summary>When to call <see cref="HandleTimeout"/> if nothing else happens; <see cref="Instant.Never"/>: no need. A late or spurious call is harmless.</summary>
    public Instant NextDeadline
    {
        get
        {
            // While the socket takes nothing, only giving up has a time.
            if (_blocked)
                return Instant.Min(GiveUpAt, _timers[TimerKind.Idle]);
            // A window that opened after the last drain waits for nothing; an acknowledgement that is held leaves by itself at last.
            return _ack.IsDue && IsAddressConfirmed && !IsOver ? Instant.Min(Instant.Max(_now, _ack.DueAt), _timers.Next) : _timers.Next;
        }
    }

    private bool IsOver => _life.IsOver;

    private bool IsOwnPeer => _peer.IsOwn;

    private int MaxPayload => _mtu.MaxPayload;

    /// <summary>Handles the deadlines that have passed; harmless when none has.</summary>
    public void HandleTimeout(Instant now)
    {
        BeginInput(now);
        while ((!IsOver || _resetDue) && _timers.TryExpire(now, out var timer))
        {
            _trace?.OnTimer(new TimerTrace(now, timer));
            OnTimer(timer, now);
        }
    }

    /// <summary>
    /// The last <paramref name="count"/> datagrams that <see cref="PollTransmit"/> yielded were larger than the socket allows
    /// (EMSGSIZE) and never sent: smaller ones are cut from now on, and these go in pieces, or without don't-fragment. Call before anything else.
    /// </summary>
    public void HandleTooLarge(int count, Instant now)
    {
        _now = now;
        var refused = TakeBack(count);
        if (refused.DontFragment && refused.Bytes > MtuSearch.Smallest)
            _mtu.OnDoesNotFit(refused.Bytes, now);
        else if (!IsOver)
            Fail(new CloseReason(CloseCause.SocketError, Detail: $"The socket refuses datagrams of {refused.Bytes} bytes: raise its send buffer, or the interface's MTU."), reset: false);
    }

    /// <summary>The kernel dropped datagrams at our own socket, or granted less than asked: the receive window shrinks toward <paramref name="bytes"/>, never below what was promised (protocol.md §6).</summary>
    public void LimitReceiveWindow(long bytes) => _data.LimitWindow(bytes);

    /// <summary>Queues data behind earlier writes. The memory must not change until the write is delivered or the connection ends.</summary>
    /// <param name="data">The bytes; may be empty.</param>
    /// <param name="metadata">Metadata of object or frame mode; empty for none.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it was taken, and if not, why; then nothing of it was.</returns>
    public WriteResult Write(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata, Instant now)
    {
        BeginInput(now);
        var result = CheckWrite(data, ref metadata);
        if (result != WriteResult.Accepted)
            return result;
        _sendBuffer.Add(data, metadata, isMessage: _options.Mode != DeliveryMode.Bytes);
        return WriteResult.Accepted;
    }

    /// <summary>What <see cref="Write"/> would say now; nothing is taken.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="metadata">Metadata; empty for none.</param>
    public WriteResult CheckWrite(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata) => CheckWrite(data, ref metadata);

    /// <summary>
    /// The user was just given what arrived, and may answer at once: an acknowledgement of one short packet, or the handshake's confirmation, then waits for the
    /// packet that carries it, until <paramref name="until"/> at most. Whatever the peer must hear at once does not wait. Call between the drains of events and of datagrams.
    /// </summary>
    /// <param name="until">About a millisecond away at most: the peer's round trips seem longer by as much.</param>
    public void HoldAcknowledgement(Instant until) => _ack.Hold(until);

    /// <summary>Keeps received data inside; the window closes when it is full.</summary>
    public void SuspendReading() => _data.Suspend();

    /// <summary>Hands out received data again, and announces the window if it had closed.</summary>
    public void ResumeReading(Instant now)
    {
        BeginInput(now);
        _data.Resume();
        AnnounceWindow();
    }

    /// <summary>A copy of the counters and gauges.</summary>
    public ConnectionStats GetStatistics() => new()
    {
        State = State,
        BytesSent = _counters.BytesSent,
        BytesDelivered = _counters.BytesDelivered,
        BytesReceived = _data.BytesReceived,
        PacketsSent = _counters.PacketsSent,
        PacketsReceived = _counters.PacketsReceived,
        Retransmissions = _counters.Retransmissions,
        Timeouts = _counters.Timeouts,
        SpuriousTimeouts = _counters.SpuriousTimeouts,
        PacketsLost = _counters.PacketsLost,
        NeedlessRetransmissions = _counters.NeedlessRetransmissions,
        DuplicatesReceived = _counters.Duplicates + _receiver.Duplicates,
        PacketsDropped = _counters.Dropped,
        SmoothedRttMicros = _rtt.SmoothedMicros,
        MinRttMicros = _rtt.MinMicros,
        RtoMicros = _rtt.RtoMicros,
        CongestionWindowBytes = _congestion.WindowBytes,
        BytesInFlight = _packets.BytesInFlight,
        PeerWindowBytes = _peerWindow,
        ReceiveWindowBytes = _data.WindowBytes,
        BufferedBytes = BufferedBytes,
        UnreadBytes = _data.UnreadBytes,
        ReorderBytes = _receiver.WaitingBytes + _data.AssemblingBytes,
        CongestionControl = _congestion.Name,
    };

    private WriteResult CheckWrite(ReadOnlyMemory<byte> data, ref ReadOnlyMemory<byte> metadata)
    {
        if (State == ConnectionState.SynSent)
            return WriteResult.NotConnected;
        if (_closeRequested || IsOver || _peerStopsReading || State == ConnectionState.TimeWait)
            return WriteResult.Closing;
        var result = CheckMessage(data, ref metadata);
        if (result != WriteResult.Accepted)
            return result;
        if (data.Length > _options.SendBufferBytes)
            return WriteResult.TooLarge;
        return BufferedBytes > 0 && BufferedBytes + data.Length > _options.SendBufferBytes ? WriteResult.BufferFull : WriteResult.Accepted;
    }

    private WriteResult CheckMessage(ReadOnlyMemory<byte> data, ref ReadOnlyMemory<byte> metadata)
    {
        if (_options.Mode == DeliveryMode.Frames && _peer.UsesFrames)
        {
            if (metadata.Length > byte.MaxValue - FrameAssembler.HeaderLength)
                return WriteResult.MetadataTooLong;
            return data.Length > _options.MaxFrameBytes ? WriteResult.FrameTooLarge : WriteResult.Accepted;
        }

        if (_options.Mode == DeliveryMode.Frames)
            return WriteResult.FramesNotNegotiated;
        if (metadata.IsEmpty)
            return WriteResult.Accepted;
        if (_options.Mode == DeliveryMode.Objects && (PeerCapabilities & Capabilities.Metadata) != 0)
            return metadata.Length > byte.MaxValue ? WriteResult.MetadataTooLong : WriteResult.Accepted;
        if (!_options.DropUnsupportedMetadata)
            return WriteResult.MetadataNotNegotiated;
        metadata = default;
        return WriteResult.Accepted;
    }

    // Every input begins here: what was polled before is sent for good.
    private void BeginInput(Instant now)
    {
        _now = now;
        ForgetPolled();
    }

    private struct Counters
    {
        public long BytesSent;
        public long BytesDelivered;
        public long PacketsSent;
        public long PacketsReceived;
        public long Retransmissions;
        public long Timeouts;
        public long SpuriousTimeouts;
        public long PacketsLost;
        public long NeedlessRetransmissions;
        public long Duplicates;
        public long Dropped;
    }
}
