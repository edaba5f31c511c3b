using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class LossVerdictTests
{
    private const int Packet = 1_000;
    private const double Before = 50 * Packet;
    private const double Tested = 40 * Packet;

    private LossVerdict _verdict;

    public LossVerdictTests() => _verdict.Begin(Before, Tested, wasSearching: false);

    private LossFinding Arrive(int packets, double window = Tested) => Each(packets, () => _verdict.OnFate(Packet, 0, window, Packet));

    private LossFinding Lose(int packets, double window = Tested) => Each(packets, () => _verdict.OnFate(0, Packet, window, Packet));

    private static LossFinding Each(int packets, Func<LossFinding> fate)
    {
        for (var i = 0; i < packets; i++)
        {
            if (fate() is var finding && finding != LossFinding.None)
                return finding;
        }

        return LossFinding.None;
    }

    private void FindOwn() => Assert.Equal(LossFinding.Own, Arrive(200));

    [Fact]
    public void Losses_that_end_with_the_window_are_its_own_after_two_hundred_packets()
    {
        Assert.Equal(LossFinding.None, Arrive(199));
        Assert.True(_verdict.IsOnTrial);
        Assert.Equal(LossFinding.Own, Arrive(1));
        Assert.True(_verdict.IsOwn);
        Assert.False(_verdict.IsOnTrial);
    }

    [Fact]
    public void Two_losses_in_two_hundred_packets_are_still_none()
    {
        Arrive(100);
        Lose(2);
        Assert.Equal(LossFinding.Own, Arrive(98));
    }

    [Fact]
    public void Losses_that_stay_below_what_anybody_may_lose_are_random_and_known_early()
    {
        Assert.Equal(LossFinding.None, Arrive(60));
        Assert.Equal(LossFinding.None, Lose(2));
        Assert.Equal(LossFinding.Random, Lose(1));
        Assert.False(_verdict.IsOwn);
        Assert.Equal(Before, _verdict.WindowBefore);
    }

    [Fact]
    public void A_burst_of_losses_at_the_start_does_not_decide_before_the_end()
    {
        Arrive(10);
        Assert.Equal(LossFinding.None, Lose(5));
        Assert.Equal(LossFinding.Random, Arrive(185));
    }

    [Fact]
    public void A_smaller_window_that_loses_more_than_anybody_may_was_not_too_large_but_stays_small()
    {
        LossFinding finding = default;
        for (var i = 0; i < 40 && finding == LossFinding.None; i++)
        {
            finding = Arrive(4);
            if (finding == LossFinding.None)
                finding = Lose(1);
        }

        Assert.Equal(LossFinding.TooMuch, finding);
        Assert.False(_verdict.IsOwn);
    }

    [Fact]
    public void Four_losses_under_the_tested_window_overturn_the_verdict()
    {
        FindOwn();
        Arrive(100);
        Assert.Equal(LossFinding.None, Lose(3));
        Assert.Equal(LossFinding.Overturned, Lose(1));
        Assert.False(_verdict.IsOwn);
    }

    [Fact]
    public void Losses_above_the_tested_window_confirm_the_verdict()
    {
        FindOwn();
        Assert.Equal(LossFinding.None, Lose(100, Tested + 1));
        Assert.True(_verdict.IsOwn);
    }

    [Fact]
    public void A_few_losses_in_very_many_packets_are_the_senders_own_bursts()
    {
        FindOwn();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(LossFinding.None, Arrive(100));
            Assert.Equal(LossFinding.None, Lose(1));
        }

        Assert.True(_verdict.IsOwn);
    }

    [Fact]
    public void What_happened_long_ago_does_not_protect_a_verdict_that_is_wrong_now()
    {
        FindOwn();
        Arrive(100_000);
        var lost = 0;
        while (_verdict.IsOwn && lost < 100)
        {
            Arrive(19);
            Lose(1);
            lost++;
        }

        Assert.InRange(lost, 4, 20);
    }

    [Fact]
    public void What_arrived_after_all_was_no_loss()
    {
        Arrive(100);
        Lose(2);
        _verdict.OnNotLost(Packet);
        Assert.Equal(LossFinding.None, Lose(1));
        Assert.Equal(LossFinding.Own, Arrive(98));
    }

    [Fact]
    public void A_queue_that_shows_ends_the_experiment_and_the_verdict()
    {
        _verdict.OnQueueSeen();
        Assert.False(_verdict.IsOnTrial);
        _verdict.Begin(Before, Tested, wasSearching: true);
        FindOwn();
        _verdict.OnQueueSeen();
        Assert.False(_verdict.IsOwn);
    }

    [Fact]
    public void A_second_experiment_in_the_first_goes_back_to_the_window_before_both_and_takes_back_the_verdict()
    {
        _verdict.Begin(Tested, Tested / 2, wasSearching: true);
        Assert.Equal((Before, false, Tested / 2), (_verdict.WindowBefore, _verdict.WasSearching, _verdict.TestedWindow));

        FindOwn();
        _verdict.Begin(Tested / 2, Tested / 4, wasSearching: false);
        Assert.False(_verdict.IsOwn);
        Assert.Equal(Tested / 2, _verdict.WindowBefore);
    }
}
