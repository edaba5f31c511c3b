using Utp.Simulation.Tests.Network;

namespace Utp.Simulation.Tests.CrossTraffic;

public class TcpFlowTests
{
    private const long RateBytesPerSecond = 1_250_000;

    [Theory]
    [InlineData(TcpLaw.Reno, 256_000)]
    [InlineData(TcpLaw.Reno, 64_000)]
    [InlineData(TcpLaw.Cubic, 256_000)]
    [InlineData(TcpLaw.Cubic, 64_000)]
    public void Alone_with_a_queue_of_a_round_trip_it_fills_the_link_and_never_times_out(TcpLaw law, long queueBytes)
    {
        var (tcp, simulator) = Create(law, new LinkOptions { QueueBytes = queueBytes });
        tcp.Start();
        simulator.RunFor(20_000_000);
        var before = tcp.ArrivedIPBytes;
        simulator.RunFor(100_000_000);

        Assert.InRange(tcp.ArrivedIPBytes - before, RateBytesPerSecond * 95, RateBytesPerSecond * 100 + 1_500);
        Assert.True(tcp.Retransmissions > 0, "It must probe until the queue overflows.");
        Assert.Equal(0, tcp.Timeouts);
    }

    [Fact]
    public void With_a_small_queue_cubic_uses_more_of_the_link_than_reno()
    {
        var arrived = new long[2];
        foreach (var law in new[] { TcpLaw.Reno, TcpLaw.Cubic })
        {
            var (tcp, simulator) = Create(law, new LinkOptions { QueueBytes = 16_000 });
            tcp.Start();
            simulator.RunFor(120_000_000);
            arrived[(int)law] = tcp.ArrivedIPBytes;
        }

        Assert.True(arrived[(int)TcpLaw.Cubic] > arrived[(int)TcpLaw.Reno], $"Reno {arrived[0]}, CUBIC {arrived[1]}");
    }

    [Fact]
    public void Reno_halves_its_window_for_one_lost_segment_and_sends_that_one_again()
    {
        var (tcp, simulator) = Create(TcpLaw.Reno, new LinkOptions(), out var forth);
        var left = 200;
        forth.Filter = (in DatagramInfo _, ReadOnlySpan<byte> _) => --left == 0 ? LinkVerdict.Drop : LinkVerdict.Pass;
        tcp.Start();
        var largest = 0.0;
        simulator.RunUntil(() =>
        {
            largest = Math.Max(largest, tcp.WindowSegments);
            return tcp.Retransmissions == 1;
        });

        Assert.Equal(largest / 2, tcp.WindowSegments);
        simulator.RunFor(1_000_000);
        Assert.Equal(1, tcp.Retransmissions);
        Assert.Equal(0, tcp.Timeouts);
    }

    [Fact]
    public void After_an_outage_the_timer_brings_it_back()
    {
        var (tcp, simulator) = Create(TcpLaw.Cubic, new LinkOptions { QueueBytes = 64_000, Outages = [new Outage(5_000_000, 7_000_000)] });
        tcp.Start();
        simulator.RunFor(7_000_000);
        Assert.True(tcp.Timeouts > 0);
        simulator.RunFor(5_000_000);
        var before = tcp.ArrivedIPBytes;
        simulator.RunFor(10_000_000);
        Assert.InRange(tcp.ArrivedIPBytes - before, RateBytesPerSecond * 9, RateBytesPerSecond * 11);
    }

    [Fact]
    public void Once_stopped_it_is_silent()
    {
        var (tcp, simulator) = Create(TcpLaw.Reno, new LinkOptions { QueueBytes = 64_000 });
        tcp.Start();
        simulator.RunFor(1_000_000);
        tcp.Stop();
        Assert.Equal(RunEnd.Idle, simulator.RunToEnd());
        Assert.True(simulator.Now.Micros < 4_000_000);
    }

    private static (TcpFlow Tcp, Simulator Simulator) Create(TcpLaw law, LinkOptions options) => Create(law, options, out _);

    private static (TcpFlow Tcp, Simulator Simulator) Create(TcpLaw law, LinkOptions options, out SimulatedLink forth)
    {
        var simulator = new Simulator(seed: 1);
        var network = new SimulatedNetwork(simulator);
        (forth, _) = network.Connect(TwoHosts.A, TwoHosts.B, options with { RateBytesPerSecond = RateBytesPerSecond, LatencyMicros = 20_000 });
        return (new TcpFlow(network, TwoHosts.A, TwoHosts.B, law), simulator);
    }
}
