namespace Utp.Protocol;

/// <summary>
/// How far an ack_nr may lie behind (note 0008): what was acknowledged in the last one to two slots of time. A value inside the connection.
/// </summary>
internal struct AckHorizon
{
    /// <summary>For peers that repeat a packet with the ack_nr that it had at first: who does so for longer than this has lost its connection.</summary>
    public const long OfRepeatsMicros = 16_000_000;

    /// <summary>For peers that write their ack_nr when a packet leaves: two round trips, and more than packets overtake each other by.</summary>
    public static long OfDelaysMicros(long rttMicros) => Math.Clamp(2 * rttMicros, LeastDelayMicros, MostDelayMicros);

    private const long LeastDelayMicros = 200_000;
    private const long MostDelayMicros = 2_000_000;

    private SeqNr _edge;
    private long _acknowledged;
    private long _slotStart;
    private long _olderSlotStart;
    private Instant _since;
    private bool _hasBegun;

    /// <summary>Takes note of the left edge, at any time; once per batch is enough.</summary>
    /// <param name="leftEdge">What is not acknowledged yet begins there.</param>
    /// <param name="now">The time.</param>
    /// <param name="slotMicros">The length of a slot, µs.</param>
    public void Note(SeqNr leftEdge, Instant now, long slotMicros)
    {
        if (!_hasBegun)
            (_hasBegun, _edge, _since) = (true, leftEdge, now);
        _acknowledged += _edge.DistanceTo(leftEdge);
        _edge = leftEdge;
        var slots = now.Since(_since) / slotMicros;
        if (slots == 0)
            return;
        _olderSlotStart = slots == 1 ? _slotStart : _acknowledged;
        _slotStart = _acknowledged;
        _since = now;
    }

    /// <summary>Packets that were acknowledged in that time.</summary>
    public readonly long Packets => _acknowledged - _olderSlotStart;
}
