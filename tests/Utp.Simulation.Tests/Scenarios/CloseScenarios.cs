using Utp.Protocol;

namespace Utp.Simulation.Tests.Scenarios;

public class CloseScenarios
{
    private static readonly TransferPlan HundredKilobytes = new() { Bytes = 100_000 };
    private static readonly TransferPlan Silent = new() { End = TransferEnd.Open };

    [Fact]
    public void The_client_half_closes_and_reads_on_to_the_end()
    {
        var transfer = new Transfer(request: new TransferPlan { Bytes = 10 }, answer: HundredKilobytes with { Bytes = 3_000_000 });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.PeerFinished);
        Assert.InRange(transfer.ClientUser.BytesReceived, 0, 1_000_000);
        transfer.RunToSuccess();
    }

    [Fact]
    public void The_server_half_closes_and_reads_on_to_the_end() =>
        new Transfer(request: HundredKilobytes with { Bytes = 3_000_000 }, answer: new TransferPlan { Bytes = 10 }).RunToSuccess().RunOut();

    [Fact]
    public void Fins_that_cross_close_both_ends()
    {
        var transfer = new Transfer(request: Silent, answer: Silent);
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.Connection?.Core.IsAddressConfirmed == true && transfer.ClientUser.ConnectedAt is not null);
        transfer.ClientUser.Connection!.CloseWrite();
        transfer.ServerUser.Connection!.CloseWrite();
        transfer.RunToSuccess().RunOut();
    }

    [Fact]
    public void A_fin_that_arrives_before_data_waits_for_it()
    {
        // The last packet before the ST_FIN is lost: the ST_FIN overtakes its retransmission.
        var transfer = new Transfer(request: HundredKilobytes);
        var bytes = 0;
        transfer.Forth.Filter = Lose.First(
            1, packet => packet.Type == PacketType.Data && (bytes += packet.Payload.Length) == HundredKilobytes.Bytes);
        transfer.RunToSuccess();

        Assert.Equal(1, transfer.Forth.Statistics.Filtered);
    }

    [Fact]
    public void A_fin_before_any_data_closes() => new Transfer().RunToSuccess().RunOut();

    [Fact]
    public void A_fin_before_any_data_closes_toward_a_foreign_peer() =>
        new Transfer(options: new ConnectionOptions { Compatibility = PeerCompatibility.Plain }).RunToSuccess().RunOut();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void When_only_the_ack_of_the_fin_is_lost_it_is_given_again(int losses)
    {
        var transfer = new Transfer(request: HundredKilobytes, answer: HundredKilobytes);
        var finSeq = -1;
        transfer.Forth.Filter = Lose.When(packet =>
        {
            if (packet.Type == PacketType.Fin)
                finSeq = packet.Seq;
            return false;
        });
        transfer.Back.Filter = Lose.First(losses, packet => packet.Ack == finSeq);
        transfer.RunToSuccess().RunOut();
    }

    [Fact]
    public void Close_with_unsent_data_flushes_it_first()
    {
        var transfer = new Transfer(request: HundredKilobytes with { Bytes = 2_000_000, MaxBufferedBytes = 2_000_000, End = TransferEnd.Close });
        transfer.Run();

        Assert.Equal(2_000_000, transfer.ServerUser.BytesReceived);
        Assert.Equal(CloseCause.Closed, transfer.ClientUser.Closed!.Value.Cause);
        transfer.RunOut();
    }

    [Fact]
    public void Closing_the_listener_right_after_the_connection_loses_nothing()
    {
        var transfer = new Transfer(answer: HundredKilobytes with { Bytes = 1_000_000, MaxBufferedBytes = 1_000_000 });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesWritten == 1_000_000);
        transfer.Server.StopListening();
        transfer.RunToSuccess().RunOut();
    }

    [Fact]
    public void An_abort_is_told_to_the_peer()
    {
        var transfer = new Transfer(request: HundredKilobytes with { End = TransferEnd.Abort, AbortAfterBytes = 50_000 }, answer: HundredKilobytes);
        transfer.ServerOptions = transfer.ServerOptions with { AcceptUnconfirmed = true };
        transfer.Run();

        Assert.Equal(CloseCause.Aborted, transfer.ClientUser.Closed!.Value.Cause);
        Assert.Equal(CloseCause.Reset, transfer.ServerUser.Closed!.Value.Cause);
        transfer.RunOut();
    }

    [Fact]
    public void An_abort_whose_reset_is_lost_is_told_by_the_answer_to_the_next_packet()
    {
        var transfer = new Transfer(request: Silent, answer: Silent);
        transfer.Forth.Filter = Lose.First(1, PacketType.Reset);
        transfer.Start();
        transfer.Simulator.RunFor(1_000_000);
        transfer.ClientUser.Connection!.Abort();
        transfer.Run();

        Assert.Equal(CloseCause.Reset, transfer.ServerUser.Closed!.Value.Cause);
        Assert.InRange(transfer.Simulator.Now.Micros, 1_000_000, 31_000_000);
    }

    [Fact]
    public void Late_packets_after_the_close_disturb_nobody()
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 10_000, LateDuplication = Ratio.Percent(20), LateDuplicateDelayMicros = 30_000_000 },
            HundredKilobytes, HundredKilobytes);
        transfer.RunToSuccess();
        var closedAt = transfer.Simulator.Now;
        Assert.Equal(RunEnd.Idle, transfer.Simulator.RunToEnd());

        Assert.InRange(closedAt.Micros, 0, 5_000_000);
        Assert.Equal(0, transfer.Client.ConnectionCount + transfer.Server.ConnectionCount);
        Assert.InRange(transfer.Server.RouterStatistics.UnknownConnection, 1, 1_000);
    }

    [Fact]
    public void The_process_of_the_peer_is_killed_and_started_again_which_resets_the_connection()
    {
        var transfer = new Transfer(request: HundredKilobytes with { Bytes = 1_000_000 });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 50_000);
        transfer.Server.Kill();
        _ = new SimulatedEndpoint(transfer.Network, Transfer.ServerAddress);
        transfer.RunUntil(() => transfer.ClientUser.Closed is not null);

        Assert.Equal(CloseCause.Reset, transfer.ClientUser.Closed!.Value.Cause);
    }

    [Fact]
    public void The_process_of_the_peer_is_killed_and_its_host_says_so()
    {
        var transfer = new Transfer(request: HundredKilobytes with { Bytes = 1_000_000 });
        transfer.Network.ReportsUnreachablePorts = true;
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 50_000);
        transfer.Server.Kill();
        transfer.RunUntil(() => transfer.ClientUser.Closed is not null);

        Assert.Equal(CloseCause.Reset, transfer.ClientUser.Closed!.Value.Cause);
        Assert.InRange(transfer.Simulator.Now.Micros, 0, 5_000_000);
    }

    [Fact]
    public void The_host_of_the_peer_vanishes_and_the_connection_is_given_up()
    {
        var transfer = new Transfer(request: HundredKilobytes with { Bytes = 1_000_000 });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 50_000);
        transfer.Server.Kill();
        transfer.RunUntil(() => transfer.ClientUser.Closed is not null);

        Assert.Equal(CloseCause.TooManyRetransmissions, transfer.ClientUser.Closed!.Value.Cause);
    }
}
