namespace Utp.Protocol;

/// <summary>
/// What every law does differently on a path whose round trip is shorter than ten milliseconds. There a window of two packets may already be more than a
/// router with a queue of four packets, or a policer, lets pass, and growth by a packet per round trip reaches the next loss after a few
/// packets. From 20 ms on nothing differs. Note 0018.
/// </summary>
internal static class ShortPath
{
    // The smallest window of two packets per so many µs is 2.4 Mbit/s, which is small enough for the rest of the way to be pacing's.
    private const double FullWindowMicros = 10_000;
    private const double SmallestShare = 1.0 / 64;

    // Reno's growth on a round trip of this length is what other traffic is used to.
    private const double FullStepMicros = 20_000;

    // Growth that a loss of 30 % answers loses at most about one packet in 0.3 × the first, and below the smallest window, where a loss of 10 %
    // answers, one in 0.1 × the second.
    private const double PacketsPerGrowth = 300;
    private const double PacketsPerGrowthOfPace = 900;
    private const double SmallestWindowPackets = 2;

    // Two packets per round trip are the least that TCP sends, however much is lost. Whoever sends less need not give way as TCP does.
    private const double PaceShare = 0.9;

    /// <summary>
    /// The bytes below which a window never falls. Less than <paramref name="minWindow"/> on a short path: the packets in flight are then
    /// limited by <paramref name="minWindow"/>, and the rate by pacing.
    /// </summary>
    public static double Floor(double minWindow, long smoothedRttMicros) =>
        smoothedRttMicros <= 0 ? minWindow : minWindow * Math.Clamp(smoothedRttMicros / FullWindowMicros, SmallestShare, 1);

    /// <summary>
    /// How many packets a window may grow by in a round trip where a law would grow by <paramref name="packets"/>: growth costs at most one loss
    /// in a hundred packets.
    /// </summary>
    public static double Step(double packets, double windowPackets, long smoothedRttMicros)
    {
        if (smoothedRttMicros <= 0)
            return packets;
        var share = smoothedRttMicros / FullStepMicros;
        var perGrowth = windowPackets < SmallestWindowPackets ? PacketsPerGrowthOfPace : PacketsPerGrowth;
        return Math.Min(packets, Math.Max(windowPackets * windowPackets / perGrowth, packets * share * share));
    }

    /// <summary>The window that a loss leaves of <paramref name="window"/> where a law would leave <paramref name="reduced"/>.</summary>
    public static double AfterLoss(double reduced, double window, double minWindow, long smoothedRttMicros) =>
        Math.Max(Math.Max(reduced, PaceShare * Math.Min(window, minWindow)), Floor(minWindow, smoothedRttMicros));
}
