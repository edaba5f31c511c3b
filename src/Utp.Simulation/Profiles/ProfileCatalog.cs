using System.Collections.Immutable;

namespace Utp.Simulation;

/// <summary>The profiles, with their bars. A profile's definition is not tuned: a law that misses its bar misses it.</summary>
public static class ProfileCatalog
{
    private const long Mega = 1_000_000;
    private const int Kilo = 1_000;
    private const int Ethernet = 1_500;
    private const long DefaultQueue = 256 * Kilo;

    /// <summary>All, in the order of the table.</summary>
    public static readonly ImmutableArray<Profile> All = [.. SingleFlows(), .. BesideTcp(), .. Others(), .. OtherPaths()];

    /// <summary>Families of profiles beside those of the table, by the name of the family.</summary>
    public static readonly ImmutableSortedDictionary<string, ImmutableArray<Profile>> Families =
        ImmutableSortedDictionary.CreateRange<string, ImmutableArray<Profile>>(StringComparer.Ordinal,
        [
            new("random-loss", RandomLossProfiles.All),
            new("shallow-queues", ShallowQueueProfiles.All),
        ]);

    /// <summary>The profile of this name, of the table or of a family; null for an unknown one.</summary>
    public static Profile? Find(string name) => All.Concat(Families.Values.SelectMany(static f => f)).FirstOrDefault(p => p.Name == name);

    private static IEnumerable<Profile> SingleFlows()
    {
        yield return Single("lan-1ms-100m", "1 ms, 100 Mbit/s", Link(1, 100)) with { Bars = [Rate(95)] };
        yield return Sized("home-20ms-10m", "20 ms, 10 Mbit/s, 8 MB", Link(20, 10), 8, Rate(9.3)) with
        {
            Bars = [Rate(9.3), Bar.Most(Metric.QueueP50, 15_000)],
        };
        yield return Sized("home-20ms-10m-1mb", "20 ms, 10 Mbit/s, 1 MB", Link(20, 10), 1, Rate(7.5));
        yield return Sized("loss-1", "20 ms, 10 Mbit/s, 1 % loss, 4 MB", Link(20, 10), Link(20, 10) with { Loss = Ratio.Percent(1) }, 4, Rate(8.5));
        yield return Sized("loss-5", "20 ms, 10 Mbit/s, 5 % loss, 2 MB", Link(20, 10), Link(20, 10) with { Loss = Ratio.Percent(5) }, 2, Rate(4.5));
        yield return Sized("far-100ms-20m", "100 ms, 20 Mbit/s, 8 MB", Link(100, 20), 8, Rate(13));
        yield return Single("long-fat-100ms-1g", "100 ms, 1 Gbit/s, windows to 32 MB", Link(100, 1_000)) with
        {
            WindowBytes = 32 << 20,
            Bars = [Rate(700)],
        };
        yield return Single("small-queue-16k", "20 ms, 10 Mbit/s, 16 kB queue", Link(20, 10, 16 * Kilo)) with { Bars = [Rate(8.5)] };
        yield return Single("reordered-2", "20 ms, 10 Mbit/s, 2 % reordered (by up to 10 ms)", Link(20, 10)) with
        {
            Forth = Link(20, 10) with { Reordering = Ratio.Percent(2), ReorderDelayMicros = 10_000 },
            Bars = [Rate(9)],
        };
        var jittery = Link(15, 10) with { JitterMicros = 10_000 };
        yield return Single("jitter-aggregated", "20 ms ± 5 ms, 10 Mbit/s, ACKs aggregated every 5 ms", jittery) with
        {
            Back = jittery with { AggregationMicros = 5_000 },
            Bars = [Rate(9)],
        };
    }

    private static IEnumerable<Profile> BesideTcp()
    {
        var queues = new (string Name, LinkOptions Link, int KeptPercent)[]
        {
            ("256k", Link(20, 10), 95),
            ("64k", Link(20, 10, 64 * Kilo), 90),
            ("16k", Link(20, 10, 16 * Kilo), 75),
            ("codel", Link(20, 10) with { CoDel = true }, 85),
        };
        foreach (var law in new[] { TcpLaw.Reno, TcpLaw.Cubic })
        {
            foreach (var (name, link, percent) in queues)
            {
                foreach (var tcpFirst in new[] { true, false })
                {
                    var when = tcpFirst ? "before" : "after";
                    yield return Single($"beside-{law.ToString().ToLowerInvariant()}-{name}-{when}", $"beside {law}, 20 ms, 10 Mbit/s, {name}, TCP 10 s {when}", link) with
                    {
                        Starts = [tcpFirst ? 10 * Mega : 0],
                        Tcp = new TcpTraffic(law, tcpFirst ? 0 : 10 * Mega),
                        FromMicros = 20 * Mega,
                        UntilMicros = 140 * Mega,
                        Bars = [Bar.Least(Metric.TcpShare, percent * 10_000), Bar.Least(Metric.AfterTcp, 900_000)],
                    };
                }
            }
        }
    }

    private static IEnumerable<Profile> Others()
    {
        yield return Single("policer", "20 ms, policer 10 Mbit/s with a 16 kB bucket", Link(20, 100)) with
        {
            Forth = Link(20, 100) with { Policer = new PolicerOptions(10 * Mega / 8, 16 * Kilo) },
            Bars = [Rate(7.5), Bar.Most(Metric.OwnLoss, 60_000)],
        };
        yield return Single("fairness-3", "flows at 0, 0 and 60 s, 20 ms, 10 Mbit/s", Link(20, 10)) with
        {
            Starts = [0, 0, 60 * Mega],
            FromMicros = 120 * Mega,
            UntilMicros = 180 * Mega,
            Bars = [Bar.Least(Metric.Jain, 980_000), new Bar(Metric.Latecomer, 850_000, 1_150_000)],
        };
        yield return Single("fairness-32", "32 flows over 10 s, 20 ms, 100 Mbit/s", Link(20, 100)) with
        {
            Starts = [.. Enumerable.Range(0, 32).Select(i => i * 10 * Mega / 32)],
            FromMicros = 60 * Mega,
            UntilMicros = 120 * Mega,
            Bars = [Bar.Least(Metric.Jain, 950_000), Bar.Least(Metric.Utilisation, 950_000)],
        };
        foreach (var ppm in new[] { 200, -200 })
        {
            yield return Single(ppm > 0 ? "drift-fast" : "drift-slow", $"receiver's clock {ppm:+0;−0} ppm, 20 ms, 10 Mbit/s, 30 min", Link(20, 10)) with
            {
                ReceiverDriftPpm = ppm,
                UntilMicros = 1_800 * Mega,
                Bars = [Bar.Least(Metric.Utilisation, 950_000), Bar.Most(Metric.QueueVersusNoDrift, 1_500_000)],
            };
        }

        yield return Sized("mtu-falls", "20 ms, 10 Mbit/s, 8 MB, path MTU 1,500 → 1,280 at 3 s", Link(20, 10), 8) with
        {
            PathMtuChange = new PathMtuChange(3 * Mega, 1_280),
            Bars = [Bar.Most(Metric.Stall, 3 * Mega), Bar.Most(Metric.Missing, 0)],
        };
    }

    // Why these bars: an acknowledgement for each packet (§6) takes 330 kbit/s, which fits through the narrow way back, and since they are
    // cumulative one in ten may be lost, both at no cost to the rate; the same loss in bursts is fewer events; a reported path MTU needs
    // no search; what UDP leaves free is there to be used, and a queue of 200 ms need not overflow; a longer route is no queue for ever.
    private static IEnumerable<Profile> OtherPaths()
    {
        yield return Single("asymmetric", "20 ms, 10 Mbit/s; back 60 ms, 512 kbit/s", Link(20, 10)) with
        {
            Back = Link(60, 1) with { RateBytesPerSecond = 512 * Kilo / 8 },
            Bars = [Rate(9)],
        };
        yield return Single("ack-loss-10", "20 ms, 10 Mbit/s, 10 % of the ACKs lost", Link(20, 10)) with
        {
            Back = Link(20, 10) with { Loss = Ratio.Percent(10) },
            Bars = [Rate(9)],
        };
        var bursts = new BurstLossOptions(Enter: Ratio.Percent(0.2), Leave: Ratio.Percent(20), LossWhenBad: Ratio.Always);
        yield return Sized("burst-loss-1", "20 ms, 10 Mbit/s, 1 % loss in bursts of 5, 4 MB", Link(20, 10), Link(20, 10) with { BurstLoss = bursts }, 4, Rate(8.5));
        yield return Sized("mtu-falls-icmp", "the same as mtu-falls, and routers tell", Link(20, 10), Link(20, 10) with { ReportsMtu = true }, 8) with
        {
            PathMtuChange = new PathMtuChange(3 * Mega, 1_280),
            Bars = [Bar.Most(Metric.Stall, Mega), Bar.Most(Metric.Missing, 0)],
        };
        yield return Single("on-off", "beside UDP of 5 Mbit/s, 1 s on and 1 s off in the mean, 20 ms, 10 Mbit/s", Link(20, 10)) with
        {
            OnOff = new OnOffOptions(5 * Mega / 8, Mega, Mega),
            Bars = [Bar.Least(Metric.Utilisation, 900_000), Bar.Most(Metric.OwnLoss, 10_000)],
        };
        yield return Single("route-longer", "10 Mbit/s, 20 ms → 60 ms at 20 s", Link(20, 10)) with
        {
            RouteChange = new RouteChange(20 * Mega, 60_000),
            Bars = [Bar.Least(Metric.AfterRouteChange, 900_000)],
        };
    }

    private static Profile Single(string name, string title, LinkOptions link) => new() { Name = name, Title = title, Forth = link, Back = link };

    private static Profile Sized(string name, string title, LinkOptions link, int megabytes, params Bar[] bars) =>
        Sized(name, title, link, link, megabytes, bars);

    private static Profile Sized(string name, string title, LinkOptions back, LinkOptions forth, int megabytes, params Bar[] bars) =>
        new() { Name = name, Title = title, Forth = forth, Back = back, Bytes = megabytes * Mega, UntilMicros = 120 * Mega, Bars = [.. bars] };

    private static LinkOptions Link(int delayMillis, int megabitsPerSecond, long queueBytes = DefaultQueue) => new()
    {
        LatencyMicros = delayMillis * 1_000L,
        RateBytesPerSecond = megabitsPerSecond * Mega / 8,
        QueueBytes = queueBytes,
        MtuBytes = Ethernet,
    };

    private static Bar Rate(double megabitsPerSecond) => Bar.Least(Metric.Goodput, (long)(megabitsPerSecond * Mega));
}
