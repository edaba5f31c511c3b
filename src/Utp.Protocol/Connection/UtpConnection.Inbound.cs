namespace Utp.Protocol;

// What arrives: one batch at a time, so that acknowledging, the congestion law and the timers work once per batch.
public sealed partial class UtpConnection
{
    private BatchFacts _batch;
    private int _largestFlight = 1;
    private AckHorizon _repeatedAcks = new(AckHorizon.OfRepeatsMicros);
    private AckHorizon _delayedAcks = new(AckHorizon.OfDelaysMicros);

    /// <summary>Handles what one receive batch brought for this connection, in the order of arrival.</summary>
    /// <param name="batch">Packets that the router delivered; borrowed until the call returns.</param>
    /// <param name="now">The time, not before any arrival.</param>
    public void HandleBatch(ReadOnlySpan<InboundPacket> batch, Instant now)
    {
        BeginInput(now);
        _batch = new BatchFacts { BytesInFlight = _packets.BytesInFlight };
        _repeatedAcks.Note(_packets.LeftEdge, now);
        _delayedAcks.Note(_packets.LeftEdge, now);
        var payloadBytes = 0;
        foreach (ref readonly var inbound in batch)
            payloadBytes += inbound.Packet.PayloadLength;

        _data.Expect(payloadBytes + _receiver.EarlyBytes);

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

        if (!_tags.Fit(inbound.Packet))
            return ReceiveVerdict.WrongTag;
        if (_receiver.IsFromAWrapAgo(header.Timestamp, inbound.Arrival))
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
            _receiver.OnAdvanced(header.Timestamp, inbound.Arrival);
        if (acked >= 0)
            HandleAcknowledgement(inbound, acked);
        HandleNotRead(inbound.Packet);
        return header.Type == PacketType.State ? ReceiveVerdict.Accepted : HandleSequenced(inbound);
    }

    // From those that repeat packets as they were, no older than what was acknowledged lately; from the others, than what may have been in flight, and a moment ago if
    // nothing else proves them.
    private long OldestAck => IsOwnPeer ? _largestFlight
        : _peer.SendsExtensions ? Math.Min(_largestFlight, 1 + _delayedAcks.Packets)
        : _largestFlight + _repeatedAcks.Packets;

    // What every believable packet tells, whatever it carries.
    private void NotePeer(in InboundPacket inbound)
    {
        var header = inbound.Packet.Header;
        _lastHeard = inbound.Arrival;
        _peer.OnPacket(inbound);
        _batch.OnDelay(_peer.DelayMicros, _clock.Difference(header.TimestampDifference));

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
        var verdict = _receiver.Take(inbound, new PathFacts(MaxPayload, _rtt.SmoothedMicros), _now, out var news);
        if (news == ReceiverNews.None)
            return verdict;

        // Before the ST_FIN is handled, which may end the connection and report it.
        if ((news & ReceiverNews.FinSeen) != 0 && inbound.Packet.PeerCloseReason >= 0)
            (_peerCloseCode, _peerFinNotRead) = (inbound.Packet.PeerCloseReason, inbound.Packet.IsNotRead && IsOwnPeer);
        if ((news & ReceiverNews.FinReached) != 0)
            OnPeerFinReached();
        if ((news & ReceiverNews.BadFrame) != 0)
            Fail(new CloseReason(CloseCause.ProtocolError, Detail: "The peer sent a frame that is larger than allowed, or out of place."), reset: true);
        return verdict;
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
