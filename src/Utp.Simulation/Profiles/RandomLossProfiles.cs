using System.Collections.Immutable;
using System.Globalization;

namespace Utp.Simulation;

/// <summary>
/// Transfers of 5 MB over every combination of random loss, reordering, duplicates and rate, in both directions of a path of 20 ms each way. What is asked of them is
/// evenness: no seed may fall far behind the others, because what a law concludes from a few unlucky packets must not stay for the rest of a connection's life.
/// </summary>
public static class RandomLossProfiles
{
    private const long Mega = 1_000_000;

    /// <summary>All 36.</summary>
    public static readonly ImmutableArray<Profile> All =
    [
        .. from rate in new[] { 0, 100, 10 }
           from loss in new[] { 1, 2, 5 }
           from reordering in new[] { 0, 5 }
           from duplication in new[] { 0, 2 }
           select Create(rate, loss, reordering, duplication),
    ];

    private static Profile Create(int rate, int loss, int reordering, int duplication)
    {
        var link = new LinkOptions
        {
            LatencyMicros = 20_000,
            RateBytesPerSecond = rate * Mega / 8,
            QueueBytes = 256_000,
            MtuBytes = 1_500,
            Loss = Ratio.Percent(loss),
            Reordering = Ratio.Percent(reordering),
            ReorderDelayMicros = 30_000,
            Duplication = Ratio.Percent(duplication),
        };
        var name = rate == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{rate}m");
        var limit = rate == 0 ? "no rate" : string.Create(CultureInfo.InvariantCulture, $"{rate} Mbit/s");
        return new Profile
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"random-{name}-l{loss}-r{reordering}-d{duplication}"),
            Title = string.Create(CultureInfo.InvariantCulture, $"20 ms, {limit}, {loss} % lost, {reordering} % reordered by up to 30 ms, {duplication} % twice, 5 MB"),
            Forth = link,
            Back = link,
            Bytes = 5 * Mega,
            UntilMicros = 120 * Mega,
            Bars = [Bar.Least(Metric.WorstSeed, 500_000), .. MedianBar(rate, loss)],
        };
    }

    // Rates count IP bytes: 1,500 for 1,452 of payload.
    private static IEnumerable<Bar> MedianBar(int rate, int loss) => (rate, loss) switch
    {
        (0, 5) => [Bar.Least(Metric.Goodput, 15 * Mega * 1_500 / 1_452)],
        (10, 5) => [Bar.Least(Metric.Goodput, 8 * Mega * 1_500 / 1_452)],
        _ => [],
    };
}
