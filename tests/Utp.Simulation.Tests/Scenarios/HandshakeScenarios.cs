using Utp.Protocol;
using Utp.Simulation.Tests.Network;

namespace Utp.Simulation.Tests.Scenarios;

public class HandshakeScenarios
{
    private static readonly TransferPlan TenKilobytes = new() { Bytes = 10_000 };
    private static readonly TransferPlan WithDataOnTheSyn = new() { Bytes = 10_000, SynBytes = 300 };

    [Theory]
    [InlineData(1, 500_000)]
    [InlineData(2, 1_500_000)]
    public void A_syn_lost_once_or_twice_is_sent_again_after_a_half_and_one_and_a_half_seconds(int losses, long expectedMicros)
    {
        var transfer = new Transfer(request: TenKilobytes, answer: TenKilobytes);
        transfer.Forth.Filter = Lose.First(losses, PacketType.Syn);
        transfer.RunToSuccess();

        Assert.Equal(expectedMicros + 20_000, transfer.ClientUser.ConnectedAt!.Value.Micros);
    }

    [Fact]
    public void When_every_syn_is_lost_the_connect_times_out()
    {
        var transfer = new Transfer(request: TenKilobytes);
        transfer.Forth.Filter = Lose.When(packet => packet.Type == PacketType.Syn);
        transfer.Run();

        Assert.Equal(CloseCause.ConnectTimeout, transfer.ClientUser.Closed!.Value.Cause);
        Assert.Equal(5_000_000, transfer.Simulator.Now.Micros);
        transfer.RunOut();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_lost_answer_is_repeated_and_makes_no_second_connection(int losses)
    {
        var transfer = new Transfer(request: TenKilobytes, answer: TenKilobytes);
        transfer.Back.Filter = Lose.First(losses, _ => true);
        transfer.RunToSuccess().RunOut();

        Assert.Equal(1, transfer.Accepted);
    }

    [Fact]
    public void A_lost_confirmation_is_made_good_by_the_data()
    {
        var transfer = new Transfer(request: TenKilobytes, answer: TenKilobytes);
        transfer.Forth.Filter = Lose.First(1, PacketType.State);
        transfer.RunToSuccess();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_silent_clients_lost_confirmation_is_repeated_and_the_server_speaks_to_it(int losses)
    {
        var transfer = new Transfer(
            request: new TransferPlan { End = TransferEnd.Open }, answer: TenKilobytes with { Bytes = 100_000, End = TransferEnd.Open });
        transfer.Forth.Filter = Lose.First(losses, PacketType.State);
        transfer.Start();
        transfer.RunUntil(() => transfer.ClientUser.BytesReceived == 100_000);
    }

    [Fact]
    public void Two_silent_ends_stay_connected_though_the_first_confirmation_is_lost()
    {
        var silent = new TransferPlan { End = TransferEnd.Open };
        var transfer = new Transfer(request: silent, answer: silent);
        transfer.Forth.Filter = Lose.First(1, PacketType.State);
        transfer.Start();
        transfer.Simulator.RunFor(60_000_000);

        Assert.Equal(ConnectionState.Connected, transfer.ClientStats.State);
        Assert.Equal(ConnectionState.Connected, transfer.ServerStats.State);
    }

    [Fact]
    public void Every_syn_arrives_twice_before_the_first_data_and_one_more_after_it()
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 10_000, LateDuplication = Ratio.Always, LateDuplicateDelayMicros = 80_000 },
            request: TenKilobytes with { Bytes = 500_000 });
        transfer.Forth.Filter = Lose.NothingButDuplicate(packet => packet.Type == PacketType.Syn);
        transfer.RunToSuccess();

        Assert.Equal(1, transfer.Accepted);
    }

    [Fact]
    public void A_server_that_does_not_listen_refuses()
    {
        var transfer = new Transfer(request: TenKilobytes);
        transfer.Connect();
        transfer.Run();

        Assert.Equal(CloseCause.Refused, transfer.ClientUser.Closed!.Value.Cause);
        Assert.Equal(20_000, transfer.Simulator.Now.Micros);
        transfer.RunOut();
    }

    [Fact]
    public void A_host_without_that_port_refuses_by_icmp()
    {
        var transfer = new Transfer(request: TenKilobytes);
        transfer.Network.ReportsUnreachablePorts = true;
        transfer.Server.Kill();
        transfer.Connect();
        transfer.Run();

        Assert.Equal(CloseCause.Refused, transfer.ClientUser.Closed!.Value.Cause);
    }

    [Fact]
    public void Connects_that_cross_become_two_separate_connections_which_both_work()
    {
        var simulator = new Simulator(3);
        var network = new SimulatedNetwork(simulator, new LinkOptions { LatencyMicros = 30_000 });
        var (plan, back) = (TenKilobytes with { Key = 1 }, TenKilobytes with { Key = 2 });
        var ends = new[] { 1, 2 }.Select(i => new SimulatedEndpoint(network, TwoHosts.Address(i))).ToArray();
        var users = new List<TransferUser>();
        foreach (var end in ends)
        {
            end.Listen(_ =>
            {
                users.Add(new TransferUser(simulator, "acceptor", back, plan));
                return users[^1];
            });
        }

        foreach (var (end, other) in new[] { (ends[0], ends[1]), (ends[1], ends[0]) })
        {
            users.Add(new TransferUser(simulator, "initiator", plan, back));
            end.Connect(other.Address, users[^1]);
        }

        Assert.Equal(RunEnd.Idle, simulator.RunToEnd());
        Assert.Equal(4, users.Count);
        Assert.All(users, user => Assert.True(user.IsComplete));
        Assert.All(users, user => Assert.Equal(CloseCause.ConfirmedClosed, user.Closed!.Value.Cause));
    }

    [Fact]
    public void A_half_open_connection_of_a_client_that_vanished_expires()
    {
        var transfer = new Transfer(request: TenKilobytes);
        transfer.ServerOptions = transfer.ServerOptions with { AcceptUnconfirmed = true };
        transfer.Back.Filter = Lose.When(_ => true);
        transfer.Start();
        transfer.Simulator.RunFor(50_000);
        transfer.Client.Kill();
        transfer.RunUntil(() => transfer.ServerUser.Closed is not null);

        Assert.Equal(CloseCause.HalfOpenExpired, transfer.ServerUser.Closed!.Value.Cause);
        Assert.InRange(transfer.Simulator.Now.Micros, 10_000_000, 10_100_000);
        transfer.RunOut();
    }

    [Fact]
    public void A_middlebox_that_dislikes_extensions_is_passed_by_the_plain_last_try()
    {
        var transfer = new Transfer(request: WithDataOnTheSyn, answer: TenKilobytes);
        transfer.Forth.Filter = Lose.When(packet => packet.Type == PacketType.Syn && packet.Extension2 is not null);
        transfer.RunToSuccess();

        Assert.Equal(Capabilities.None, transfer.ClientUser.Connection!.Core.PeerCapabilities);
    }

    [Fact]
    public void Data_on_the_syn_saves_a_round_trip()
    {
        var transfer = new Transfer(request: WithDataOnTheSyn, answer: TenKilobytes);
        transfer.ServerOptions = transfer.ServerOptions with { AcceptUnconfirmed = true };
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 0);
        Assert.Equal(10_000, transfer.Simulator.Now.Micros);
        Assert.Equal(300, transfer.ServerUser.BytesReceived);

        transfer.RunToSuccess();
    }

    [Fact]
    public void Data_on_the_syn_that_a_foreign_server_throws_away_is_sent_again()
    {
        var transfer = new Transfer(request: WithDataOnTheSyn, answer: TenKilobytes);
        transfer.ServerOptions = transfer.ServerOptions with { Compatibility = PeerCompatibility.NodeUtp };
        transfer.ClientOptions = transfer.ClientOptions with { Compatibility = PeerCompatibility.NodeUtp };
        transfer.RunToSuccess();
        var plain = new Transfer(request: WithDataOnTheSyn, answer: TenKilobytes);
        plain.ClientOptions = plain.ClientOptions with { Compatibility = PeerCompatibility.Plain };
        plain.RunToSuccess();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Data_on_the_syn_arrives_once_though_its_confirmation_is_lost(int losses)
    {
        var transfer = new Transfer(request: WithDataOnTheSyn, answer: TenKilobytes, options: new ConnectionOptions { ConnectTimeoutMicros = 30_000_000 });
        transfer.Back.Filter = Lose.First(losses, _ => true);
        transfer.RunToSuccess().RunOut();
    }

    [Fact]
    public void Data_on_a_syn_that_is_lost_arrives_with_its_retransmission()
    {
        var transfer = new Transfer(request: WithDataOnTheSyn, answer: TenKilobytes);
        transfer.Forth.Filter = Lose.First(1, PacketType.Syn);
        transfer.RunToSuccess();
    }
}
