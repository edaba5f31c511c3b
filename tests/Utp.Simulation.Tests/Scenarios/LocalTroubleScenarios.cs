using Utp.Protocol;

namespace Utp.Simulation.Tests.Scenarios;

public class LocalTroubleScenarios
{
    private static readonly TransferPlan OneMegabyte = new() { Bytes = 1_000_000 };

    [Fact]
    public void A_socket_that_would_block_for_seconds_costs_no_window_and_nothing_is_lost()
    {
        var transfer = new Transfer(request: OneMegabyte, answer: OneMegabyte);
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 300_000);
        var before = transfer.ClientStats;
        transfer.Client.BlockSends(4_000_000);
        transfer.Simulator.RunFor(4_000_000);
        var after = transfer.ClientStats;
        Assert.InRange(transfer.Client.SendsRefused, 1, 100);
        Assert.Equal(before.PacketsLost, after.PacketsLost);
        Assert.Equal(before.Timeouts, after.Timeouts);
        Assert.InRange(after.CongestionWindowBytes, before.CongestionWindowBytes, long.MaxValue);

        transfer.RunToSuccess();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    public void A_socket_that_never_takes_anything_again_ends_the_connection_in_time_with_a_reason(long afterBytes)
    {
        var transfer = new Transfer(request: OneMegabyte, answer: OneMegabyte, options: new ConnectionOptions { IdleTimeoutMicros = 600_000_000, KeepAliveMicros = 0 });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived >= afterBytes);
        var from = transfer.Simulator.Now;
        transfer.Client.BlockSends(24L * 3_600 * 1_000_000);
        transfer.RunUntil(() => transfer.ClientUser.Closed is not null);
        Assert.Equal(afterBytes == 0 ? CloseCause.ConnectTimeout : CloseCause.SocketError, transfer.ClientUser.Closed!.Value.Cause);
        Assert.InRange(transfer.Simulator.Now.Since(from), 1_000_000, 250_000_000);
    }

    [Fact]
    public void A_connection_that_is_aborted_while_the_socket_is_blocked_for_ever_is_forgotten_in_the_end()
    {
        var transfer = new Transfer(request: OneMegabyte, answer: OneMegabyte);
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 300_000);
        transfer.Client.BlockSends(24L * 3_600 * 1_000_000);
        transfer.Simulator.RunFor(100_000);
        transfer.ClientUser.Connection!.Abort();
        transfer.RunUntil(() => transfer.Client.ConnectionCount == 0);
        Assert.InRange(transfer.Simulator.Now.Micros, 0, 250_000_000);
    }

    [Fact]
    public void A_send_buffer_of_5_kB_that_drains_at_1_MB_per_second_is_filled_again_and_again()
    {
        var transfer = new Transfer(
            request: OneMegabyte, options: new ConnectionOptions { Pacing = false },
            client: new EndpointOptions { SendBufferBytes = 5_000, SendBufferBytesPerSecond = 1_000_000 });
        transfer.RunToSuccess();

        Assert.InRange(transfer.Client.SendsRefused, 10, 10_000);
        Assert.Equal(0, transfer.ClientStats.Retransmissions);
        Assert.InRange(transfer.Simulator.Now.Micros, 1_000_000, 1_600_000);
    }

    [Fact]
    public void A_receive_buffer_of_208_kB_slows_the_transfer_down_and_does_not_break_it()
    {
        // A busy machine that reads every 20 ms, at the end of a fast path.
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 200, RateBytesPerSecond = 125_000_000, QueueBytes = 8 << 20 },
            OneMegabyte with { Bytes = 50_000_000, MaxBufferedBytes = 4 << 20 },
            server: new EndpointOptions { ReceiveDelayMicros = 20_000, ReceiveBufferBytes = 208 << 10 });
        transfer.RunToSuccess();

        // A full buffer every 20 ms would be 10.6 MB/s.
        var seconds = transfer.Simulator.Now.Micros / 1e6;
        Assert.InRange(50 / seconds, 4, 11);
    }

    [Fact]
    public void A_process_that_is_stopped_for_a_while_goes_on_where_it_was()
    {
        var transfer = new Transfer(request: OneMegabyte, answer: OneMegabyte);
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 300_000);
        transfer.Server.Pause(7_000_000);
        transfer.RunToSuccess();
    }

    [Fact]
    public void A_coarse_timer_of_10_ms_costs_time_and_nothing_else()
    {
        var coarse = new EndpointOptions { TimerGranularityMicros = 10_000 };
        new Transfer(
            new LinkOptions { LatencyMicros = 10_000, Loss = Ratio.Percent(1) }, OneMegabyte, OneMegabyte, client: coarse, server: coarse).RunToSuccess();
    }
}
