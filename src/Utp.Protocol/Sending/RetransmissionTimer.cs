namespace Utp.Protocol;

/// <summary>What follows from a time-out.</summary>
internal enum TimeoutVerdict
{
    /// <summary>The connection goes on.</summary>
    GoOn,

    /// <summary>Too many without an answer: the peer is gone.</summary>
    GiveUp,

    /// <summary>Only our ST_FIN is unanswered, by a peer that has finished itself: it forgot us with its last acknowledgement (design note 0006).</summary>
    PeerForgotUs,
}

/// <summary>
/// The retransmission time-out: RFC 6298 §5, with RFC 5682 (F-RTO) deciding afterwards whether it was spurious. One packet goes again; what became of the others its acknowledgement
/// will tell. Owned by the connection.
/// </summary>
internal sealed class RetransmissionTimer(
    ConnectionOptions options, OutstandingPackets packets, PathMtu mtu, PeerWindow peerWindow, RttEstimator rtt, LossRecovery losses, ICongestionControl congestion, Timers timers)
{
    // So often a ST_FIN goes unanswered before a peer that has finished itself is taken for gone, and the connection for closed.
    private const int LastAckTimeouts = 4;

    private Instant _last;

    /// <summary>The last transmission before the time-out, while it is undecided; 0: none is.</summary>
    public long UndecidedUpTo { get; private set; }

    /// <summary>Time-outs since the last acknowledgement.</summary>
    public int ConsecutiveTimeouts { get; private set; }

    /// <summary>Time-outs since the start.</summary>
    public long Timeouts { get; private set; }

    /// <summary>Those that turned out to be spurious.</summary>
    public long SpuriousTimeouts { get; private set; }

    /// <summary>A packet left. RFC 6298 §5.1: the timer starts when it is not running; new data does not restart it.</summary>
    public void OnSent(Instant now)
    {
        if (!timers.IsArmed(TimerKind.Retransmission))
            Restart(now);
    }

    /// <summary>Counts from now: a probe left (RFC 8985 §7.3), or what waits to leave must not be without a timer.</summary>
    public void Restart(Instant now) => timers.Arm(TimerKind.Retransmission, now.Plus(rtt.RtoMicros));

    /// <summary>The socket takes something again: the time that it took nothing is nobody's round trip, and no time-out (protocol.md §5: would-block is not loss).</summary>
    public void OnWritable(Instant now)
    {
        if (timers.IsArmed(TimerKind.Retransmission))
            Restart(now);
    }

    /// <summary>What a peer had no room for was sent again and again, ever more rarely (note 0015). It has room now, so it need not wait that long.</summary>
    public void OnWindowOpened(Instant now)
    {
        if (packets.Count == 0 || !rtt.IsBackedOff)
            return;
        rtt.EndBackOff();
        Restart(now);
    }

    /// <summary>
    /// Something was acknowledged. RFC 5682 §2.1, with SACK: an ack of something that was not sent again after the time-out shows it was spurious; an ack of the
    /// retransmission alone shows that the rest is lost, too.
    /// </summary>
    public void OnProgress(bool originalAcked, Instant now)
    {
        ConsecutiveTimeouts = 0;
        if (UndecidedUpTo == 0)
            return;
        if (originalAcked)
        {
            SpuriousTimeouts++;
            congestion.OnSpuriousTimeout(now);
            losses.OnTimeoutUndone();
        }
        else
        {
            while (packets.TryGetEarliest(out var seqNr) && packets[seqNr].TransmissionNumber <= UndecidedUpTo)
                losses.MarkLost(seqNr, LossCause.Timeout, ConsecutiveTimeouts, now);
        }

        UndecidedUpTo = 0;
    }

    /// <summary>RFC 6298 §5.2, §5.3: new data acknowledged restarts the timer; all acknowledged stops it.</summary>
    public void OnAcked(Instant now)
    {
        if (packets.Count > 0)
            Restart(now);
        else
            Stop();
    }

    /// <summary>The timer expired (RFC 6298 §5.4–5.6).</summary>
    /// <param name="isBlocked">Whether the socket takes nothing: what it never took cannot be lost (protocol.md §5).</param>
    /// <param name="isFinLast">Whether our ST_FIN has left, and the peer's was reached.</param>
    /// <param name="lastHeard">When the peer was heard last.</param>
    /// <param name="now">The time.</param>
    public TimeoutVerdict OnTimer(bool isBlocked, bool isFinLast, Instant lastHeard, Instant now)
    {
        if (packets.Count == 0)
            return TimeoutVerdict.GoOn;
        if (isBlocked)
        {
            Restart(now);
            return TimeoutVerdict.GoOn;
        }

        if (packets.PacketsInFlight == 0 && packets.HasQueued)
        {
            // All of it waits to be sent: whatever holds it back, one packet leaves now.
            losses.SendNow();
            Restart(now);
            return TimeoutVerdict.GoOn;
        }

        Timeouts++;

        // A closed window is no sign of a dead peer as long as it answers (RFC 9293 §3.8.6.1).
        if (peerWindow.Bytes >= mtu.MaxPayload || lastHeard.Since(_last) <= 0)
            ConsecutiveTimeouts++;
        _last = now;

        // All data has arrived, so it is a normal close, as a ST_RESET would be in this place.
        if (isFinLast && packets.Count == 1 && ConsecutiveTimeouts >= LastAckTimeouts)
            return TimeoutVerdict.PeerForgotUs;
        if (ConsecutiveTimeouts > options.MaxTimeouts)
            return TimeoutVerdict.GiveUp;

        rtt.BackOff();
        if (UndecidedUpTo == 0)
            UndecidedUpTo = packets.LastTransmission;
        losses.OnTimeout();
        congestion.OnTimeout(now);
        if (packets[packets.LeftEdge].InFlight)
            losses.MarkLost(packets.LeftEdge, LossCause.Timeout, ConsecutiveTimeouts, now);
        losses.SendNow();
        Restart(now);
        return TimeoutVerdict.GoOn;
    }

    /// <summary>Nothing will be sent any more.</summary>
    public void Stop() => timers.Stop(TimerKind.Retransmission);

    /// <summary>What the user is told of a peer that does not answer. The size may be the cause, above all of what a foreign peer must get whole.</summary>
    public string DescribeSilence(Instant lastHeard, Instant now)
    {
        var bytes = Math.Max(PacketHeader.Length, (int)packets[packets.LeftEdge].DatagramBytes);
        var oldest = bytes > MtuSearch.Smallest
            ? $"The oldest packet is a datagram of {bytes} bytes; if the path carries neither that nor its fragments, set utp.max-datagram-size to {MtuSearch.Smallest}."
            : $"The oldest packet is a datagram of {bytes} bytes.";
        return $"{options.MaxTimeouts} consecutive time-outs, {now.Since(lastHeard) / 1_000} ms without a word from the peer. {oldest}";
    }
}
