namespace Utp.Protocol;

/// <summary>
/// Loss detection by time (RFC 8985, RACK): a packet is lost when one that was transmitted later has arrived, and a round trip
/// plus a reordering window has passed since it left. Works on the order of transmission that <see cref="OutstandingPackets"/>
/// keeps, so it finds lost retransmissions, too. A value inside the connection.
/// </summary>
/// <remarks>
/// Deviation: uTP has no DSACK. That a retransmission was needless is told by an ack that comes sooner after it than any
/// round trip (design note 0003); the reordering window then widens as RFC 8985 §6.2 does for a DSACK.
/// </remarks>
internal struct Rack
{
    private const int DuplicateThreshold = 3;

    // RFC 8985 §6.2: a widened window is kept for 16 recoveries.
    private const int KeepWidenedRecoveries = 16;

    private long _transmission;
    private Instant _sent;
    private long _rttMicros;
    private bool _hasFarthest;
    private SeqNr _farthestArrived;
    private int _widening;
    private int _keepWidened;

    /// <summary>Whether a packet has ever arrived after one with a higher seq_nr that was not sent again.</summary>
    public bool HasSeenReordering { get; private set; }

    /// <summary>A packet is known to have arrived; <paramref name="isRetransmission"/>: its last transmission was not the first, and it is that one's ack.</summary>
    public void OnArrived(in OutstandingPacket packet, SeqNr seqNr, Instant arrival, bool isRetransmission)
    {
        // RFC 8985 §6.2 step 2: the latest transmission that arrived.
        if (packet.TransmissionNumber > _transmission)
        {
            _transmission = packet.TransmissionNumber;
            _sent = packet.LastSent;
            _rttMicros = Math.Max(0, arrival.Since(packet.LastSent));
        }

        // Step 3: reordering shows when a packet that was sent once arrives behind a later one.
        if (!_hasFarthest || seqNr.IsAfter(_farthestArrived))
            (_hasFarthest, _farthestArrived) = (true, seqNr);
        else if (!isRetransmission && packet.Transmissions == 1 && seqNr != _farthestArrived)
            HasSeenReordering = true;
    }

    /// <summary>A retransmission turned out to be needless: the network reorders more than was allowed for.</summary>
    public void OnNeedlessRetransmission()
    {
        HasSeenReordering = true;
        _widening++;
        _keepWidened = KeepWidenedRecoveries;
    }

    /// <summary>A recovery has ended.</summary>
    public void OnRecovered()
    {
        if (_keepWidened > 0 && --_keepWidened == 0)
            _widening = 0;
    }

    /// <summary>
    /// The next packet that is lost by now; if none is, <paramref name="when"/> the next one will be, or never. The caller
    /// queues it and asks again.
    /// </summary>
    public readonly bool TryFindLost(OutstandingPackets packets, Instant now, long windowMicros, out SeqNr seqNr, out Instant when)
    {
        when = Instant.Never;
        if (!packets.TryGetEarliest(out seqNr))
            return false;
        ref var packet = ref packets[seqNr];
        if (packet.TransmissionNumber >= _transmission)
            return false;

        // RFC 8985 §6.2 step 5.
        var deadline = packet.LastSent.Plus(_rttMicros + windowMicros);
        if (deadline <= now)
            return true;
        when = deadline;
        return false;
    }

    /// <summary>The reordering window, µs (RFC 8985 §6.2 step 4).</summary>
    public readonly long WindowMicros(int selectivelyAcked, bool inRecovery, long minRttMicros, long smoothedRttMicros)
    {
        if (!HasSeenReordering && (inRecovery || selectivelyAcked >= DuplicateThreshold))
            return 0;
        return Math.Min((1 + _widening) * minRttMicros / 4, smoothedRttMicros);
    }
}
