namespace Utp.Protocol;

/// <summary>
/// The pacing rate of a law that counts in windows: more than the window per round trip, so that pacing spreads packets but
/// never is what limits them (protocol.md §7).
/// </summary>
internal static class PacingRate
{
    private const double SlowStartGain = 2;

    private const double SteadyGain = 1.25;
    private const double MicrosPerSecond = 1_000_000;

    // No link is as fast; whoever multiplies the rate with a second's µs stays within 64 bits.
    private const double Max = 1e12;

    /// <summary>
    /// Payload bytes per second; <see cref="long.MaxValue"/> before the first round trip is known. A window below <paramref name="minWindow"/>
    /// (<see cref="ShortPath"/>) limits by its pace alone, so its pace is exact.
    /// </summary>
    /// <param name="window">The window, bytes.</param>
    /// <param name="minWindow">The least window that is not <see cref="ShortPath"/>'s, bytes.</param>
    /// <param name="smoothedRttMicros">The round trip, µs; 0: not known.</param>
    /// <param name="slowStart">Whether the window doubles in a round trip.</param>
    /// <param name="steadyGain">Windows per round trip otherwise.</param>
    public static long Of(double window, double minWindow, long smoothedRttMicros, bool slowStart, double steadyGain = SteadyGain)
    {
        if (smoothedRttMicros == 0)
            return long.MaxValue;
        var gain = slowStart ? SlowStartGain : window < minWindow ? 1 : steadyGain;
        return (long)Math.Clamp(gain * window * MicrosPerSecond / smoothedRttMicros, 1, Max);
    }
}
