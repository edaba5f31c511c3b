namespace Utp.Protocol;

/// <summary>
/// Which ST_DATA or ST_FIN leaves next, and what holds it back: the peer's window, the congestion window, the pace, a probe's turn, an undersized packet. What was cut once never
/// changes its bytes (protocol.md §8). Owned by the connection.
/// </summary>
internal sealed class Sender
{
    private const int MaxNodeUtpPacketsInFlight = 500;

    private readonly ConnectionOptions _options;
    private readonly Lifecycle _life;
    private readonly PeerTraits _peer;
    private readonly Handshake _handshake;
    private readonly OutstandingPackets _packets;
    private readonly SendBuffer _sendBuffer;
    private readonly OwnEnd _end;
    private readonly PathMtu _mtu;
    private readonly PeerWindow _peerWindow;
    private readonly BelievableAcks _horizon;
    private readonly RttEstimator _rtt;
    private readonly LossRecovery _losses;
    private readonly RetransmissionTimer _retransmission;
    private readonly TailProbe _tailProbe;
    private readonly PacketWriter _writer;
    private readonly SocketRefusals _handedOut;
    private readonly ICongestionControl _congestion;
    private readonly Timers _timers;
    private Pacer _pacer;
    private long _knownLosses;
    private NextPiece _nextPiece;
    private bool _windowLimited;
    private bool _anySent;
    private bool _undersizedInFlight;
    private SeqNr _lastUndersized;
    private Instant _lastSent;

    /// <summary>Sends what <paramref name="sendBuffer"/> holds.</summary>
    public Sender(
        ConnectionOptions options, Lifecycle life, PeerTraits peer, Handshake handshake, OutstandingPackets packets, SendBuffer sendBuffer, OwnEnd end,
        PathMtu mtu, PeerWindow peerWindow, BelievableAcks horizon, RttEstimator rtt, LossRecovery losses, RetransmissionTimer retransmission, TailProbe tailProbe,
        PacketWriter writer, SocketRefusals handedOut, ICongestionControl congestion, Timers timers)
    {
        _options = options;
        _life = life;
        _peer = peer;
        _handshake = handshake;
        _packets = packets;
        _sendBuffer = sendBuffer;
        _end = end;
        _mtu = mtu;
        _peerWindow = peerWindow;
        _horizon = horizon;
        _rtt = rtt;
        _losses = losses;
        _retransmission = retransmission;
        _tailProbe = tailProbe;
        _writer = writer;
        _handedOut = handedOut;
        _congestion = congestion;
        _timers = timers;
    }

    /// <summary>Payload bytes that were sent for the first time.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Packets that were sent again.</summary>
    public long Retransmissions { get; private set; }

    /// <summary>The bytes that were on our ST_SYN have arrived.</summary>
    public void OnFirstWriteTaken(int bytes) => BytesSent += bytes;

    /// <summary>Whether the congestion window was what held us back since the last call: only then it may grow.</summary>
    public bool TakeWindowLimited()
    {
        var wasLimited = _windowLimited;
        _windowLimited = false;
        return wasLimited;
    }

    /// <summary>Writes the next packet that may leave.</summary>
    /// <param name="buffer">Where.</param>
    /// <param name="now">The time.</param>
    /// <param name="hasPeersFin">Whether the peer's ST_FIN was reached: ours acknowledges it.</param>
    /// <param name="isFinWithheld">Whether a ST_RESET takes the place of our ST_FIN.</param>
    /// <param name="transmit">Its size.</param>
    public bool TryPoll(Span<byte> buffer, Instant now, bool hasPeersFin, bool isFinWithheld, out Transmit transmit)
    {
        transmit = default;
        if (_nextPiece.Offset > 0 && PollPiece(buffer, now, out transmit))
            return true;
        _timers.Stop(TimerKind.Pacing);
        if (_packets.HasQueued)
            return PollRetransmission(buffer, now, out transmit);
        if (_sendBuffer.HasUnsent)
            return PollNewData(buffer, now, out transmit);
        if (!_end.HasFinToSend || isFinWithheld)
            return false;

        // Not every libutp is known to hear a ST_FIN before any ST_DATA as acceptor (protocol.md §4.4). The npm utp takes an empty one for the end, and
        // does not wait for the ST_FIN when it has ended itself: so only to an acceptor that has not spoken.
        transmit = !_anySent && !_peer.IsOwn && !_handshake.IsAcceptor && !_peer.HasSpoken
            ? SendProbe(buffer, now)
            : SendFin(buffer, hasPeersFin, now);
        return true;
    }

    /// <summary>Sends new data of at most so many bytes, whatever the windows say.</summary>
    public Transmit SendNew(int maxBytes, Span<byte> buffer, Instant now, int probeBytes = 0)
    {
        if (_packets.Count == 0 && _anySent && now.Since(_lastSent) > _rtt.RtoMicros)
            _congestion.OnIdleRestart(now.Since(_lastSent), now);
        var messageBytes = MessageHeader.BytesOf(_sendBuffer.PeekNext(), _peer.UsesFrames);
        var payload = _sendBuffer.Cut(maxBytes);
        var seqNr = _packets.Add(OutstandingKind.Data, payload, now);
        _mtu.OnCut(ref _packets[seqNr], _mtu.HeaderBytes + messageBytes + payload.Length, probeBytes);
        BytesSent += payload.Length;
        _undersizedInFlight = payload.Length < _mtu.MaxPayload;
        _lastUndersized = seqNr;
        OnSent(seqNr, now);
        _windowLimited |= _packets.BytesInFlight + _mtu.MaxPayload > _congestion.WindowBytes;
        return Write(seqNr, buffer, now);
    }

    /// <summary>Sends a packet again.</summary>
    public Transmit Resend(SeqNr seqNr, Span<byte> buffer, Instant now)
    {
        if (_packets[seqNr].Transmissions > 0)
            Retransmissions++;
        _packets.OnResent(seqNr, now);
        OnSent(seqNr, now);
        return Write(seqNr, buffer, now);
    }

    /// <summary>The socket did not take a packet, or a piece of it; returns its payload bytes, −1 if nothing waits for it any more.</summary>
    public int TakeBack(in PolledDatagram datagram, Instant now)
    {
        var seqNr = datagram.SeqNr;
        if (!_packets.Contains(seqNr) || !_packets[seqNr].InFlight)
            return -1;

        // Those pieces before it are on their way, so it goes on here.
        if (datagram.PieceOffset > 0)
        {
            _nextPiece = new NextPiece(seqNr, _packets[seqNr].TransmissionNumber, datagram.PieceOffset);
            return -1;
        }

        _packets.TakeBack(seqNr);
        ref var packet = ref _packets[seqNr];
        if (packet.Transmissions > 0)
        {
            Retransmissions--;

            // The one packet that a time-out sends again does not wait for the window the next time either.
            if (_retransmission.UndecidedUpTo > 0)
                _losses.SendNow();
        }

        if (packet.IsMtuProbe)
            _mtu.ForgetProbe(ref packet);

        // What is not under way cannot time out, but what waits to leave must never be without a timer: the time-out begins anew.
        if (_packets.PacketsInFlight == 0)
            _retransmission.Restart(now);
        return packet.Payload.Length;
    }

    /// <summary>Nothing that we could send would be heard: forgets it all.</summary>
    public void Stop()
    {
        _packets.Clear();
        _sendBuffer.Clear();
        _nextPiece = default;
        _retransmission.Stop();
        _losses.Stop();
        _tailProbe.Stop();
        _peerWindow.Stop();
        _timers.Stop(TimerKind.Pacing);
    }

    private Transmit SendFin(Span<byte> buffer, bool hasPeersFin, Instant now)
    {
        _end.OnFinSent(answersPeers: hasPeersFin);
        _life.OnFinSent(now);
        var seqNr = _packets.Add(OutstandingKind.Fin, _sendBuffer.EmptyRange, now);
        OnSent(seqNr, now);
        return Write(seqNr, buffer, now);
    }

    // An empty ST_DATA fits into any window, and its ack brings the peer's (protocol.md §6).
    private Transmit SendProbe(Span<byte> buffer, Instant now)
    {
        _peerWindow.OnProbeSent();
        var seqNr = _packets.Add(OutstandingKind.Data, _sendBuffer.EmptyRange, now);
        OnSent(seqNr, now);
        return Write(seqNr, buffer, now);
    }

    // The pieces of one packet leave together, as its fragments would. It may have been acknowledged, or found lost, since its last piece left.
    private bool PollPiece(Span<byte> buffer, Instant now, out Transmit transmit)
    {
        transmit = default;
        var piece = _nextPiece;
        _nextPiece = default;
        var isUnderWay = _packets.Contains(piece.SeqNr)
            && _packets[piece.SeqNr] is { InFlight: true } packet && packet.TransmissionNumber == piece.TransmissionNumber;
        if (!isUnderWay)
            return false;
        transmit = _writer.WritePiece(piece.SeqNr, piece.Offset, buffer, now, out var end);
        NoteRest(piece.SeqNr, end);
        HandOut(transmit, piece.SeqNr, piece.Offset);
        return true;
    }

    private bool PollRetransmission(Span<byte> buffer, Instant now, out Transmit transmit)
    {
        transmit = default;
        var seqNr = _packets.NextQueued();
        var bytes = _packets[seqNr].Payload.Length;
        if (!_losses.MustSendNow)
        {
            if (_packets.PacketsInFlight > 0 && _packets.BytesInFlight + bytes > _congestion.WindowBytes)
            {
                _windowLimited = true;
                return false;
            }

            if (!MayLeave(bytes, now))
                return false;
        }

        _losses.OnRetransmissionLeft();
        transmit = Resend(seqNr, buffer, now);
        return true;
    }

    private bool PollNewData(Span<byte> buffer, Instant now, out Transmit transmit)
    {
        transmit = default;

        // After a time-out nothing new leaves until it is known what was lost (RFC 5682 sends two; one question is enough).
        if (_retransmission.UndecidedUpTo > 0 && _packets.Count > 0)
            return false;
        var next = _sendBuffer.PeekNext();
        var room = _mtu.MaxPayload - MessageHeader.BytesOf(next, _peer.UsesFrames);
        var bytes = next.IsMessage ? Math.Min(next.BytesLeft, room) : (int)Math.Min(_sendBuffer.UnsentBytes, room);
        var window = _peerWindow.Bytes - _packets.BytesOutstanding;
        var probeBytes = NextMtuProbe(next, bytes, room, window, now);
        if (probeBytes > 0 && !_peer.IsOwn)
            bytes = probeBytes - (_mtu.MaxPayload + _mtu.HeaderBytes - room);
        if (bytes > window)
        {
            // Wait for room for a whole packet, unless nothing is on its way that could bring news of it.
            if (_packets.Count > 0)
                return false;
            if (window <= 0)
                return PollPersistProbe(buffer, now, out transmit);
            bytes = (int)window;
        }

        if (_packets.Count >= MaxPacketsInFlight || HoldsBackUndersized(bytes, room))
            return false;
        if (_tailProbe.WantsNewData)
        {
            _tailProbe.OnNewDataLeft();
            transmit = SendNew(bytes, buffer, now);
            return true;
        }

        if (_packets.PacketsInFlight > 0 && _packets.BytesInFlight + bytes > _congestion.WindowBytes)
        {
            _windowLimited = true;
            return false;
        }

        if (!MayLeave(bytes, now))
            return false;
        transmit = SendNew(bytes, buffer, now, probeBytes);
        return true;
    }

    private int MaxPacketsInFlight => _peer.TakesLargeWindow
        ? _options.MaxOwnPacketsInFlight
        : _peer.IsNodeUtp
            ? Math.Min(MaxNodeUtpPacketsInFlight, _options.MaxForeignPacketsInFlight)
            : _options.MaxForeignPacketsInFlight;

    private bool PollPersistProbe(Span<byte> buffer, Instant now, out Transmit transmit)
    {
        transmit = default;
        if (!_peerWindow.IsProbeDue)
        {
            _peerWindow.WaitForProbe(now);
            return false;
        }

        transmit = SendProbe(buffer, now);
        return true;
    }

    // Which packet is a probe of the path's size: a full one, while nothing is being repaired. To our own peer it is padded; to a foreign one it holds more data.
    private int NextMtuProbe(in NextWrite next, int bytes, int room, long window, Instant now)
    {
        if (_life.State == ConnectionState.SynReceived || bytes < room || _losses.InRecovery || _retransmission.UndecidedUpTo > 0)
            return 0;
        var probe = _mtu.NextProbe(now);
        if (probe == 0 || _peer.IsOwn)
            return probe;
        var payload = probe - (_mtu.MaxPayload + _mtu.HeaderBytes - room);
        var available = next.IsMessage ? next.BytesLeft : _sendBuffer.UnsentBytes;
        return payload <= Math.Min(available, window) && _packets.BytesInFlight + payload <= _congestion.WindowBytes ? probe : 0;
    }

    // Minshall's rule: one undersized packet in flight. An option; the default is no delay (protocol.md §6).
    private bool HoldsBackUndersized(int bytes, int room)
    {
        if (!_options.CoalesceSmallWrites || bytes >= room || _end.IsRequested)
            return false;
        return _undersizedInFlight && _packets.Contains(_lastUndersized);
    }

    private bool MayLeave(int bytes, Instant now)
    {
        if (_knownLosses != _losses.DataPacketsLost)
        {
            _knownLosses = _losses.DataPacketsLost;
            _pacer.OnLost();
        }

        // What was cut for a larger path must fit into a burst, too, or it would never leave.
        if (!_options.Pacing
            || _pacer.MayLeave(_congestion.PacingBytesPerSecond, bytes, Math.Max(_mtu.MaxPayload, bytes), _rtt.MinMicros, now, out var when))
        {
            return true;
        }

        // Held by the pace of a window in use: that window may grow.
        _windowLimited |= _packets.BytesInFlight * 2 >= _congestion.WindowBytes;
        _timers.Arm(TimerKind.Pacing, when);
        return false;
    }

    private void OnSent(SeqNr seqNr, Instant now)
    {
        _anySent = true;
        _lastSent = now;
        _horizon.OnFlight(_packets.Count);
        _pacer.OnSent(_packets[seqNr].Payload.Length);
        _retransmission.OnSent(now);
        _tailProbe.Arm(now);
    }

    private Transmit Write(SeqNr seqNr, Span<byte> buffer, Instant now)
    {
        Transmit transmit;
        if (_packets[seqNr].Kind == OutstandingKind.Fin)
        {
            transmit = _writer.WriteFin(seqNr, buffer, now);
        }
        else
        {
            transmit = _writer.WriteData(seqNr, buffer, now, out var end);
            NoteRest(seqNr, end);
        }

        HandOut(transmit, seqNr, pieceOffset: 0);
        return transmit;
    }

    private void NoteRest(SeqNr seqNr, int end)
    {
        ref readonly var packet = ref _packets[seqNr];
        if (end < packet.Payload.Length)
            _nextPiece = new NextPiece(seqNr, packet.TransmissionNumber, end);
    }

    private void HandOut(in Transmit transmit, SeqNr seqNr, int pieceOffset) =>
        _handedOut.OnPolled(new PolledDatagram(PolledKind.Data, seqNr, transmit.Length, transmit.DontFragment, _writer.CarriesAck, pieceOffset));

    /// <summary>Where a packet goes on that leaves in pieces; offset 0: none does.</summary>
    private readonly record struct NextPiece(SeqNr SeqNr, long TransmissionNumber, int Offset);
}
