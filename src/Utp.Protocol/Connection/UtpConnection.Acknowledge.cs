using System.Buffers.Binary;

namespace Utp.Protocol;

// What the peer has received: cumulative and selective acknowledgement, round trip, loss, spurious time-outs.
public sealed partial class UtpConnection
{
    private long _lossEpisodeEnd;
    private long _newestAcked;
    private bool _wasRecovering;
    private long _roundEnd;
    private int _consecutiveTimeouts;
    private long _deliveredReported;
    private MaskHorizon _mask;
    private bool _finAcked;
    private LossEpisode _episode;

    // F-RTO (RFC 5682): the last transmission before the time-out, while it is undecided; 0: none.
    private long _undecidedTimeout;

    private void HandleAcknowledgement(in InboundPacket inbound, int acked)
    {
        var packet = inbound.Packet;
        var before = _batch.AckedPackets;
        var hidden = false;
        var echo = TimestampEcho.Of(packet.Header with { TimestampDifference = _clock.Difference(packet.Header.TimestampDifference) });
        for (; acked > 0; acked--)
        {
            var seqNr = _packets.LeftEdge;
            ref var first = ref _packets[seqNr];

            // Karn, for what stood behind the hole: it arrived long before the retransmission that made this ack possible.
            hidden |= !first.Sacked && first.Transmissions > 1;
            if (!first.Sacked)
                OnArrived(ref first, seqNr, inbound.Arrival, echo, selective: false, tellsRoundTrip: !hidden);
            _finAcked |= first.Kind == OutstandingKind.Fin;
            _counters.BytesDelivered += first.Payload.Length;
            _sendBuffer.Release(first.Payload.WritesDone);
            _packets.RemoveFirst();
            _batch.LeftEdgeMoved = true;
        }

        if (packet.RangesLength > 0)
            HandleRanges(packet.SelectiveAckRanges(inbound.Datagram.Span), packet.Header.AckNr, inbound.Arrival, echo);
        else if (packet.SelectiveAckLength > 0)
            HandleSelectiveAck(packet.SelectiveAck(inbound.Datagram.Span), packet.Header.AckNr, inbound.Arrival, echo);
        else if (packet.Header.Type == PacketType.State)
            _mask.OnNoMask();
        if (IsDuplicateAck(packet, inbound.Datagram.Span))
            _duplicateAcks.OnDuplicateAck();

        if (_batch.LeftEdgeMoved)
        {
            _duplicateAcks.OnLeftEdgeMoved(_packets.LeftEdge);
            _tailProbe.OnLeftEdgeMoved(_packets.LeftEdge);
        }

        if (_batch.AckedPackets == before)
            return;
        _batch.AckTimestamp = packet.Header.Timestamp;
        _batch.AckTimestampDifference = _clock.Difference(packet.Header.TimestampDifference);
        _batch.AckArrival = inbound.Arrival;
    }

    // BEP 29 "packet loss": an ack_nr that repeats, on a ST_STATE that says nothing else, as one whose mask is too short to show what arrived.
    private bool IsDuplicateAck(in ParsedPacket packet, ReadOnlySpan<byte> datagram) =>
        packet.Header.Type == PacketType.State && _packets.Count > 0 && !_batch.LeftEdgeMoved && !_batch.WindowMoved
        && (packet.SelectiveAckLength > 0 ? _mask.Hides && !packet.SelectiveAck(datagram).ContainsAnyExcept((byte)0) : !_peer.SendsSelectiveAck)
        && packet.Header.AckNr == _packets.LeftEdge.Previous;

    private void HandleSelectiveAck(ReadOnlySpan<byte> mask, SeqNr ackNr, Instant arrival, in TimestampEcho echo)
    {
        _peer.OnSelectiveAck();
        for (var i = 0; i < mask.Length; i++)
        {
            for (uint bits = mask[i]; bits != 0; bits &= bits - 1)
            {
                // BEP 29 "selective ack": bit 0 is ack_nr + 2. What was never sent is not outstanding, and ignored.
                var seqNr = ackNr.Plus((i * 8) + System.Numerics.BitOperations.TrailingZeroCount(bits) + 2);
                if (!_packets.Contains(seqNr))
                    continue;
                ref var packet = ref _packets[seqNr];
                if (packet.Sacked)
                    continue;
                OnArrived(ref packet, seqNr, arrival, echo, selective: true, tellsRoundTrip: true);
                _packets.Sack(seqNr);
            }
        }

        // libutp leaves the last two bits of its 32 unused.
        _mask.OnMask(ackNr.Plus(mask.Length * 8), _packets.NextSeqNr, arrival);
    }

    private void HandleRanges(ReadOnlySpan<byte> ranges, SeqNr ackNr, Instant arrival, in TimestampEcho echo)
    {
        _peer.OnSelectiveAck();
        for (; ranges.Length >= ReorderBuffer.BytesPerRange; ranges = ranges[ReorderBuffer.BytesPerRange..])
        {
            var seqNr = ackNr.Plus(BinaryPrimitives.ReadUInt16BigEndian(ranges));
            var end = seqNr.Plus(Math.Min(BinaryPrimitives.ReadUInt16BigEndian(ranges[2..]), _packets.Count));
            while ((seqNr = _packets.SkipSacked(seqNr)).DistanceTo(end) > 0 && _packets.Contains(seqNr))
            {
                OnArrived(ref _packets[seqNr], seqNr, arrival, echo, selective: true, tellsRoundTrip: true);
                _packets.Sack(seqNr);
            }
        }
    }

    // One packet is known to have arrived, for the first time.
    private void OnArrived(ref OutstandingPacket packet, SeqNr seqNr, Instant arrival, in TimestampEcho echo, bool selective, bool tellsRoundTrip)
    {
        _batch.AckedBytes += packet.Payload.Length;
        _batch.AckedPackets++;
        _mtu.OnArrived(packet);
        if (packet.FirstSent >= _batch.NewestFirstSent)
            _batch.NewestFirstSent = packet.FirstSent;
        var sinceSent = arrival.Since(packet.LastSent);
        var isOldNews = _mask.MayHaveHidden(seqNr, packet);
        tellsRoundTrip &= !isOldNews;

        // Karn: a retransmission's ack may belong to the original. Sooner than any round trip it must, and when it answers what left before.
        var once = packet.Transmissions == 1;
        // What went whole and then in pieces was too large: nobody waits for the whole one.
        var isOriginal = once || ((sinceSent < _rtt.MinMicros || echo.ShowsEarlierTransmission(packet)) && !WentInPieces(packet));
        if (once && tellsRoundTrip && (!_batch.HasRttSample || packet.LastSent > _batch.NewestSent))
            (_batch.HasRttSample, _batch.NewestSent) = (true, packet.LastSent);
        if (once || !isOriginal)
        {
            // While a time-out is undecided its retransmission proves nothing about what left before.
            if (tellsRoundTrip && (_undecidedTimeout == 0 || packet.TransmissionNumber <= _undecidedTimeout))
                _rack.OnArrived(packet, seqNr, arrival, isRetransmission: !once);
            _newestAcked = Math.Max(_newestAcked, packet.TransmissionNumber);
        }
        else if (_tailProbe.SeqNr != seqNr)
        {
            _rack.OnNeedlessRetransmission();
            _counters.NeedlessRetransmissions++;
        }

        if (isOriginal && packet.LossReported)
            NoteNotLost(ref packet);

        if (!isOriginal && _tailProbe.IsResentPacket(seqNr))
            _batch.ProbeRepairedLoss = true;

        // RFC 5682 §3: without SACK a cumulative ack may just jump over what had arrived before the time-out.
        var showsOriginal = !once || ((_peer.SendsSelectiveAck || IsOwnPeer) && !isOldNews && packet.TransmissionNumber <= _undecidedTimeout);
        if (isOriginal && _undecidedTimeout > 0 && showsOriginal)
            _batch.OriginalAcked = true;
        if (packet.TransmissionNumber > _roundEnd)
            _batch.RoundStart = true;
        _trace?.OnAcked(new AckedTrace(_now, seqNr, packet.Payload.Length, selective));
    }

    // RFC 3708, RFC 4015: what was called a loss was none, and the law hears of it.
    private void NoteNotLost(ref OutstandingPacket packet)
    {
        packet.LossReported = false;
        _congestion.OnSpuriousLoss(new SpuriousLossSample(_now, Math.Max(1, packet.Payload.Length), _episode.OnNeedless()));
    }

    private void FinishBatch()
    {
        if (_batch.AckedPackets > 0)
            OnProgress();
        FindLost();
        ArmTailProbe();
        if (_finAcked)
            OnFinAcked();
        else
            AfterRefusal();
        _ack.OnBatchEnd(_now);
        if (_trace is not null && (_batch.AckedPackets > 0 || _batch.WindowMoved))
        {
            _trace.OnWindow(new WindowTrace(
                _now, _congestion.WindowBytes, _packets.BytesInFlight, _peerWindow, _congestion.PacingBytesPerSecond));
        }
    }

    private void OnProgress()
    {
        if (_wasRecovering && !InRecovery)
            _rack.OnRecovered();
        _wasRecovering = InRecovery;
        _consecutiveTimeouts = 0;
        if (_batch.HasRttSample)
            TakeRttSample(_batch.AckArrival.Since(_batch.NewestSent), _batch.AckArrival);
        var path = _rtt.OnPathSample(
            _batch.AckTimestamp, _batch.AckTimestampDifference, _batch.AckArrival,
            _batch.AckArrival.Since(_batch.NewestFirstSent));

        // Karn leaves nothing to measure when all was sent twice, but the timestamps tell which transmission was answered
        // (RFC 7323 §4). Without either the back-off stays (RFC 6298 §5): a time-out below the round trip would never end.
        if (!_batch.HasRttSample && path != 0)
            TakeRttSample(path, _batch.AckArrival);
        DecideTimeout();
        if (_batch.RoundStart)
            _roundEnd = _packets.LastTransmission;

        var mayGrow = _windowLimited;
        _windowLimited = false;
        _congestion.OnAck(new AckSample(
            _now, _batch.AckedBytes, _batch.BytesInFlight, mayGrow,
            _batch.OutgoingDelayKnown ? _batch.OutgoingDelay : null,
            _batch.IncomingDelayKnown ? _batch.IncomingDelay : null,
            path != 0 ? path : _batch.HasRttSample ? _batch.AckArrival.Since(_batch.NewestSent) : 0,
            _rtt.SmoothedMicros, _rtt.MinMicros, _batch.RoundStart));

        // RFC 6298 §5.2, §5.3: new data acknowledged restarts the timer; all acknowledged stops it.
        if (_packets.Count > 0)
            _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));
        else
            _timers.Stop(TimerKind.Retransmission);
    }

    private void TakeRttSample(long micros, Instant arrival)
    {
        _rtt.OnSample(micros, arrival);
        _trace?.OnRtt(new RttTrace(_now, micros, _rtt.PathMicros, _rtt.SmoothedMicros, _rtt.RtoMicros));
    }

    // RFC 5682 §2.1, with SACK: an ack of something that was not sent again after the time-out shows it was spurious;
    // an ack of the retransmission alone shows that the rest is lost, too.
    private void DecideTimeout()
    {
        if (_undecidedTimeout == 0)
            return;
        if (_batch.OriginalAcked)
        {
            _counters.SpuriousTimeouts++;
            _congestion.OnSpuriousTimeout(_now);
            _lossEpisodeEnd = 0;
        }
        else
        {
            while (_packets.TryGetEarliest(out var seqNr) && _packets[seqNr].TransmissionNumber <= _undecidedTimeout)
                MarkLost(seqNr, LossCause.Timeout);
        }

        _undecidedTimeout = 0;
    }

    private void FindLost()
    {
        long lostBytes = 0;
        var newEpisode = false;
        var inFlight = _packets.BytesInFlight;
        var reordering = _rack.WindowMicros(_packets.SackedCount, InRecovery, _rtt.MinMicros, _rtt.SmoothedMicros);
        Instant when;
        while (_rack.TryFindLost(_packets, _now, reordering, out var seqNr, out when))
            (lostBytes, newEpisode) = Lose(seqNr, LossCause.Rack, lostBytes, newEpisode);
        if (when == Instant.Never)
            _timers.Stop(TimerKind.Reordering);
        else
            _timers.Arm(TimerKind.Reordering, when);

        var byDuplicates = (!_peer.SendsSelectiveAck || _packets.SackedCount == 0) && _duplicateAcks.ShowLoss(_packets, _batch.LeftEdgeMoved);
        if (byDuplicates)
        {
            (lostBytes, newEpisode) = Lose(_packets.LeftEdge, LossCause.DuplicateAcks, lostBytes, newEpisode);

            // An empty mask denies all that it covers; what was sent again since may be on its way.
            for (var seqNr = _packets.LeftEdge.Next; _mask.Denies(seqNr) && _packets.Contains(seqNr); seqNr = seqNr.Next)
            {
                if (_packets[seqNr] is { InFlight: true, Transmissions: 1 } && _duplicateAcks.HadLeft(seqNr))
                    (lostBytes, newEpisode) = Lose(seqNr, LossCause.DuplicateAcks, lostBytes, newEpisode);
            }
        }

        // RFC 8985 §7.4.2: a loss that only the probe showed, and repaired, is congestion all the same.
        if (lostBytes == 0 && _batch.ProbeRepairedLoss && _newestAcked > _lossEpisodeEnd)
            _congestion.OnLoss(new LossSample(_now, MaxPayload, inFlight, NewEpisode: true));
        if (lostBytes == 0)
            return;

        // RFC 6675 §5 (4.3), RFC 6582 §3.2: the first retransmission does not wait for the reduced window.
        _retransmitNow |= newEpisode || byDuplicates;

        // One reduction per round trip: packets that left before the last one count as its victims.
        if (newEpisode)
            _lossEpisodeEnd = _packets.LastTransmission;
        _congestion.OnLoss(new LossSample(_now, lostBytes, inFlight, newEpisode));
    }

    // From the first loss of an episode until something that left after it was acknowledged.
    private bool InRecovery => _lossEpisodeEnd > 0 && _lossEpisodeEnd > _newestAcked;

    private (long LostBytes, bool NewEpisode) Lose(SeqNr seqNr, LossCause cause, long lostBytes, bool newEpisode)
    {
        _lastLoss = _now;
        ref var packet = ref _packets[seqNr];
        if (packet.IsMtuProbe)
        {
            // RFC 8899 §3: a lost probe is no sign of congestion.
            MarkLost(seqNr, cause);
            return (lostBytes, newEpisode);
        }

        var beginsEpisode = packet.TransmissionNumber > _lossEpisodeEnd;
        _episode.OnLost(beginsEpisode && !newEpisode);
        packet.LossReported = true;
        newEpisode |= beginsEpisode;
        lostBytes += Math.Max(1, packet.Payload.Length);
        MarkLost(seqNr, cause);
        return (lostBytes, newEpisode);
    }

    private void MarkLost(SeqNr seqNr, LossCause cause)
    {
        _counters.PacketsLost++;
        _trace?.OnLost(new LostTrace(_now, seqNr, _packets[seqNr].Payload.Length, cause));
        _packets.Queue(seqNr);
        _mtu.OnLost(ref _packets[seqNr], _peerWindow, _consecutiveTimeouts, _now);
    }
}
