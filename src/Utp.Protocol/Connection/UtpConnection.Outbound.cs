namespace Utp.Protocol;

// What leaves: which packet is next, and what holds it back.
public sealed partial class UtpConnection
{
    private const long WithinOneMachineMicros = 100;
    private const long LosslessMicros = 10_000_000;

    private bool _windowLimited;
    private Instant _lastLoss = new(-LosslessMicros - 1);
    private bool _anyDataSent;
    private bool _undersizedInFlight;
    private SeqNr _lastUndersized;
    private Instant _lastDataSent;

    /// <summary>
    /// Writes the next datagram to <paramref name="buffer"/>; false when nothing may leave now.
    /// </summary>
    /// <param name="buffer">At least <see cref="ConnectionOptions.MaxDatagramBytes"/> bytes; the caller's.</param>
    /// <param name="now">The time, written into the packet as its timestamp: ask just before sending.</param>
    /// <param name="transmit">The datagram's length.</param>
    public bool PollTransmit(Span<byte> buffer, Instant now, out Transmit transmit)
    {
        _now = now;
        transmit = default;
        if (_blocked)
            return false;
        if (_resetDue)
            return Polled(WriteReset(buffer), PolledKind.Reset, out transmit);
        if (IsOver)
            return false;
        if (_synSent is { } syn)
            return syn.IsDue && Polled(WriteSyn(buffer), PolledKind.Syn, out transmit);
        if (_synReceived is not null)
            return PollUnconfirmed(buffer, out transmit);
        if (_strayPacket is { } stray)
        {
            _strayPacket = null;
            return Polled(WriteResetTo(stray, buffer), PolledKind.Stray, out transmit);
        }

        if (_confirmDue)
            return Polled(WriteStatelessConfirmation(buffer), PolledKind.State, out transmit);
        if (_repeatAnswerDue)
            return Polled(WriteAnswer(buffer), PolledKind.Answer, out transmit);
        if (PollData(buffer, out transmit))
            return true;
        if (_ack.IsDue && now >= _ack.DueAt)
            return Polled(WriteState(buffer, keepAlive: false), PolledKind.State, out transmit);
        return _keepAliveDue && Polled(WriteKeepAlive(buffer), PolledKind.KeepAlive, out transmit);
    }

    // protocol.md §9: at most three bytes leave per byte received, the answer and its repeats included.
    private bool PollUnconfirmed(Span<byte> buffer, out Transmit transmit)
    {
        var half = _synReceived!;
        transmit = default;
        var overhead = PacketHeader.Length + (half.Answer == Capabilities.None ? 0 : 2 + CapabilitiesExtension.Length) + (_tags.InUse ? _tags.HandshakeBytes : 0);
        if (half.AnswerDue)
            return half.Budget >= overhead && Spend(half, Polled(WriteAnswer(buffer), PolledKind.Answer, out transmit), transmit);
        if (half.AnswersSent == 0)
            return false;
        if (_options.Mode == DeliveryMode.Bytes && _packets.HasQueued)
        {
            var seqNr = _packets.NextQueued();
            return half.Budget >= overhead + _packets[seqNr].Payload.Length
                && Spend(half, Resend(seqNr, buffer, out transmit), transmit);
        }

        // Half of what is left, so that it can be repeated; its ack confirms.
        var room = (int)Math.Min((half.Budget / 2) - overhead, MaxPayload - CapabilitiesExtension.Length - 2);
        if (_options.Mode == DeliveryMode.Bytes && _sendBuffer.HasUnsent && half.Budget > overhead && (room > 0 || IsOwnPeer))
            return Spend(half, SendNew(Math.Max(1, room), buffer, out transmit), transmit);

        // A foreign initiator acknowledges nothing until it is asked: at once when we have something to do, later when it stays silent.
        var isWanted = half.QuestionDue || (half.Questions == 0 && (_sendBuffer.HasUnsent || _closeRequested));
        if (IsOwnPeer || !isWanted || _packets.Count > 0 || half.Budget < overhead)
            return false;
        return Spend(half, Polled(WriteQuestion(buffer), PolledKind.Question, out transmit), transmit);
    }

    private static bool Spend(SynReceivedData half, bool sent, in Transmit transmit)
    {
        half.Budget -= transmit.Length;
        return sent;
    }

    private bool PollData(Span<byte> buffer, out Transmit transmit)
    {
        transmit = default;
        if (State == ConnectionState.TimeWait || _peerStopsReading)
            return false;
        if (_nextPiece.Offset > 0 && PollPiece(buffer, out transmit))
            return true;
        _timers.Stop(TimerKind.Pacing);
        if (_packets.HasQueued)
            return PollRetransmission(buffer, out transmit);
        if (_sendBuffer.HasUnsent)
            return PollNewData(buffer, out transmit);
        if (!_finQueued || _finSent || EndsByReset)
            return false;

        // libutp as acceptor ignores a ST_FIN before any ST_DATA (protocol.md §1). The npm utp takes an empty one for the end, and
        // does not wait for the ST_FIN when it has ended itself: so only to an acceptor that has not spoken.
        if (!_anyDataSent && !IsOwnPeer && _peerSyn is null && !_peer.HasSpoken)
            return SendProbe(buffer, out transmit);
        _finSent = true;
        _finAnswersPeers = _receiver.HasReachedFin;
        _life.OnFinSent(_now);
        var seqNr = _packets.Add(OutstandingKind.Fin, _sendBuffer.EmptyRange, _now);
        NoteSent(seqNr);
        return Polled(WriteFin(seqNr, buffer), PolledKind.Data, out transmit, seqNr);
    }

    private bool PollRetransmission(Span<byte> buffer, out Transmit transmit)
    {
        transmit = default;
        var seqNr = _packets.NextQueued();
        var bytes = _packets[seqNr].Payload.Length;
        if (!_retransmitNow)
        {
            if (_packets.PacketsInFlight > 0 && _packets.BytesInFlight + bytes > _congestion.WindowBytes)
            {
                _windowLimited = true;
                return false;
            }

            if (!MayLeave(bytes))
                return false;
        }

        _retransmitNow = false;
        return Resend(seqNr, buffer, out transmit);
    }

    private bool PollNewData(Span<byte> buffer, out Transmit transmit)
    {
        transmit = default;

        // After a time-out nothing new leaves until it is known what was lost (RFC 5682 sends two; one question is enough).
        if (_undecidedTimeout > 0 && _packets.Count > 0)
            return false;
        var next = _sendBuffer.PeekNext();
        var room = MaxPayload - ExtensionBytes(next);
        var bytes = next.IsMessage ? Math.Min(next.BytesLeft, room) : (int)Math.Min(_sendBuffer.UnsentBytes, room);
        var window = _peerWindow - _packets.BytesOutstanding;
        var probeBytes = NextMtuProbe(next, bytes, room, window);
        if (probeBytes > 0 && !IsOwnPeer)
            bytes = probeBytes - (MaxPayload + _mtu.HeaderBytes - room);
        if (bytes > window)
        {
            // Wait for room for a whole packet, unless nothing is on its way that could bring news of it.
            if (_packets.Count > 0)
                return false;
            if (window <= 0)
                return PollPersistProbe(buffer, out transmit);
            bytes = (int)window;
        }

        var limit = _peer.TakesLargeWindow
            ? _options.MaxOwnPacketsInFlight
            : _peer.IsNodeUtp
                ? Math.Min(500, _options.MaxForeignPacketsInFlight)
                : _options.MaxForeignPacketsInFlight;
        if (_packets.Count >= limit || HoldsBackUndersized(bytes, room))
            return false;
        if (_probeNewData)
        {
            _probeNewData = false;
            return SendNew(bytes, buffer, out transmit);
        }

        if (_packets.PacketsInFlight > 0 && _packets.BytesInFlight + bytes > _congestion.WindowBytes)
        {
            _windowLimited = true;
            return false;
        }

        return MayLeave(bytes) && SendNew(bytes, buffer, out transmit, probeBytes);
    }

    private bool PollPersistProbe(Span<byte> buffer, out Transmit transmit)
    {
        transmit = default;
        if (_persistProbeDue)
            return SendProbe(buffer, out transmit);
        ArmPersist();
        return false;
    }

    // Minshall's rule: one undersized packet in flight. An option; the default is no delay (protocol.md §6).
    private bool HoldsBackUndersized(int bytes, int room)
    {
        if (!_options.CoalesceSmallWrites || bytes >= room || _closeRequested)
            return false;
        return _undersizedInFlight && _packets.Contains(_lastUndersized);
    }

    // Found by measurement and not by address: so short a round trip, and nothing lost for a while. There is no queue to spare, and a burst is cheaper whole (note 0018).
    private bool IsWithinOneMachine => _rtt.MinMicros is > 0 and < WithinOneMachineMicros && _now.Since(_lastLoss) > LosslessMicros;

    private bool MayLeave(int bytes)
    {
        // What was cut for a larger path must fit into a burst, too, or it would never leave.
        if (!_options.Pacing || IsWithinOneMachine || _pacer.MayLeave(_congestion.PacingBytesPerSecond, bytes, Math.Max(MaxPayload, bytes), _now, out var when))
            return true;

        // Held by the pace of a window in use: that window may grow.
        _windowLimited |= _packets.BytesInFlight * 2 >= _congestion.WindowBytes;
        _timers.Arm(TimerKind.Pacing, when);
        return false;
    }

    private bool SendNew(int maxBytes, Span<byte> buffer, out Transmit transmit, int probeBytes = 0)
    {
        if (_packets.Count == 0 && _anyDataSent && _now.Since(_lastDataSent) > _rtt.RtoMicros)
            _congestion.OnIdleRestart(_now.Since(_lastDataSent), _now);
        var extensionBytes = ExtensionBytes(_sendBuffer.PeekNext());
        var payload = _sendBuffer.Cut(maxBytes);
        var seqNr = _packets.Add(OutstandingKind.Data, payload, _now);
        _mtu.OnCut(ref _packets[seqNr], _mtu.HeaderBytes + extensionBytes + payload.Length, probeBytes);
        _counters.BytesSent += payload.Length;
        _undersizedInFlight = payload.Length < MaxPayload;
        _lastUndersized = seqNr;
        NoteSent(seqNr);
        _windowLimited |= _packets.BytesInFlight + MaxPayload > _congestion.WindowBytes;
        return Polled(WriteData(seqNr, buffer), PolledKind.Data, out transmit, seqNr);
    }

    // An empty ST_DATA fits into any window, and its ack brings the peer's (protocol.md §6).
    private bool SendProbe(Span<byte> buffer, out Transmit transmit)
    {
        _persistProbeDue = false;
        var seqNr = _packets.Add(OutstandingKind.Data, _sendBuffer.EmptyRange, _now);
        NoteSent(seqNr);
        return Polled(WriteData(seqNr, buffer), PolledKind.Data, out transmit, seqNr);
    }

    private bool Resend(SeqNr seqNr, Span<byte> buffer, out Transmit transmit)
    {
        if (_packets[seqNr].Transmissions > 0)
            _counters.Retransmissions++;
        _packets.OnResent(seqNr, _now);
        NoteSent(seqNr);
        var written = _packets[seqNr].Kind == OutstandingKind.Fin ? WriteFin(seqNr, buffer) : WriteData(seqNr, buffer);
        return Polled(written, PolledKind.Data, out transmit, seqNr);
    }

    private void NoteSent(SeqNr seqNr)
    {
        _anyDataSent = true;
        _lastDataSent = _now;
        _largestFlight = Math.Max(_largestFlight, _packets.Count);
        _pacer.OnSent(_packets[seqNr].Payload.Length);

        // RFC 6298 §5.1: the timer starts when it is not running; new data does not restart it.
        if (!_timers.IsArmed(TimerKind.Retransmission))
            _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));
        ArmTailProbe();
    }
}
