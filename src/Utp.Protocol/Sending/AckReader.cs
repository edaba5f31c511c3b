using System.Buffers.Binary;
using System.Numerics;

namespace Utp.Protocol;

/// <summary>
/// What the peer has received: cumulative and selective acknowledgement, which transmission of each packet arrived, and the round trips that this shows. It gathers a batch,
/// and tells the congestion law once. Owned by the connection.
/// </summary>
internal sealed class AckReader
{
    private readonly PeerTraits _peer;
    private readonly OutstandingPackets _packets;
    private readonly SendBuffer _sendBuffer;
    private readonly OwnEnd _end;
    private readonly PathMtu _mtu;
    private readonly RttEstimator _rtt;
    private readonly MaskHorizon _mask;
    private readonly LossRecovery _losses;
    private readonly RetransmissionTimer _timer;
    private readonly TailProbe _tailProbe;
    private readonly WireClock _clock;
    private readonly ICongestionControl _congestion;
    private readonly TraceOutlet? _trace;
    private BatchFacts _batch;
    private long _roundEnd;

    /// <summary>Reads acknowledgements of <paramref name="packets"/>, and tells the others what they mean.</summary>
    public AckReader(
        PeerTraits peer, OutstandingPackets packets, SendBuffer sendBuffer, OwnEnd end, PathMtu mtu, RttEstimator rtt, MaskHorizon mask,
        LossRecovery losses, RetransmissionTimer timer, TailProbe tailProbe, WireClock clock, ICongestionControl congestion, TraceOutlet? trace)
    {
        _peer = peer;
        _packets = packets;
        _sendBuffer = sendBuffer;
        _end = end;
        _mtu = mtu;
        _rtt = rtt;
        _mask = mask;
        _losses = losses;
        _timer = timer;
        _tailProbe = tailProbe;
        _clock = clock;
        _congestion = congestion;
        _trace = trace;
    }

    /// <summary>Payload bytes that the peer has acknowledged, since the start.</summary>
    public long BytesDelivered { get; private set; }

    /// <summary>Whether this batch acknowledged anything.</summary>
    public bool HasProgress => _batch.AckedPackets > 0;

    /// <summary>Whether this batch said anything of the windows.</summary>
    public bool HasNews => _batch.AckedPackets > 0 || _batch.WindowMoved;

    /// <summary>A batch begins.</summary>
    public void BeginBatch() => _batch = new BatchFacts { BytesInFlight = _packets.BytesInFlight };

    /// <summary>A believable packet tells the delays of both directions.</summary>
    public void OnDelay(uint incoming, uint timestampDifference) => _batch.OnDelay(incoming, _clock.Difference(timestampDifference));

    /// <summary>A packet tells another window than the last.</summary>
    public void OnWindowMoved() => _batch.WindowMoved = true;

    /// <summary>The bytes that were on our ST_SYN have arrived.</summary>
    public void OnFirstWriteTaken()
    {
        BytesDelivered += _sendBuffer.First.Length;
        _sendBuffer.SkipFirst();
    }

    /// <summary>The handshake measured the round trip. The law needs it before the first data: the initial window is paced (protocol.md §7).</summary>
    public void OnHandshakeSample(long micros, Instant arrival, Instant now)
    {
        TakeRttSample(micros, arrival, now);
        _congestion.OnAck(new AckSample(
            now, 0, 0, WindowLimited: false, null, null, micros, _rtt.SmoothedMicros, _rtt.MinMicros, RoundStart: false));
    }

    /// <summary>Reads one packet, whose ack_nr acknowledges <paramref name="acked"/> packets.</summary>
    public void Read(in InboundPacket inbound, int acked, Instant now)
    {
        var packet = inbound.Packet;
        var before = _batch.AckedPackets;
        var hidden = false;
        var difference = _clock.Difference(packet.Header.TimestampDifference);
        var echo = TimestampEcho.Of(packet.Header with { TimestampDifference = difference });
        for (; acked > 0; acked--)
        {
            var seqNr = _packets.LeftEdge;
            ref var first = ref _packets[seqNr];

            // Karn, for what stood behind the hole: it arrived long before the retransmission that made this ack possible.
            hidden |= !first.Sacked && first.Transmissions > 1;
            if (!first.Sacked)
                OnArrived(ref first, seqNr, inbound.Arrival, echo, selective: false, tellsRoundTrip: !hidden, now);
            if (first.Kind == OutstandingKind.Fin)
                _end.OnFinAcked();
            BytesDelivered += first.Payload.Length;
            _sendBuffer.Release(first.Payload.WritesDone);
            _packets.RemoveFirst();
            _batch.LeftEdgeMoved = true;
        }

        if (packet.RangesLength > 0)
            ReadRanges(packet.SelectiveAckRanges(inbound.Datagram.Span), packet.Header.AckNr, inbound.Arrival, echo, now);
        else if (packet.SelectiveAckLength > 0)
            ReadMask(packet.SelectiveAck(inbound.Datagram.Span), packet.Header.AckNr, inbound.Arrival, echo, now);
        else if (packet.Header.Type == PacketType.State)
            _mask.OnNoMask();
        if (IsDuplicateAck(packet, inbound.Datagram.Span))
            _losses.OnDuplicateAck();

        if (_batch.LeftEdgeMoved)
        {
            _losses.OnLeftEdgeMoved();
            _tailProbe.OnLeftEdgeMoved(_packets.LeftEdge);
        }

        if (_batch.AckedPackets == before)
            return;
        _batch.AckTimestamp = packet.Header.Timestamp;
        _batch.AckTimestampDifference = difference;
        _batch.AckArrival = inbound.Arrival;
    }

    /// <summary>
    /// The batch acknowledged something: round trip, what became of a time-out, the law, the timer.
    /// </summary>
    /// <param name="wasLimited">Whether the congestion window was what held the sender back: only then it may grow.</param>
    /// <param name="now">The time.</param>
    public void OnProgress(bool wasLimited, Instant now)
    {
        _losses.OnProgress();
        if (_batch.HasRttSample)
            TakeRttSample(_batch.AckArrival.Since(_batch.NewestSent), _batch.AckArrival, now);
        var path = _rtt.OnPathSample(
            _batch.AckTimestamp, _batch.AckTimestampDifference, _batch.AckArrival,
            _batch.AckArrival.Since(_batch.NewestFirstSent));

        // Karn leaves nothing to measure when all was sent twice, but the timestamps tell which transmission was answered
        // (RFC 7323 §4). Without either the back-off stays (RFC 6298 §5): a time-out below the round trip would never end.
        if (!_batch.HasRttSample && path != 0)
            TakeRttSample(path, _batch.AckArrival, now);
        _timer.OnProgress(_batch.OriginalAcked, now);
        if (_batch.RoundStart)
            _roundEnd = _packets.LastTransmission;

        _congestion.OnAck(new AckSample(
            now, _batch.AckedBytes, _batch.BytesInFlight, wasLimited,
            _batch.OutgoingDelayKnown ? _batch.OutgoingDelay : null,
            _batch.IncomingDelayKnown ? _batch.IncomingDelay : null,
            path != 0 ? path : _batch.HasRttSample ? _batch.AckArrival.Since(_batch.NewestSent) : 0,
            _rtt.SmoothedMicros, _rtt.MinMicros, _batch.RoundStart));
        _timer.OnAcked(now);
    }

    /// <summary>The batch is read: what is lost by it.</summary>
    public void FindLost(Instant now) => _losses.FindLost(_batch.LeftEdgeMoved, _batch.ProbeRepairedLoss, _timer.ConsecutiveTimeouts, now);

    // BEP 29 "packet loss": an ack_nr that repeats, on a ST_STATE that says nothing else, as one whose mask is too short to show what arrived.
    private bool IsDuplicateAck(in ParsedPacket packet, ReadOnlySpan<byte> datagram) =>
        packet.Header.Type == PacketType.State && _packets.Count > 0 && !_batch.LeftEdgeMoved && !_batch.WindowMoved
        && (packet.SelectiveAckLength > 0 ? _mask.Hides && !packet.SelectiveAck(datagram).ContainsAnyExcept((byte)0) : !_peer.SendsSelectiveAck)
        && packet.Header.AckNr == _packets.LeftEdge.Previous;

    private void ReadMask(ReadOnlySpan<byte> mask, SeqNr ackNr, Instant arrival, in TimestampEcho echo, Instant now)
    {
        _peer.OnSelectiveAck();
        for (var i = 0; i < mask.Length; i++)
        {
            for (uint bits = mask[i]; bits != 0; bits &= bits - 1)
            {
                // BEP 29 "selective ack": bit 0 is ack_nr + 2. What was never sent is not outstanding, and ignored.
                var seqNr = ackNr.Plus((i * 8) + BitOperations.TrailingZeroCount(bits) + 2);
                if (!_packets.Contains(seqNr))
                    continue;
                ref var packet = ref _packets[seqNr];
                if (packet.Sacked)
                    continue;
                OnArrived(ref packet, seqNr, arrival, echo, selective: true, tellsRoundTrip: true, now);
                _packets.Sack(seqNr);
            }
        }

        // libutp leaves the last two bits of its 32 unused.
        _mask.OnMask(ackNr.Plus(mask.Length * 8), _packets.NextSeqNr, arrival);
    }

    private void ReadRanges(ReadOnlySpan<byte> ranges, SeqNr ackNr, Instant arrival, in TimestampEcho echo, Instant now)
    {
        _peer.OnSelectiveAck();
        for (; ranges.Length >= ReorderBuffer.BytesPerRange; ranges = ranges[ReorderBuffer.BytesPerRange..])
        {
            var seqNr = ackNr.Plus(BinaryPrimitives.ReadUInt16BigEndian(ranges));
            var end = seqNr.Plus(Math.Min(BinaryPrimitives.ReadUInt16BigEndian(ranges[2..]), _packets.Count));
            while ((seqNr = _packets.SkipSacked(seqNr)).DistanceTo(end) > 0 && _packets.Contains(seqNr))
            {
                OnArrived(ref _packets[seqNr], seqNr, arrival, echo, selective: true, tellsRoundTrip: true, now);
                _packets.Sack(seqNr);
            }
        }
    }

    // One packet is known to have arrived, for the first time.
    private void OnArrived(ref OutstandingPacket packet, SeqNr seqNr, Instant arrival, in TimestampEcho echo, bool selective, bool tellsRoundTrip, Instant now)
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
        var isOriginal = once || ((sinceSent < _rtt.MinMicros || echo.ShowsEarlierTransmission(packet)) && !_mtu.WentInPieces(packet));
        if (once && tellsRoundTrip && (!_batch.HasRttSample || packet.LastSent > _batch.NewestSent))
            (_batch.HasRttSample, _batch.NewestSent) = (true, packet.LastSent);
        var undecided = _timer.UndecidedUpTo;
        if (once || !isOriginal)
        {
            // While a time-out is undecided its retransmission proves nothing about what left before. What a mask was too short to show is news of the order all the same:
            // it left once, so what left before it and has not arrived is lost.
            var tellsOrder = tellsRoundTrip || (isOldNews && selective && once);
            if (tellsOrder && (undecided == 0 || packet.TransmissionNumber <= undecided))
                _losses.OnArrived(packet, seqNr, arrival, isRetransmission: !once);
            _losses.OnAcked(packet.TransmissionNumber);
        }
        else if (_tailProbe.SeqNr != seqNr)
        {
            _losses.OnNeedlessRetransmission();
        }

        // When it left three times, the second may have arrived, and the first was lost all the same.
        if (isOriginal && packet.LossReported && packet.Transmissions == 2)
            _losses.OnNotLost(ref packet, now);

        if (!isOriginal && _tailProbe.IsResentPacket(seqNr))
            _batch.ProbeRepairedLoss = true;

        // RFC 5682 §3: without SACK a cumulative ack may just jump over what had arrived before the time-out.
        var showsOriginal = !once || ((_peer.SendsSelectiveAck || _peer.IsOwn) && !isOldNews && packet.TransmissionNumber <= undecided);
        if (isOriginal && undecided > 0 && showsOriginal)
            _batch.OriginalAcked = true;
        if (packet.TransmissionNumber > _roundEnd)
            _batch.RoundStart = true;
        _trace?.Target?.OnAcked(new AckedTrace(now, seqNr, packet.Payload.Length, selective));
    }

    private void TakeRttSample(long micros, Instant arrival, Instant now)
    {
        _rtt.OnSample(micros, arrival);
        _trace?.Target?.OnRtt(new RttTrace(now, micros, _rtt.PathMicros, _rtt.SmoothedMicros, _rtt.RtoMicros));
    }
}
