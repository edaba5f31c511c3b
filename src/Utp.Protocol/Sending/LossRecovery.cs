namespace Utp.Protocol;

/// <summary>
/// Which packets are lost, by time and by order (RACK, three duplicate acknowledgements), what the congestion law hears of it, and that the first
/// retransmission does not wait. Owned by the connection.
/// </summary>
/// <remarks>
/// An episode lasts from the first loss until something that left after it was acknowledged; the law is told once per episode to reduce.
/// </remarks>
internal sealed class LossRecovery
{
    private readonly PeerTraits _peer;
    private readonly OutstandingPackets _packets;
    private readonly PathMtu _mtu;
    private readonly PeerWindow _peerWindow;
    private readonly RttEstimator _rtt;
    private readonly MaskHorizon _mask;
    private readonly ICongestionControl _congestion;
    private readonly Timers _timers;
    private readonly TraceOutlet? _trace;
    private DuplicateAcks _duplicateAcks;
    private Rack _rack;
    private LossEpisode _episode;
    private long _episodeEnd;
    private long _newestAcked;
    private bool _wasRecovering;

    /// <summary>Finds the lost ones among <paramref name="packets"/>.</summary>
    public LossRecovery(
        PeerTraits peer, OutstandingPackets packets, PathMtu mtu, PeerWindow peerWindow, RttEstimator rtt, MaskHorizon mask,
        ICongestionControl congestion, Timers timers, TraceOutlet? trace)
    {
        _peer = peer;
        _packets = packets;
        _mtu = mtu;
        _peerWindow = peerWindow;
        _rtt = rtt;
        _mask = mask;
        _congestion = congestion;
        _timers = timers;
        _trace = trace;
    }

    /// <summary>Whether an episode lasts.</summary>
    public bool InRecovery => _episodeEnd > 0 && _episodeEnd > _newestAcked;

    /// <summary>Whether the next retransmission leaves whatever the windows and the pace say (RFC 6675 §5 (4.3), RFC 6582 §3.2).</summary>
    public bool MustSendNow { get; private set; }

    /// <summary>Packets that were found lost, without probes of the path's size.</summary>
    public long DataPacketsLost { get; private set; }

    /// <summary>Packets that were found lost.</summary>
    public long PacketsLost => Lost.All;

    /// <summary>The same, by what showed it.</summary>
    public LossCounts Lost { get; private set; }

    /// <summary>Retransmissions of what had arrived.</summary>
    public long NeedlessRetransmissions { get; private set; }

    /// <summary>One packet leaves at once.</summary>
    public void SendNow() => MustSendNow = true;

    /// <summary>A retransmission left.</summary>
    public void OnRetransmissionLeft() => MustSendNow = false;

    /// <summary>A packet arrived, by this transmission.</summary>
    public void OnArrived(in OutstandingPacket packet, SeqNr seqNr, Instant arrival, bool isRetransmission) =>
        _rack.OnArrived(packet, seqNr, arrival, isRetransmission);

    /// <summary>The transmission with this number is known to have arrived.</summary>
    public void OnAcked(long transmissionNumber) => _newestAcked = Math.Max(_newestAcked, transmissionNumber);

    /// <summary>A packet was sent again although an earlier transmission arrived.</summary>
    public void OnNeedlessRetransmission()
    {
        _rack.OnNeedlessRetransmission();
        NeedlessRetransmissions++;
    }

    /// <summary>What was called a loss was none, and the law hears of it (RFC 3708, RFC 4015).</summary>
    public void OnNotLost(ref OutstandingPacket packet, Instant now)
    {
        packet.LossReported = false;
        _congestion.OnSpuriousLoss(new SpuriousLossSample(now, Math.Max(1, packet.Payload.Length), _episode.OnNeedless()));
    }

    /// <summary>A ST_STATE repeated the last acknowledgement.</summary>
    public void OnDuplicateAck() => _duplicateAcks.OnDuplicateAck();

    /// <summary>The left edge moved.</summary>
    public void OnLeftEdgeMoved() => _duplicateAcks.OnLeftEdgeMoved(_packets.LeftEdge);

    /// <summary>A batch acknowledged something.</summary>
    public void OnProgress()
    {
        if (_wasRecovering && !InRecovery)
            _rack.OnRecovered();
        _wasRecovering = InRecovery;
    }

    /// <summary>The retransmission timer expired: everything that has left belongs to its episode.</summary>
    public void OnTimeout() => _episodeEnd = _packets.LastTransmission;

    /// <summary>The time-out was spurious: there is no episode.</summary>
    public void OnTimeoutUndone() => _episodeEnd = 0;

    /// <summary>Queues what is lost by now, tells the law, and sets the Reordering timer for what may be lost later.</summary>
    /// <param name="leftEdgeMoved">Whether this batch moved the left edge.</param>
    /// <param name="probeRepairedLoss">Whether it shows that the tail probe repaired a loss.</param>
    /// <param name="consecutiveTimeouts">Time-outs since the last acknowledgement.</param>
    /// <param name="now">The time.</param>
    public void FindLost(bool leftEdgeMoved, bool probeRepairedLoss, int consecutiveTimeouts, Instant now)
    {
        long lostBytes = 0;
        var newEpisode = false;
        var inFlight = _packets.BytesInFlight;
        var reordering = _rack.WindowMicros(_packets.SackedCount, InRecovery, _rtt.MinMicros, _rtt.SmoothedMicros);
        Instant when;
        while (_rack.TryFindLost(_packets, now, reordering, out var seqNr, out when))
            Lose(seqNr, LossCause.Rack, consecutiveTimeouts, now, ref lostBytes, ref newEpisode);
        if (when == Instant.Never)
            _timers.Stop(TimerKind.Reordering);
        else
            _timers.Arm(TimerKind.Reordering, when);

        var byDuplicates = (!_peer.SendsSelectiveAck || _packets.SackedCount == 0) && _duplicateAcks.ShowLoss(_packets, leftEdgeMoved);
        if (byDuplicates)
        {
            Lose(_packets.LeftEdge, LossCause.DuplicateAcks, consecutiveTimeouts, now, ref lostBytes, ref newEpisode);

            // An empty mask denies all that it covers; what was sent again since may be on its way.
            for (var seqNr = _packets.LeftEdge.Next; _mask.Denies(seqNr) && _packets.Contains(seqNr); seqNr = seqNr.Next)
            {
                if (_packets[seqNr] is { InFlight: true, Transmissions: 1 } && _duplicateAcks.HadLeft(seqNr))
                    Lose(seqNr, LossCause.DuplicateAcks, consecutiveTimeouts, now, ref lostBytes, ref newEpisode);
            }
        }

        // RFC 6582 §3.2: what a partial acknowledgement stops at leaves at once, also where it was found lost before and waits for the window.
        MustSendNow |= leftEdgeMoved && _packets.Count > 0 && _duplicateAcks.HadLeft(_packets.LeftEdge) && !_packets[_packets.LeftEdge].InFlight;

        // RFC 8985 §7.4.2: a loss that only the probe showed, and repaired, is congestion all the same.
        if (lostBytes == 0 && probeRepairedLoss && _newestAcked > _episodeEnd)
            _congestion.OnLoss(new LossSample(now, _mtu.MaxPayload, inFlight, NewEpisode: true));
        if (lostBytes == 0)
            return;
        MustSendNow |= newEpisode || byDuplicates;

        // One reduction per round trip: packets that left before the last one count as its victims.
        if (newEpisode)
            _episodeEnd = _packets.LastTransmission;
        _congestion.OnLoss(new LossSample(now, lostBytes, inFlight, newEpisode));
    }

    /// <summary>Queues a packet that is lost, whatever that says about congestion.</summary>
    public void MarkLost(SeqNr seqNr, LossCause cause, int consecutiveTimeouts, Instant now)
    {
        Lost = Lost.With(cause);
        _trace?.Target?.OnLost(new LostTrace(now, seqNr, _packets[seqNr].Payload.Length, cause));
        _packets.Queue(seqNr);
        _mtu.OnLost(ref _packets[seqNr], _peerWindow.Bytes, consecutiveTimeouts, now);
    }

    /// <summary>
    /// Queues what left from this transmission on and is too large now. It was dropped by its size, which is no congestion. A window's worth at most, and once per change of
    /// the path: nothing as large leaves afterwards.
    /// </summary>
    public void OnTooLarge(long fromTransmission, Instant now)
    {
        for (var seqNr = _packets.LeftEdge; _packets.Contains(seqNr); seqNr = seqNr.Next)
        {
            ref var packet = ref _packets[seqNr];
            if (!packet.InFlight || packet.TransmissionNumber < fromTransmission || packet.DatagramBytes <= _mtu.MaxDatagramBytes)
                continue;
            Lost = Lost.With(LossCause.TooLarge);
            _trace?.Target?.OnLost(new LostTrace(now, seqNr, packet.Payload.Length, LossCause.TooLarge));
            _packets.Queue(seqNr);
            if (packet.IsMtuProbe)
                _mtu.ForgetProbe(ref packet);
            MustSendNow = true;
        }
    }

    /// <summary>Nothing will be sent any more.</summary>
    public void Stop() => _timers.Stop(TimerKind.Reordering);

    private void Lose(SeqNr seqNr, LossCause cause, int consecutiveTimeouts, Instant now, ref long lostBytes, ref bool newEpisode)
    {
        ref var packet = ref _packets[seqNr];

        // RFC 8899 §3: a lost probe is no sign of congestion.
        if (!packet.IsMtuProbe)
        {
            var beginsEpisode = packet.TransmissionNumber > _episodeEnd;
            _episode.OnLost(beginsEpisode && !newEpisode);
            packet.LossReported = true;
            DataPacketsLost++;
            newEpisode |= beginsEpisode;
            lostBytes += Math.Max(1, packet.Payload.Length);
        }

        MarkLost(seqNr, cause, consecutiveTimeouts, now);
    }
}
