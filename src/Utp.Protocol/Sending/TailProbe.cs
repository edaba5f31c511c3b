namespace Utp.Protocol;

/// <summary>
/// The tail loss probe (RFC 8985 §7): when the last packets in flight stay unacknowledged for about two round trips, one packet
/// asks what became of them, long before the time-out. New data is the best probe; else the last packet goes again. One
/// probe per tail: until everything that was outstanding then is acknowledged, only the time-out is left.
/// </summary>
internal struct TailProbe
{
    // protocol.md §5.4: floor, and what a peer may hold back the ack of a single packet.
    private const long MinMicros = 10_000;
    private const long AckDelayMicros = 25_000;

    private bool _resent;

    /// <summary>The last packet that was outstanding when the probe left; null: no probe is out.</summary>
    public SeqNr? SeqNr { get; private set; }

    /// <summary>How long to wait for an ack before probing, µs (RFC 8985 §7.2).</summary>
    public static long WaitMicros(long smoothedRttMicros, int packets) =>
        Math.Max(2 * smoothedRttMicros, MinMicros) + (packets == 1 ? AckDelayMicros : 0);

    /// <summary>Whether the probe that is out is this packet, sent again.</summary>
    public readonly bool IsResentPacket(SeqNr seqNr) => _resent && SeqNr == seqNr;

    /// <summary>A probe left.</summary>
    public void OnSent(SeqNr last, bool resent) => (SeqNr, _resent) = (last, resent);

    /// <summary>The left edge moved: beyond the probe, the next tail may be probed.</summary>
    public void OnLeftEdgeMoved(SeqNr leftEdge)
    {
        if (SeqNr is { } last && leftEdge.IsAfter(last))
            (SeqNr, _resent) = (null, false);
    }
}
