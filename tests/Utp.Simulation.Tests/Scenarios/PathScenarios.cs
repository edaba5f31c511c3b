using Utp.Protocol;

namespace Utp.Simulation.Tests.Scenarios;

public class PathScenarios
{
    private static readonly TransferPlan ThreeMegabytes = new() { Bytes = 3_000_000 };

    [Fact]
    public void At_50_kB_per_second_with_a_queue_of_500_kB_nothing_is_lost_and_the_delay_stays_at_its_target()
    {
        var transfer = new Transfer(new LinkOptions { LatencyMicros = 20_000, RateBytesPerSecond = 50_000, QueueBytes = 500_000 }, ThreeMegabytes);
        transfer.Start();
        transfer.Simulator.RunFor(20_000_000);
        var queued = new List<long>();
        for (var i = 0; i < 1_000; i++)
        {
            transfer.Simulator.RunFor(30_000);
            queued.Add(transfer.Forth.QueuedBytes);
        }

        transfer.RunToSuccess();
        queued.Sort();

        // RFC 6817: 100 ms are 5,000 bytes of this link.
        Assert.Equal(0, transfer.Forth.Statistics.DroppedByQueue);
        Assert.InRange(queued[queued.Count / 2], 1_000, 6_500);
        Assert.InRange(queued[queued.Count * 95 / 100], 1_000, 8_000);
        Assert.InRange(transfer.Simulator.Now.Micros, 60_000_000, 72_000_000);
    }

    [Fact]
    public void At_50_kB_per_second_with_a_queue_of_1500_bytes_it_goes_on_and_does_not_collapse()
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 20_000, RateBytesPerSecond = 50_000, QueueBytes = 1_500 }, ThreeMegabytes with { Bytes = 1_000_000 });
        transfer.RunToSuccess();

        // 1 MB at full rate takes 20.5 s.
        Assert.InRange(transfer.Simulator.Now.Micros, 20_000_000, 45_000_000);
    }

    [Fact]
    public void Bursts_of_loss_slow_it_down_and_it_recovers()
    {
        var burst = new BurstLossOptions(Ratio.Percent(0.5), Ratio.Percent(20), Ratio.Percent(90));
        new Transfer(new LinkOptions { LatencyMicros = 20_000, BurstLoss = burst }, ThreeMegabytes, ThreeMegabytes).RunToSuccess();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Jitter_of_half_the_delay_is_not_taken_for_loss_unless_it_reorders(bool reorders)
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 20_000, JitterMicros = 10_000, JitterReorders = reorders }, ThreeMegabytes);
        transfer.RunToSuccess();

        if (!reorders)
            Assert.Equal(0, transfer.ClientStats.Retransmissions);
    }

    [Fact]
    public void A_route_change_to_a_longer_base_delay_is_found_out_and_the_rate_comes_back()
    {
        var near = new LinkOptions { LatencyMicros = 10_000, RateBytesPerSecond = 250_000, QueueBytes = 100_000 };
        var transfer = new Transfer(near, ThreeMegabytes with { Bytes = 400_000_000 }, limits: new SimulatorLimits { MaxMicros = 4_000_000_000 });
        transfer.Start();
        transfer.Simulator.RunTo(new Instant(60_000_000));
        transfer.Forth.Options = near with { LatencyMicros = 150_000 };

        // The base delay is the least of ten minutes (RFC 6817 §3.4.2): until the old one has left, the new one looks like a queue.
        transfer.Simulator.RunTo(new Instant(60_000_000 + (12 * 60_000_000)));
        var before = transfer.ServerUser.BytesReceived;
        transfer.Simulator.RunFor(60_000_000);

        Assert.InRange((transfer.ServerUser.BytesReceived - before) / 60, 220_000, 250_000);
    }

    [Fact]
    public void A_route_change_to_a_shorter_base_delay_costs_nothing()
    {
        var far = new LinkOptions { LatencyMicros = 150_000, RateBytesPerSecond = 250_000, QueueBytes = 100_000 };
        var transfer = new Transfer(far, ThreeMegabytes with { Bytes = 30_000_000 });
        transfer.Start();
        transfer.Simulator.RunTo(new Instant(60_000_000));
        transfer.Forth.Options = far with { LatencyMicros = 10_000 };
        var before = transfer.ServerUser.BytesReceived;
        transfer.Simulator.RunFor(20_000_000);

        Assert.InRange((transfer.ServerUser.BytesReceived - before) / 20, 220_000, 260_000);
    }

    [Theory]
    [InlineData(500, 0)]
    [InlineData(-500, 0)]
    [InlineData(200, -200)]
    public void Clocks_that_drift_apart_change_neither_the_rate_nor_the_queue_much(int clientPpm, int serverPpm)
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 20_000, RateBytesPerSecond = 250_000, QueueBytes = 200_000 },
            ThreeMegabytes with { Bytes = 200_000_000 },
            client: new EndpointOptions { Clock = new EndpointClock(77_000_000, clientPpm) },
            server: new EndpointOptions { Clock = new EndpointClock(5_000, serverPpm) });
        transfer.Start();
        transfer.Simulator.RunTo(new Instant(60_000_000));
        var before = transfer.ServerUser.BytesReceived;
        transfer.Simulator.RunFor(300_000_000);

        Assert.InRange((transfer.ServerUser.BytesReceived - before) / 300, 220_000, 250_000);
        Assert.Equal(0, transfer.Forth.Statistics.DroppedByQueue);
    }

    [Theory]
    [InlineData(3_600_000_000)]
    [InlineData(-3_600_000_000)]
    [InlineData(300_000)]
    [InlineData(-300_000)]
    public void A_foreign_peer_whose_wall_clock_is_set_is_served_on(long stepMicros)
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 20_000, RateBytesPerSecond = 250_000, QueueBytes = 100_000 },
            ThreeMegabytes, ThreeMegabytes, new ConnectionOptions { Compatibility = PeerCompatibility.Plain });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        transfer.Server.WireClockStepMicros = stepMicros;
        transfer.RunToSuccess();

        Assert.InRange(transfer.Simulator.Now.Micros, 12_000_000, 60_000_000);
    }

    [Fact]
    public void Damage_that_nobody_detects_throws_nothing_and_ends()
    {
        // uTP has no checksum: such a stream may be wrong. What must hold is that nobody crashes, hangs or eats memory.
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var simulator = new Simulator(seed, new SimulatorLimits { MaxEvents = 3_000_000 });
            var network = new SimulatedNetwork(simulator, new LinkOptions
            {
                LatencyMicros = 5_000,
                Corruption = Ratio.Percent(20),
                Truncation = Ratio.Percent(5),
                DamageIsDelivered = true,
                Duplication = Ratio.Percent(5),
            });
            var options = new ConnectionOptions { IdleTimeoutMicros = 60_000_000, MaxTimeouts = 5 };
            var server = new SimulatedEndpoint(network, Transfer.ServerAddress);
            var client = new SimulatedEndpoint(network, Transfer.ClientAddress);
            server.Listen(_ => new CarelessUser(), options);
            for (var i = 0; i < 20; i++)
                client.Connect(server.Address, new CarelessUser(), options, new byte[i]);

            Assert.Equal(RunEnd.Idle, simulator.RunToEnd());
            Assert.Equal(0, client.ConnectionCount + server.ConnectionCount);
            Assert.InRange(client.RouterStatistics.Malformed + server.RouterStatistics.Malformed, 1, long.MaxValue);
        }
    }

    /// <summary>Writes, reads what comes, closes when it has read something, and checks nothing.</summary>
    private sealed class CarelessUser : IConnectionUser
    {
        public void OnEvent(SimulatedConnection connection, in ConnectionEvent connectionEvent)
        {
            if (connectionEvent.Kind == ConnectionEventKind.Connected)
                connection.Write(new byte[50_000]);
            else if (connectionEvent.Kind == ConnectionEventKind.WritesDelivered)
                connection.CloseWrite();
        }
    }
}
