namespace Utp.Protocol;

/// <summary>
/// How far an ack_nr may lie behind, from a peer that repeats packets with the ack_nr that they had at first (note 0008): what was acknowledged in the last 16 to 32
/// seconds. Who repeats a packet for longer than that has lost its connection. A value inside the connection.
/// </summary>
internal struct AckHorizon
{
    private const long SlotMicros = 16_000_000;

    private SeqNr _edge;
    private long _acknowledged;
    private long _slotStart;
    private long _olderSlotStart;
    private Instant _since;
    private bool _hasBegun;

    /// <summary>Takes note of the left edge, at any time; once per batch is enough.</summary>
    public void Note(SeqNr leftEdge, Instant now)
    {
        if (!_hasBegun)
            (_hasBegun, _edge, _since) = (true, leftEdge, now);
        _acknowledged += _edge.DistanceTo(leftEdge);
        _edge = leftEdge;
        var slots = now.Since(_since) / SlotMicros;
        if (slots == 0)
            return;
        _olderSlotStart = slots == 1 ? _slotStart : _acknowledged;
        _slotStart = _acknowledged;
        _since = now;
    }

    /// <summary>Packets that were acknowledged in that time.</summary>
    public readonly long Packets => _acknowledged - _olderSlotStart;
}
