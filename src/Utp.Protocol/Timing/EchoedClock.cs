namespace Utp.Protocol;

/// <summary>
/// Whether a packet of a foreign peer can come from somebody who has seen our packets (design note 0052). timestamp − timestamp_difference is our own clock, as old as our packet and the
/// peer's answer were under way, whatever the peer's clock shows and however it jumps. Our clock is moved by a random offset (note 0034), so who is not on the path hits the
/// bounds with one packet in a thousand. Owned by the connection.
/// </summary>
/// <param name="clock">What our packets show.</param>
internal sealed class EchoedClock(WireClock clock)
{
    // Peers that measure nothing, or another way, never show so many that fit.
    private const int FitsUntilSure = 16;

    // A peer that changes its mind, as by a restart of its clock's arithmetic, would be deaf for ever: so many in a row, and nothing that fits for so long.
    private const int MissesUntilUnsure = 8;
    private const long SilenceMicros = 3_000_000;

    // More than any queue, and the drift of two clocks.
    private const long SlackMicros = 4_000_000;
    private const long EarlyMicros = 10_000;

    private int _fits;
    private int _misses;
    private Instant _lastFit;

    /// <summary>Whether what does not fit is dropped.</summary>
    public bool IsSure => _fits >= FitsUntilSure;

    /// <summary>Whether a packet that fits otherwise may be believed.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="arrival">When it arrived.</param>
    /// <param name="lastSent">When our last packet left: a peer that computes the difference when it sends shows that one's stamp.</param>
    /// <param name="rttMicros">The round trip as far as it is known.</param>
    public bool IsBelievable(in PacketHeader header, Instant arrival, Instant lastSent, long rttMicros)
    {
        if (Fits(header, arrival, lastSent, rttMicros))
        {
            _fits = Math.Min(_fits + 1, FitsUntilSure);
            _misses = 0;
            _lastFit = arrival;
            return true;
        }

        if (!IsSure)
        {
            _fits = 0;
            return true;
        }

        if (++_misses < MissesUntilUnsure || arrival.Since(_lastFit) < SilenceMicros)
            return false;
        _fits = 0;
        _misses = 0;
        return true;
    }

    private bool Fits(in PacketHeader header, Instant arrival, Instant lastSent, long rttMicros)
    {
        if (header.TimestampDifference is 0 or RttEstimator.NoTimestampDifference)
            return false;
        var echo = new WireTimestamp(unchecked(header.Timestamp.Micros - header.TimestampDifference));
        var age = echo.DistanceTo(clock.Stamp(arrival));
        return age >= -EarlyMicros && age <= Math.Max(0, arrival.Since(lastSent)) + (2 * rttMicros) + SlackMicros;
    }
}
