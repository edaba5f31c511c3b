using Utp.Protocol;

namespace Utp.Simulation.Tests.Network;

public class BottleneckTests
{
    private const int Header = SimulatedNetwork.IPv4HeaderBytes;

    [Fact]
    public void A_policer_passes_its_bucket_at_once_and_then_its_rate()
    {
        // 1,000 bytes of IP each; the bucket holds 10 of them, and 100 more come in a second.
        var two = new TwoHosts(new LinkOptions { Policer = new PolicerOptions(BytesPerSecond: 100_000, BucketBytes: 10_000) });
        two.SendForth(20, 1_000 - Header);
        two.Simulator.RunToEnd();
        Assert.Equal(Enumerable.Range(0, 10), two.NumbersAtB());
        Assert.Equal(10, two.Forth.Statistics.DroppedByPolicer);

        two.Simulator.RunTo(new Instant(50_000));
        two.SendForth(20, 1_000 - Header);
        two.Simulator.RunToEnd();
        Assert.Equal(15, two.NumbersAtB().Length);
    }

    [Fact]
    public void Codel_holds_the_queue_of_a_steady_overload_that_does_not_yield_below_what_a_tail_would_leave()
    {
        // 10 % more than the link takes, for 20 s, in packets of 1,000 bytes.
        var two = new TwoHosts(new LinkOptions { RateBytesPerSecond = 1_000_000, QueueBytes = 256_000, CoDel = true });
        Overload(two, everyMicros: 909, untilMicros: 20_000_000);
        two.Simulator.RunTo(new Instant(20_000_000));

        Assert.Equal(0, two.Forth.Statistics.DroppedByQueue);
        Assert.InRange(two.Forth.Statistics.DroppedByCoDel, 1_000, 3_000);
        Assert.InRange(two.Forth.QueuedBytes, 0, 100_000);
    }

    [Fact]
    public void Codel_lets_a_short_burst_pass()
    {
        var two = new TwoHosts(new LinkOptions { RateBytesPerSecond = 1_000_000, CoDel = true });
        two.SendForth(90, 1_000 - Header);
        two.Simulator.RunToEnd();
        Assert.Equal(0, two.Forth.Statistics.DroppedByCoDel);
        Assert.Equal(90, two.HostB.Arrived.Count);
    }

    [Fact]
    public void Aggregated_datagrams_arrive_together_and_in_order()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 1_000, RateBytesPerSecond = 1_000_000, AggregationMicros = 5_000 });
        two.SendForth(8, 1_000 - Header);
        two.Simulator.RunToEnd();

        Assert.Equal(Enumerable.Range(0, 8), two.NumbersAtB());
        Assert.Equal([5_000, 5_000, 5_000, 5_000, 10_000, 10_000, 10_000, 10_000], two.HostB.Arrived.Select(a => a.AtMicros));
    }

    private static void Send(TwoHosts two, int bytes, bool dontFragment) =>
        two.Network.Send(TwoHosts.A, TwoHosts.B, new byte[bytes], dontFragment);

    private static void Overload(TwoHosts two, long everyMicros, long untilMicros)
    {
        for (var at = 0L; at < untilMicros; at += everyMicros)
            two.Simulator.At(new Instant(at), () => Send(two, 1_000 - Header, dontFragment: true));
    }
}
