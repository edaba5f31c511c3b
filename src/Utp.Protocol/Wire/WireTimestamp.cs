namespace Utp.Protocol;

/// <summary>
/// A sender's clock in µs, modulo 2^32 (BEP 29, "timestamp_microseconds"). It wraps every 71.6 minutes
/// and shares no zero with ours, so only differences of two mean anything.
/// </summary>
/// <param name="Micros">The number on the wire.</param>
public readonly record struct WireTimestamp(uint Micros)
{
    /// <summary>The wire form of our own clock.</summary>
    public static WireTimestamp From(Instant instant) => new((uint)instant.Micros);

    /// <summary>µs from this to <paramref name="later"/>, modulo 2^32: the form of "timestamp_difference_microseconds".</summary>
    public uint MicrosUntil(WireTimestamp later) => unchecked(later.Micros - Micros);

    /// <summary>µs from this to <paramref name="other"/>, negative when it is earlier, for distances below 35 minutes.</summary>
    public int DistanceTo(WireTimestamp other) => unchecked((int)(other.Micros - Micros));
}
