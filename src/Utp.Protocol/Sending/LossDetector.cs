namespace Utp.Protocol;

/// <summary>
/// Finds lost packets from acknowledgements: a packet is lost when three packets that were transmitted after it have been
/// acknowledged (BEP 29 "three packets have been acked past it"; counted by transmission, so that a lost retransmission is
/// found, too), or by three duplicate ST_STATE from a peer that sends no SACK.
/// </summary>
/// <remarks>
/// Time-based detection (RFC 8985) joins here; the order of transmission that it needs is kept by <see cref="OutstandingPackets"/>.
/// </remarks>
internal struct LossDetector
{
    private const int Threshold = 3;

    // The three latest transmissions known to have arrived, latest first.
    private long _first;
    private long _second;
    private long _third;
    private int _duplicates;
    private bool _recovering;
    private SeqNr _recoveryPoint;

    /// <summary>A transmission is known to have arrived.</summary>
    public void OnArrived(long transmission)
    {
        if (transmission > _first)
            (_first, _second, _third) = (transmission, _first, _second);
        else if (transmission > _second)
            (_second, _third) = (transmission, _second);
        else if (transmission > _third)
            _third = transmission;
    }

    /// <summary>The left edge moved; duplicates count anew.</summary>
    public void OnLeftEdgeMoved(SeqNr leftEdge)
    {
        _duplicates = 0;
        if (_recovering && leftEdge.IsAfter(_recoveryPoint))
            _recovering = false;
    }

    /// <summary>A ST_STATE without SACK repeated the last acknowledgement while packets are outstanding.</summary>
    public void OnDuplicateAck() => _duplicates++;

    /// <summary>The next packet that transmissions known to have arrived show to be lost; the caller queues it and asks again.</summary>
    public readonly bool TryFindOvertaken(OutstandingPackets packets, out SeqNr seqNr) =>
        packets.TryGetEarliest(out seqNr) && packets[seqNr].TransmissionNumber < _third;

    /// <summary>
    /// The packet at the left edge, when three duplicates show it to be lost; and, until all that was outstanding then is
    /// acknowledged, every packet that a partial acknowledgement stops at (RFC 6582 §3.2).
    /// </summary>
    public bool TryFindByDuplicates(OutstandingPackets packets, bool leftEdgeMoved)
    {
        if (packets.Count == 0 || !packets[packets.LeftEdge].InFlight)
            return false;
        if (_recovering)
            return leftEdgeMoved;
        if (_duplicates < Threshold)
            return false;
        _duplicates = 0;
        _recovering = true;
        _recoveryPoint = packets.NextSeqNr.Previous;
        return true;
    }
}
