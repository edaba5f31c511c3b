using Utp.Protocol;
using Utp.Simulation.Tests.Network;

namespace Utp.Simulation.Tests.CrossTraffic;

public class OnOffFlowTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void With_fixed_times_it_sends_at_its_rate_and_rests_in_turn()
    {
        var (flow, simulator) = Create(new OnOffOptions(100_000, 2 * Second, 3 * Second, IsFixed: true));
        flow.Start();
        var arrived = new List<long>();
        for (var second = 1; second <= 10; second++)
        {
            var before = flow.ArrivedIPBytes;
            // To just before the full second, where a packet is due.
            simulator.RunTo(new Instant((second * Second) - 1));
            arrived.Add(flow.ArrivedIPBytes - before);
        }

        Assert.Equal([100_000, 100_000, 0, 0, 0, 100_000, 100_000, 0, 0, 0], arrived);
    }

    [Fact]
    public void With_times_by_chance_it_keeps_its_share_and_a_seed_replays_it()
    {
        var arrived = new List<long>();
        foreach (var seed in new ulong[] { 5, 5, 6 })
        {
            var (flow, simulator) = Create(new OnOffOptions(100_000, Second, 3 * Second), seed);
            flow.Start();
            simulator.RunFor(3_600 * Second);
            arrived.Add(flow.ArrivedIPBytes);
        }

        // A quarter of the time; in an hour of 900 turns within a tenth.
        Assert.All(arrived, bytes => Assert.InRange(bytes, 81_000_000, 99_000_000));
        Assert.Equal(arrived[0], arrived[1]);
        Assert.NotEqual(arrived[0], arrived[2]);
    }

    [Fact]
    public void It_does_not_yield_to_a_full_link()
    {
        var (flow, simulator) = Create(
            new OnOffOptions(200_000, Second, Second, IsFixed: true), link: new LinkOptions { RateBytesPerSecond = 100_000, QueueBytes = 10_000 });
        flow.Start();
        simulator.RunTo(new Instant(10 * Second - 1));

        Assert.Equal(1_000_000, flow.SentIPBytes);
        Assert.InRange(flow.ArrivedIPBytes, 500_000, 560_000);
    }

    [Fact]
    public void Once_stopped_it_is_silent()
    {
        var (flow, simulator) = Create(new OnOffOptions(100_000, Second, Second));
        flow.Start();
        simulator.RunFor(10 * Second);
        flow.Stop();
        Assert.Equal(RunEnd.Idle, simulator.RunToEnd());
    }

    [Fact]
    public void A_flow_without_rate_time_or_room_is_refused()
    {
        foreach (var wrong in new[] { new OnOffOptions(0, 1, 1), new OnOffOptions(1, 0, 1), new OnOffOptions(1, 1, 0), new OnOffOptions(1, 1, 1, PacketBytes: 27) })
            Assert.Throws<ArgumentOutOfRangeException>(() => Create(wrong));
    }

    private static (OnOffFlow Flow, Simulator Simulator) Create(OnOffOptions options, ulong seed = 1, LinkOptions? link = null)
    {
        var simulator = new Simulator(seed);
        var network = new SimulatedNetwork(simulator);
        network.Connect(TwoHosts.A, TwoHosts.B, link ?? LinkOptions.Perfect);
        return (new OnOffFlow(network, TwoHosts.A, TwoHosts.B, options), simulator);
    }
}
