using Utp.Protocol;
using Utp.Testing;

namespace Utp.Simulation.Tests.Scenarios;

public class LossScenarios
{
    private static readonly TransferPlan OneMegabyte = new() { Bytes = 1_000_000 };
    private static readonly Func<SeenPacket, bool> IsData = packet => packet.Type == PacketType.Data;

    [Theory]
    [InlineData(new[] { 200 })]
    [InlineData(new[] { 200, 201 })]
    [InlineData(new[] { 200, 203, 206, 209 })]
    [InlineData(new[] { 1 })]
    public void Single_losses_are_repaired_without_a_timeout(int[] numbers)
    {
        var transfer = new Transfer(request: OneMegabyte);
        transfer.Forth.Filter = Lose.Numbers(IsData, numbers);
        transfer.RunToSuccess();

        Assert.Equal(numbers.Length, transfer.ClientStats.PacketsLost);
        Assert.Equal(0, transfer.ClientStats.Timeouts);
    }

    [Fact]
    public void Lost_acks_cost_neither_time_nor_window_because_the_next_one_says_the_same()
    {
        var link = new LinkOptions { LatencyMicros = 10_000, RateBytesPerSecond = 1_250_000, QueueBytes = 256_000 };
        var kept = new Transfer(link, OneMegabyte);
        var lost = new Transfer(link, OneMegabyte);
        lost.Back.Options = link with { Loss = Ratio.Percent(10) };
        kept.RunToSuccess();
        lost.RunToSuccess();

        Assert.InRange(lost.Back.Statistics.Lost, 20, long.MaxValue);
        Assert.Equal(0, lost.ClientStats.PacketsLost);
        Assert.InRange(lost.Simulator.Now.Micros, 0, kept.Simulator.Now.Micros * 110 / 100);
    }

    [Fact]
    public void A_burst_of_twenty_is_repaired()
    {
        var transfer = new Transfer(request: OneMegabyte);
        transfer.Forth.Filter = Lose.Numbers(IsData, [.. Enumerable.Range(200, 20)]);
        transfer.RunToSuccess();

        Assert.Equal(20, transfer.ClientStats.PacketsLost);
    }

    [Fact]
    public void The_last_packet_is_repaired_although_nothing_follows_it()
    {
        var transfer = new Transfer(request: OneMegabyte with { End = TransferEnd.Open });
        var last = 0;
        transfer.Forth.Filter = Lose.First(1, packet => IsData(packet) && (last += packet.Payload.Length) == OneMegabyte.Bytes);
        transfer.Start();
        transfer.RunUntil(() => transfer.ClientUser.IsComplete && transfer.ServerUser.BytesReceived == OneMegabyte.Bytes);

        Assert.Equal(1, transfer.Forth.Statistics.Filtered);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_lost_fin_is_sent_again(int losses)
    {
        var transfer = new Transfer(request: OneMegabyte);
        transfer.Forth.Filter = Lose.First(losses, PacketType.Fin);
        transfer.RunToSuccess();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_retransmission_that_is_lost_is_sent_again(int losses)
    {
        var transfer = new Transfer(request: OneMegabyte);
        var seen = new Dictionary<int, int>();
        transfer.Forth.Filter = Lose.When(packet =>
        {
            if (!IsData(packet))
                return false;
            seen[packet.Seq] = seen.GetValueOrDefault(packet.Seq) + 1;
            return packet.Seq == seen.Keys.First() && seen[packet.Seq] <= 1 + losses;
        });
        transfer.RunToSuccess();

        Assert.Equal(1 + losses, transfer.Forth.Statistics.Filtered);
    }

    [Fact]
    public void Every_fifth_packet_is_lost_in_both_directions()
    {
        var transfer = new Transfer(request: OneMegabyte, answer: OneMegabyte with { Bytes = 300_000 });
        transfer.Forth.Filter = Lose.Every(5, _ => true);
        transfer.Back.Filter = Lose.Every(5, _ => true);
        transfer.RunToSuccess();
    }

    [Fact]
    public void One_of_five_is_lost_by_chance_in_both_directions() =>
        new Transfer(
            new LinkOptions { LatencyMicros = 10_000, Loss = Ratio.Percent(20) },
            OneMegabyte, OneMegabyte, new ConnectionOptions { MaxTimeouts = 20, ConnectTimeoutMicros = 60_000_000 }).RunToSuccess();

    [Fact]
    public void Half_of_the_acknowledgements_are_lost_and_little_is_sent_twice()
    {
        var transfer = new Transfer(request: OneMegabyte with { End = TransferEnd.Open });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.Connection?.Core.IsAddressConfirmed == true);
        transfer.Back.Options = transfer.Back.Options with { Loss = Ratio.Percent(50) };
        transfer.RunUntil(() => transfer.ClientUser.IsComplete && transfer.ServerUser.BytesReceived == OneMegabyte.Bytes);

        Assert.InRange(transfer.ClientStats.Retransmissions, 0, 20);
    }

    [Fact]
    public void A_peer_that_is_stopped_for_a_second_causes_a_spurious_timeout_that_is_undone()
    {
        var transfer = new Transfer(request: OneMegabyte with { Bytes = 4_000_000 });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        var before = transfer.ClientStats;
        transfer.Server.Pause(1_000_000);
        transfer.Simulator.RunFor(1_100_000);
        var after = transfer.ClientStats;
        transfer.RunToSuccess();

        Assert.InRange(after.SpuriousTimeouts, 1, after.Timeouts);
        Assert.InRange(after.CongestionWindowBytes, before.CongestionWindowBytes / 8, long.MaxValue);
    }

    [Fact]
    public void A_peer_that_answers_nothing_any_more_is_given_up_with_the_reason()
    {
        var transfer = new Transfer(request: OneMegabyte, options: new ConnectionOptions { MaxTimeouts = 5 });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 100_000);
        transfer.Forth.Options = transfer.Back.Options = transfer.Back.Options with { Loss = Ratio.Always };
        transfer.RunUntil(() => transfer.ClientUser.Closed is not null);

        var reason = transfer.ClientUser.Closed!.Value;
        Assert.Equal(CloseCause.TooManyRetransmissions, reason.Cause);
        Assert.Contains("5 consecutive time-outs", reason.Detail, StringComparison.Ordinal);
    }
}
