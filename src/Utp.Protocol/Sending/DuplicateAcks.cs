namespace Utp.Protocol;

/// <summary>
/// Loss as a peer without SACK shows it, or one whose mask is too short to show what arrived: three duplicate ST_STATE (BEP 29
/// "packet loss"), and after that, until all that was outstanding then is acknowledged, every packet that a partial
/// acknowledgement stops at (RFC 6582 §3.2). A value inside the connection.
/// </summary>
internal struct DuplicateAcks
{
    private const int Threshold = 3;

    private int _duplicates;
    private bool _recovering;
    private SeqNr _recoveryPoint;

    /// <summary>The left edge moved; duplicates count anew.</summary>
    public void OnLeftEdgeMoved(SeqNr leftEdge)
    {
        _duplicates = 0;
        if (_recovering && leftEdge.IsAfter(_recoveryPoint))
            _recovering = false;
    }

    /// <summary>A ST_STATE without SACK, or with an empty mask, repeated the last acknowledgement while packets are outstanding.</summary>
    public void OnDuplicateAck() => _duplicates++;

    /// <summary>Whether the packet had left when the loss showed that is being repaired.</summary>
    public readonly bool HadLeft(SeqNr seqNr) => _recovering && !seqNr.IsAfter(_recoveryPoint);

    /// <summary>Whether the packet at the left edge is lost.</summary>
    public bool ShowLoss(OutstandingPackets packets, bool leftEdgeMoved)
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
