namespace Utp.Protocol;

/// <summary>
/// The clock that a connection shows on the wire: ours, moved by an offset that only this peer gets to see. Nobody compares two timestamps of different connections
/// (BEP 29, "timestamp_microseconds"), so who has a connection of its own to us learns nothing of another one's stamps from it (note 0034).
/// </summary>
/// <param name="offsetMicros">Random, the same for the whole connection; 0: the clock as it is.</param>
internal readonly struct WireClock(uint offsetMicros)
{
    private readonly uint _offsetMicros = offsetMicros;

    /// <summary>What a packet that leaves at <paramref name="instant"/> carries.</summary>
    public WireTimestamp Stamp(Instant instant) => new(unchecked(WireTimestamp.From(instant).Micros + _offsetMicros));

    /// <summary>
    /// The peer's timestamp_difference as if our packet had carried the clock as it is, so that nothing else needs to know of the offset. What means "none" stays so.
    /// </summary>
    public uint Difference(uint timestampDifference) =>
        timestampDifference is 0 or RttEstimator.NoTimestampDifference ? timestampDifference : unchecked(timestampDifference + _offsetMicros);

    /// <summary>Whether the stamp is that of one of two times; nothing is from <see cref="Instant.Never"/>.</summary>
    public bool IsStampOf(WireTimestamp stamp, Instant first, Instant last) =>
        first != Instant.Never && (stamp == Stamp(first) || stamp == Stamp(last));
}
