using Utp.Protocol;

namespace Utp.Simulation.Tests.Scenarios;

public class TimeoutScenarios
{
    private static readonly TransferPlan Silent = new() { End = TransferEnd.Open };
    private static readonly TransferPlan TenKilobytes = new() { Bytes = 10_000, End = TransferEnd.Open };

    [Fact]
    public void An_idle_connection_with_an_idle_timeout_ends_at_both_ends_when_nothing_is_heard()
    {
        var options = new ConnectionOptions { IdleTimeoutMicros = 10_000_000, KeepAliveMicros = 0 };
        var transfer = new Transfer(request: TenKilobytes, answer: TenKilobytes, options: options);
        transfer.Run();

        Assert.Equal(CloseCause.IdleTimeout, transfer.ClientUser.Closed!.Value.Cause);
        Assert.True(transfer.ServerUser.Closed!.Value.Cause is CloseCause.IdleTimeout or CloseCause.Reset);
        Assert.InRange(transfer.Simulator.Now.Micros, 10_000_000, 11_000_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_half_closed_connection_that_hears_nothing_ends_by_the_idle_timeout(bool clientFinishes)
    {
        var options = new ConnectionOptions { IdleTimeoutMicros = 10_000_000, KeepAliveMicros = 0 };
        var finishing = TenKilobytes with { End = TransferEnd.CloseWrite };
        var transfer = new Transfer(request: clientFinishes ? finishing : Silent, answer: clientFinishes ? Silent : finishing, options: options);
        transfer.Run();

        Assert.Contains(CloseCause.IdleTimeout, new[] { transfer.ClientUser.Closed!.Value.Cause, transfer.ServerUser.Closed!.Value.Cause });
    }

    // The time-outs of the utp command, so that a peer that was killed does not hold it for a minute and a half of retransmissions.
    [Fact]
    public void Both_ends_of_a_transfer_give_up_within_30_seconds_of_silence_when_that_is_the_idle_timeout()
    {
        var options = new ConnectionOptions { IdleTimeoutMicros = 30_000_000, KeepAliveMicros = 5_000_000 };
        var transfer = new Transfer(request: TenKilobytes with { Bytes = 100_000_000 }, answer: Silent, options: options);
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        var silence = transfer.Simulator.Now;
        transfer.Forth.Filter = transfer.Back.Filter = static (in DatagramInfo _, ReadOnlySpan<byte> _) => LinkVerdict.Drop;
        transfer.RunUntil(() => transfer.ClientUser.Closed is not null && transfer.ServerUser.Closed is not null);

        Assert.Equal((CloseCause.IdleTimeout, CloseCause.IdleTimeout), (transfer.ClientUser.Closed!.Value.Cause, transfer.ServerUser.Closed!.Value.Cause));
        // What was on the way when it began is still heard.
        Assert.InRange(transfer.Simulator.Now.Since(silence), 29_000_000, 30_100_000);
    }

    [Fact]
    public void Keep_alives_keep_an_idle_connection_through_a_nat_that_forgets_after_30_seconds()
    {
        var transfer = new Transfer(request: Silent, answer: TenKilobytes with { WriterRests = Ratio.Always, WriterRestMicros = 600_000_000, MaxWriteBytes = 5_000, MinWriteBytes = 5_000 });
        var lastOut = Instant.Zero;
        transfer.Forth.Filter = (in DatagramInfo datagram, ReadOnlySpan<byte> _) =>
        {
            lastOut = datagram.SentAt;
            return LinkVerdict.Pass;
        };
        transfer.Back.Filter = (in DatagramInfo datagram, ReadOnlySpan<byte> _) =>
            datagram.SentAt.Since(lastOut) > 30_000_000 ? LinkVerdict.Drop : LinkVerdict.Pass;
        transfer.Start();
        transfer.RunUntil(() => transfer.ClientUser.BytesReceived == TenKilobytes.Bytes);

        Assert.InRange(transfer.Simulator.Now.Micros, 600_000_000, 601_000_000);
        Assert.Equal(0, transfer.Back.Statistics.Filtered);
        Assert.Equal(0, transfer.ServerStats.Retransmissions);
    }

    [Fact]
    public void Keep_alives_prevent_the_idle_timeout_of_a_living_connection()
    {
        var transfer = new Transfer(request: Silent, answer: Silent, options: new ConnectionOptions { IdleTimeoutMicros = 60_000_000 });
        transfer.Start();
        Assert.Equal(RunEnd.Done, transfer.Simulator.RunTo(new Instant(1_000_000_000)));

        Assert.Equal(ConnectionState.Connected, transfer.ClientStats.State);
        Assert.Equal(ConnectionState.Connected, transfer.ServerStats.State);
    }
}
