using Utp.Protocol;
using Utp.Simulation.Tests.Network;

namespace Utp.Simulation.Tests.Scenarios;

public class StreamScenarios
{
    private static readonly TransferPlan OneMegabyte = new() { Bytes = 1_000_000 };
    private static readonly ConnectionOptions SmallPackets = new() { MaxDatagramBytes = 60, Pacing = false };

    [Fact]
    public void A_stream_arrives_in_order_and_whole_over_a_perfect_link()
    {
        var transfer = new Transfer(request: OneMegabyte).RunToSuccess();

        Assert.Equal(0, transfer.ClientStats.Retransmissions);
        transfer.RunOut();
    }

    [Fact]
    public void Streams_of_both_directions_arrive_at_the_same_time() =>
        new Transfer(request: OneMegabyte, answer: OneMegabyte).RunToSuccess().RunOut();

    [Theory]
    [InlineData(300)]
    [InlineData(40_000)]
    public void Packets_overtake_each_other_narrowly_and_widely(long delayMicros) =>
        new Transfer(
            new LinkOptions { LatencyMicros = 10_000, Reordering = Ratio.Percent(10), ReorderDelayMicros = delayMicros },
            OneMegabyte, OneMegabyte).RunToSuccess();

    [Fact]
    public void Every_packet_arrives_twice()
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 10_000, Duplication = Ratio.Always, DuplicateDelayMicros = 5_000 }, OneMegabyte, OneMegabyte);
        transfer.RunToSuccess().RunOut();

        Assert.Equal(0, transfer.ClientStats.Timeouts);
    }

    [Fact]
    public void More_than_65536_packets_arrive_though_some_come_back_a_whole_wrap_later()
    {
        // 40 bytes in a packet: 80,000 packets each way.
        var plan = new TransferPlan { Bytes = 80_000 * 40, MaxBufferedBytes = 200_000 };
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 5_000, RateBytesPerSecond = 4_000_000, QueueBytes = 200_000, WrapDuplication = Ratio.OneIn(200), Loss = Ratio.OneIn(5_000) },
            plan, plan, SmallPackets);
        transfer.RunToSuccess();

        Assert.InRange(transfer.Forth.Statistics.Duplicated, 20, 500);
        Assert.InRange(transfer.ClientStats.PacketsSent, 65_536, long.MaxValue);
        Assert.InRange(transfer.ServerStats.PacketsSent, 65_536, long.MaxValue);
    }

    [Fact]
    public void A_stream_crosses_the_wraps_of_seq_nr_and_of_the_clock_in_one_go()
    {
        var client = new EndpointOptions { FirstSeqNr = new SeqNr(65_500), Clock = new EndpointClock((1L << 32) - 200_000, 0) };
        var server = new EndpointOptions { FirstSeqNr = new SeqNr(65_400), Clock = new EndpointClock((1L << 32) - 400_000, 0) };
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 20_000, Loss = Ratio.Percent(1) }, OneMegabyte, OneMegabyte, client: client, server: server);
        transfer.RunToSuccess();
    }

    [Fact]
    public void Writes_of_one_byte_arrive_in_order() =>
        new Transfer(request: new TransferPlan { Bytes = 20_000, MinWriteBytes = 1, MaxWriteBytes = 1, MaxBufferedBytes = 500 }).RunToSuccess();

    [Fact]
    public void Writes_of_exactly_one_window_arrive()
    {
        var options = new ConnectionOptions { InitialReceiveWindowBytes = 64 << 10, MaxReceiveWindowBytes = 64 << 10 };
        var plan = new TransferPlan { Bytes = 10 * (64 << 10), MinWriteBytes = 64 << 10, MaxWriteBytes = 64 << 10 };
        new Transfer(request: plan, options: options).RunToSuccess();
    }

    [Fact]
    public void Many_small_packets_of_548_bytes_arrive_through_a_small_window() =>
        new Transfer(
            new LinkOptions { LatencyMicros = 2_000, Loss = Ratio.Percent(1) },
            OneMegabyte,
            options: new ConnectionOptions { MaxDatagramBytes = 548, InitialReceiveWindowBytes = 5_000, MaxReceiveWindowBytes = 5_000 }).RunToSuccess();

    [Theory]
    [InlineData(DeliveryMode.Objects)]
    [InlineData(DeliveryMode.Frames)]
    public void Messages_keep_their_cut_and_their_metadata_through_loss_and_reordering(DeliveryMode mode)
    {
        var plan = new TransferPlan { Bytes = 500_000, MinWriteBytes = 1, MaxWriteBytes = 9_000, Mode = mode };
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 10_000, Loss = Ratio.Percent(3), Reordering = Ratio.Percent(5), ReorderDelayMicros = 3_000, Duplication = Ratio.Percent(2) },
            plan, plan, new ConnectionOptions { Mode = mode });
        transfer.RunToSuccess();
    }

    [Fact]
    public void A_thousand_transfers_of_a_megabyte_at_the_same_time_all_arrive()
    {
        const int Transfers = 1_000;
        var simulator = new Simulator(11, new SimulatorLimits { MaxPendingEvents = 10_000_000 });
        var network = new SimulatedNetwork(simulator);
        var client = new SimulatedEndpoint(network, TwoHosts.Address(1));
        var server = new SimulatedEndpoint(network, TwoHosts.Address(2));
        network.Connect(client.Address, server.Address, new LinkOptions { LatencyMicros = 5_000, RateBytesPerSecond = 125_000_000, QueueBytes = 8 << 20 });
        var nothing = new TransferPlan();
        var senders = new List<TransferUser>();
        var receivers = new List<TransferUser>();

        // All streams are the same, because an acceptor cannot tell which connection it has; misplaced bytes are found all the same.
        server.Listen(_ =>
        {
            receivers.Add(new TransferUser(simulator, $"receiver {receivers.Count}", nothing, OneMegabyte));
            return receivers[^1];
        });
        for (var i = 0; i < Transfers; i++)
        {
            senders.Add(new TransferUser(simulator, $"sender {i}", OneMegabyte with { MaxBufferedBytes = 65_536 }, nothing));
            client.Connect(server.Address, senders[^1]);
        }

        Assert.Equal(RunEnd.Idle, simulator.RunToEnd());
        Assert.Equal(Transfers, receivers.Count);
        Assert.All(receivers, user => Assert.True(user.IsComplete));
        Assert.All(senders, user => Assert.Equal(CloseCause.ConfirmedClosed, user.Closed!.Value.Cause));
        Assert.Equal(0, client.ConnectionCount + server.ConnectionCount);
    }
}
