namespace Utp.Protocol;

/// <summary>
/// The tail loss probe (RFC 8985 §7): when the last packets in flight stay unacknowledged for about two round trips, one packet
/// asks what became of them, long before the time-out. New data is the best probe; else the last packet goes again. One
/// probe per tail: until everything that was outstanding then is acknowledged, only the time-out is left. Owned by the connection.
/// </summary>
internal sealed class TailProbe(
    ConnectionOptions options, PeerTraits peer, Lifecycle life, OutstandingPackets packets, SendBuffer sendBuffer, PathMtu mtu, PeerWindow peerWindow,
    RttEstimator rtt, LossRecovery losses, RetransmissionTimer retransmission, Timers timers)
{
    // protocol.md §5.4: floor, and what a peer may hold back the ack of a single packet.
    private const long MinMicros = 10_000;
    private const long AckDelayMicros = 25_000;

    private bool _resent;

    /// <summary>The last packet that was outstanding when the probe left; null: no probe is out.</summary>
    public SeqNr? SeqNr { get; private set; }

    /// <summary>How often a packet was queued to go again as a probe.</summary>
    public long Resent { get; private set; }

    /// <summary>Whether the next new data is the probe, and leaves whatever the windows say.</summary>
    public bool WantsNewData { get; private set; }

    /// <summary>Whether the probe that is out is this packet, sent again.</summary>
    public bool IsResentPacket(SeqNr seqNr) => _resent && SeqNr == seqNr;

    /// <summary>The left edge moved: beyond the probe, the next tail may be probed.</summary>
    public void OnLeftEdgeMoved(SeqNr leftEdge)
    {
        if (SeqNr is { } last && leftEdge.IsAfter(last))
            (SeqNr, _resent) = (null, false);
    }

    /// <summary>RFC 8985 §7.2: while nothing is known to be lost and no probe is out, two round trips from the last send or ack.</summary>
    public void Arm(Instant now)
    {
        var deadline = now.Plus(WaitMicros(rtt.SmoothedMicros, packets.Count));
        if (!options.TailLossProbe || packets.PacketsInFlight == 0 || SeqNr is not null || losses.InRecovery || retransmission.UndecidedUpTo > 0
            || !rtt.HasSample || !life.IsAddressConfirmed || peer.IsNodeUtp
            || deadline >= timers[TimerKind.Retransmission])
        {
            timers.Stop(TimerKind.TailProbe);
            return;
        }

        timers.Arm(TimerKind.TailProbe, deadline);
    }

    /// <summary>The timer expired; <paramref name="isBlocked"/>: the socket takes nothing.</summary>
    public void OnTimer(bool isBlocked, Instant now)
    {
        if (isBlocked || packets.PacketsInFlight == 0)
            return;
        var last = packets.NextSeqNr.Previous;
        if (sendBuffer.HasUnsent && peerWindow.Bytes - packets.BytesOutstanding >= mtu.MaxPayload)
        {
            // New data is the best probe; its seq_nr is the next.
            WantsNewData = true;
            (SeqNr, _resent) = (last.Next, false);
        }
        else
        {
            // The last packet is never acknowledged selectively while one before it is in flight, but for reordering.
            while (!packets[last].InFlight && last != packets.LeftEdge)
                last = last.Previous;
            if (!packets[last].InFlight || !peer.Measures)
                return;
            packets.Queue(last);
            losses.SendNow();
            (SeqNr, _resent) = (last, true);
            Resent++;
        }

        // RFC 8985 §7.3: the time-out counts from the probe.
        retransmission.Restart(now);
    }

    /// <summary>New data left as the probe.</summary>
    public void OnNewDataLeft() => WantsNewData = false;

    /// <summary>Nothing will be sent any more.</summary>
    public void Stop() => timers.Stop(TimerKind.TailProbe);

    // How long to wait for an ack before probing (RFC 8985 §7.2).
    private static long WaitMicros(long smoothedRttMicros, int packetsOut) =>
        Math.Max(2 * smoothedRttMicros, MinMicros) + (packetsOut == 1 ? AckDelayMicros : 0);
}
