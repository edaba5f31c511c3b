using System.Collections.Immutable;

namespace Utp.Simulation;

/// <summary>
/// Transfers of 60 MB through routers whose queue holds four or five packets, and through policers, which hold none. Nothing there shows as a delay, a burst
/// overflows them, and on a short path two packets in flight are already more than they pass.
/// </summary>
public static class ShallowQueueProfiles
{
    private const long Mega = 1_000_000;
    private const long Rate = 50 * Mega / 8;

    // 45 Mbit/s of payload where rates count IP bytes; on longer paths a law that halves its window at a loss has no queue to fill the gap from.
    private const long EnoughBits = 45 * Mega * 1_500 / 1_452;
    private const long EnoughBitsFar = 40 * Mega * 1_500 / 1_452;
    private const long FarMicros = 1_000;
    private const long MostResent = 20_000;

    /// <summary>All.</summary>
    public static readonly ImmutableArray<Profile> All =
    [
        Queue("shallow-6k", "0.1 ms, 50 Mbit/s, 6 kB queue", 100, 6_000),
        Queue("shallow-5-packets", "0.1 ms, 50 Mbit/s, queue of 5 packets", 100, 7_500),
        Queue("shallow-6k-2ms", "2 ms, 50 Mbit/s, 6 kB queue", 2_000, 6_000),
        Policer("shallow-policer-6k", "0.1 ms, policer of 50 Mbit/s with a 6 kB bucket", 100, 6_000),
        Policer("shallow-policer-16k", "0.1 ms, policer of 50 Mbit/s with a 16 kB bucket", 100, 16_000),
        Policer("shallow-policer-16k-5ms", "5 ms, policer of 50 Mbit/s with a 16 kB bucket", 5_000, 16_000),
    ];

    private static Profile Queue(string name, string title, long latencyMicros, long queueBytes)
    {
        var link = new LinkOptions { LatencyMicros = latencyMicros, RateBytesPerSecond = Rate, QueueBytes = queueBytes, MtuBytes = 1_500 };
        return Create(name, title, link, link);
    }

    private static Profile Policer(string name, string title, long latencyMicros, long bucketBytes)
    {
        var link = new LinkOptions { LatencyMicros = latencyMicros, RateBytesPerSecond = 20 * Rate, QueueBytes = 256_000, MtuBytes = 1_500 };
        return Create(name, title, link with { Policer = new PolicerOptions(Rate, bucketBytes) }, link);
    }

    private static Profile Create(string name, string title, LinkOptions forth, LinkOptions back) => new()
    {
        Name = name,
        Title = title + ", 60 MB",
        Forth = forth,
        Back = back,
        Bytes = 60 * Mega,
        UntilMicros = 120 * Mega,
        Bars = [Bar.Least(Metric.Goodput, forth.LatencyMicros < FarMicros ? EnoughBits : EnoughBitsFar), Bar.Most(Metric.SentAgain, MostResent)],
    };
}
