namespace Utp.Protocol;

// What arrives: one batch at a time, so that acknowledging, the congestion law and the timers work once per batch.
public sealed partial class UtpConnection
{
    private BatchFacts _batch;
    private int _largestFlight = 1;
    private AckHorizon _ackHorizon;
    private Instant _lastOutOfWindowAck;
    private bool _peerHasSpoken;

    /// <summary>Handles what one receive batch brought for this connection, in the order of arrival.</summary>
    /// <param name="batch">Packets that the router delivered; borrowed until the call returns.</param>
    /// <param name="now">The time, not before any arrival.</param>
    public void HandleBatch(ReadOnlySpan<InboundPacket> batch, Instant now)
    {
        BeginInput(now);
        _batch = new BatchFacts { BytesInFlight = _packets.BytesInFlight };
        _ackHorizon.Note(_packets.LeftEdge, now);
        var payloadBytes = 0;
        foreach (ref readonly var inbound in batch)
            payloadBytes += inbound.Packet.PayloadLength;

        // No more than is taken: a buffer that stays half empty is held all the same.
        _delivery?.ExpectBytes((int)Math.Min(payloadBytes + _reorder!.Bytes, _window.BufferBytes));

        foreach (ref readonly var inbound in batch)
        {
            if (IsOver)
                return;
            _counters.PacketsReceived++;
            var verdict = HandlePacket(inbound);
            if (verdict is not (ReceiveVerdict.Accepted or ReceiveVerdict.Duplicate))
                _counters.Dropped++;
            if (_trace is not null)
            {
                var header = inbound.Packet.Header;
                _trace.OnReceived(new ReceivedTrace(
                    inbound.Arrival, header.Type, header.SeqNr, header.AckNr, inbound.Packet.PayloadLength, header.WndSize, verdict));
            }
        }

        if (!IsOver)
            FinishBatch();
    }

    private ReceiveVerdict HandlePacket(in InboundPacket inbound)
    {
        var header = inbound.Packet.Header;
        if (header.Type == PacketType.Syn)
            return HandleSyn(inbound);
        if (header.Type == PacketType.Reset)
            return HandleReset(inbound);
        if (State == ConnectionState.SynSent)
            return HandleAnswer(inbound);
        if (header.ConnectionId != ReceiveId)
        {
            // The answer to the other of our two ST_SYNs: that half-open connection is not wanted.
            _strayPacket = header;
            return ReceiveVerdict.NotAllowed;
        }

        if (IsOwnPeer && _wrapGuard.IsOld(header.Timestamp, inbound.Arrival))
            return ReceiveVerdict.OldTimestamp;

        // protocol.md §5: an ack of what was never sent drops the packet; one that is a little old is ignored as an ack,
        // but its payload counts; one older than any window that was used drops the packet (but see note 0008).
        var acked = _packets.LeftEdge.Previous.DistanceTo(header.AckNr);
        if (acked > _packets.Count || acked < -OldestAck)
            return ReceiveVerdict.BadAck;
        if (State == ConnectionState.SynReceived)
        {
            // protocol.md §9: exactly our initial seq_nr − 1 or newer, which a stranger cannot know.
            if (acked < 0)
                return ReceiveVerdict.BadAck;
            Confirm(inbound);
        }

        NotePeer(inbound);

        // Our own acceptor repeats its answer until it hears an ack: it did not hear the last one, or has more to say than it may.
        if (inbound.Packet.HasExtension2 && RepeatsAnswer(inbound))
        {
            _ack.OnUrgent();
            _confirmDue = _confirmsStateless;
        }

        if (acked > 0)
            _wrapGuard.OnAdvanced(header.Timestamp, inbound.Arrival);
        if (acked >= 0)
            HandleAcknowledgement(inbound, acked);
        HandleNotRead(inbound.Packet);
        return header.Type == PacketType.State ? ReceiveVerdict.Accepted : HandleSequenced(inbound);
    }

    // From those that repeat packets as they were, no older than what was acknowledged lately; from the others, than what may have been in flight.
    private long OldestAck => IsOwnPeer || _peerSendsExtensions ? _largestFlight : _largestFlight + _ackHorizon.Packets;

    // What every believable packet tells, whatever it carries.
    private void NotePeer(in InboundPacket inbound)
    {
        var header = inbound.Packet.Header;
        _lastHeard = inbound.Arrival;
        _peerDelay = header.Timestamp.MicrosUntil(WireTimestamp.From(inbound.Arrival));
        _peerSendsExtensions |= inbound.Packet.HasExtensions;
        _peerMeasures |= header.TimestampDifference is not (0 or RttEstimator.NoTimestampDifference);
        _batch.OnDelay(_peerDelay, header.TimestampDifference);

        if (_timers.IsArmed(TimerKind.SynRetry) && IsAddressConfirmed && !RepeatsAnswer(inbound))
            _timers.Stop(TimerKind.SynRetry);
        _confirmsStateless = _confirmsStateless && RepeatsAnswer(inbound);
        UpdatePeerWindow(header);
    }

    // An older packet must not undo what a newer one said of the window.
    private void UpdatePeerWindow(in PacketHeader header)
    {
        var acked = _packets.LeftEdge.Previous.DistanceTo(header.AckNr);
        if (acked < 0 || (acked == 0 && _peerWindowStamp.DistanceTo(header.Timestamp) < 0))
            return;
        _batch.WindowMoved |= _peerWindow != header.WndSize;
        if (_peerWindow < MaxPayload && header.WndSize >= MaxPayload)
            OnWindowOpened();
        _peerWindow = header.WndSize;
        _peerWindowStamp = header.Timestamp;
        if (_peerWindow > 0)
        {
            _timers.Stop(TimerKind.Persist);
            _persistBackOff = 0;
        }
    }

    // What a peer had no room for was sent again and again, ever more rarely (note 0015). It has room now, so it need not wait that long.
    private void OnWindowOpened()
    {
        if (_packets.Count == 0 || !_rtt.IsBackedOff)
            return;
        _rtt.EndBackOff();
        _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));
    }

    // ST_DATA and ST_FIN: what consumes a seq_nr.
    private ReceiveVerdict HandleSequenced(in InboundPacket inbound)
    {
        var packet = inbound.Packet;
        var header = packet.Header;
        var distance = _expected.DistanceTo(header.SeqNr);
        _peerHasSpoken = true;
        if (distance < 0)
        {
            _counters.Duplicates++;
            _ack.OnUrgent();
            return ReceiveVerdict.Duplicate;
        }

        // Also in TimeWait: without the peer's ST_FIN it follows our Close alone, and its own end is acknowledged, for which it would otherwise wait in vain.
        if (_leavesUnread || (_discardsReceived && header.Type == PacketType.Data && packet.PayloadLength > 0))
            return Refuse(header);
        if (_peerFinReached || IsBeyondFin(header))
        {
            _ack.OnUrgent();
            return ReceiveVerdict.NotAllowed;
        }

        // Before the ST_FIN is handled, which may end the connection and report it.
        if (header.Type == PacketType.Fin && packet.PeerCloseReason >= 0)
            (_peerCloseCode, _peerFinNotRead) = (packet.PeerCloseReason, packet.IsNotRead && IsOwnPeer);
        if (packet.HasPiece && TakesPieces && header.Type == PacketType.Data)
            return HandlePiece(inbound, distance);
        var datagram = inbound.Datagram.Span;
        ForgetPieces(header.SeqNr);
        if (distance > 0)
            return HandleEarly(header, packet.Payload(datagram), packet.Extension2(datagram), packet.HasExtension2);
        var verdict = HandleInOrder(header.Type, packet.Payload(datagram), packet.Extension2(datagram), packet.HasExtension2);
        if (verdict == ReceiveVerdict.Accepted)
            _wrapGuard.OnAdvanced(header.Timestamp, inbound.Arrival);
        return verdict;
    }

    private ReceiveVerdict HandleInOrder(PacketType type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2)
    {
        // What waits behind it may follow at once: there must be memory for that too.
        var closesGap = _reorder!.Count > 0;
        var cost = CostOf(type, payload.Length, extension2.Length, hasExtension2);
        if (!_window.Fits(payload.Length, cost)
            || !MakeRoomForFrame(type, payload.Length, extension2, hasExtension2)
            || !_window.TryAdmit(cost + _delivery!.CostAtMost(_reorder.Bytes, _reorder.Count)))
        {
            return OutOfWindow();
        }

        var isShort = payload.Length < MaxPayload / 2;
        TakeInOrder(type, payload, extension2, hasExtension2);
        while (!IsOver && !_peerFinReached && _reorder.TryTake(_expected, out var entry))
        {
            TakeInOrder(entry.Type, entry.Payload, entry.Extension2, entry.HasExtension2);
            _reorder.Return(entry);
        }

        if (closesGap || _peerFinReached)
            _ack.OnUrgent();
        else
            _ack.OnInOrder(isShort);
        return ReceiveVerdict.Accepted;
    }

    private ReceiveVerdict HandleEarly(in PacketHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2)
    {
        if (_reorder!.Contains(header.SeqNr))
        {
            _counters.Duplicates++;
            _ack.OnUrgent();
            return ReceiveVerdict.Duplicate;
        }

        if (!_window.FitsOutOfOrder(payload.Length, WaitingBytes)
            || !_reorder.TryAdd(_expected, header.SeqNr, header.Type, extension2, hasExtension2, payload))
        {
            return OutOfWindow();
        }

        if (header.Type == PacketType.Fin)
            _peerFin = header.SeqNr;
        _ack.OnUrgent();
        return ReceiveVerdict.Accepted;
    }

    // Nothing may follow a ST_FIN, and a ST_FIN may not stand before data that is there already.
    private bool IsBeyondFin(in PacketHeader header)
    {
        if (_peerFin is { } fin)
            return header.SeqNr.IsAfter(fin) || (header.SeqNr == fin) != (header.Type == PacketType.Fin);
        return header.Type == PacketType.Fin && _reorder!.Count > 0 && _reorder.Farthest.IsAfter(header.SeqNr);
    }

    // protocol.md §9: dropped, acknowledged at most once per round trip.
    private ReceiveVerdict OutOfWindow()
    {
        if (_now.Since(_lastOutOfWindowAck) >= Math.Max(_rtt.SmoothedMicros, 1))
        {
            _lastOutOfWindowAck = _now;
            _ack.OnUrgent();
        }

        return ReceiveVerdict.OutOfWindow;
    }

    private void TakeInOrder(PacketType type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2)
    {
        _expected = _expected.Next;
        _wrapGuard.OnInOrder();
        if (type == PacketType.Fin)
        {
            OnPeerFinReached();
            return;
        }

        _counters.BytesReceived += payload.Length;
        if (_discardsReceived)
        {
            _window.OnReceived(payload.Length, 0);
            return;
        }

        // An acceptor's early ST_DATA may repeat its capabilities; in byte mode extension 2 means nothing else.
        var result = _delivery!.Add(payload, extension2, hasExtension2, out var held);
        _window.OnReceived(payload.Length, held);
        WatchUnfinishedFrame();
        if (result == DeliveryResult.BadFrame)
            Fail(new CloseReason(CloseCause.ProtocolError, Detail: "The peer sent a frame that is larger than allowed, or out of place."), reset: true);
    }

    /// <summary>What one batch of packets said, gathered for what is done once per batch.</summary>
    private struct BatchFacts
    {
        public long BytesInFlight;
        public long AckedBytes;
        public int AckedPackets;
        public Instant NewestFirstSent;
        public Instant NewestSent;
        public bool HasRttSample;
        public bool LeftEdgeMoved;
        public bool RoundStart;
        public bool WindowMoved;
        public bool OriginalAcked;
        public bool ProbeRepairedLoss;
        public bool OutgoingDelayKnown;
        public uint OutgoingDelay;
        public bool IncomingDelayKnown;
        public uint IncomingDelay;
        public WireTimestamp AckTimestamp;
        public uint AckTimestampDifference;
        public Instant AckArrival;

        // The smallest sample of the batch: what queued least on the way and in the socket's buffer.
        public void OnDelay(uint incoming, uint outgoing)
        {
            if (!IncomingDelayKnown || unchecked((int)(incoming - IncomingDelay)) < 0)
                (IncomingDelayKnown, IncomingDelay) = (true, incoming);
            if (outgoing is 0 or RttEstimator.NoTimestampDifference)
                return;
            if (!OutgoingDelayKnown || unchecked((int)(outgoing - OutgoingDelay)) < 0)
                (OutgoingDelayKnown, OutgoingDelay) = (true, outgoing);
        }
    }
}
