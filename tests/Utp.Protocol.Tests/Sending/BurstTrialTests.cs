using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class BurstTrialTests
{
    private BurstTrial _trial;

    [Fact]
    public void Long_bursts_are_tried_until_something_is_lost()
    {
        Send(1_000_000);
        Assert.True(_trial.IsOn);
        _trial.OnLost();
        Assert.False(_trial.IsOn);
        Assert.Equal(2_000, PacketsUntilTheNextTrial());
    }

    [Fact]
    public void A_loss_amid_short_bursts_begins_the_wait_again_and_does_not_make_it_longer()
    {
        _trial.OnLost();
        Send(1_999);
        _trial.OnLost();
        Assert.Equal(2_000, PacketsUntilTheNextTrial());
    }

    [Fact]
    public void Each_trial_that_a_loss_ends_soon_doubles_the_wait_up_to_a_bound()
    {
        _trial.OnLost();
        foreach (var wait in new[] { 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 64_000 })
        {
            Assert.Equal(wait, PacketsUntilTheNextTrial());
            Send(100);
            _trial.OnLost();
        }
    }

    [Fact]
    public void A_trial_that_went_well_for_long_halves_the_wait_down_to_a_bound()
    {
        _trial.OnLost();
        Send(2_000 + 100);
        _trial.OnLost();
        foreach (var wait in new[] { 4_000, 2_000, 2_000 })
        {
            Assert.Equal(wait, PacketsUntilTheNextTrial());
            Send(8 * wait);
            _trial.OnLost();
        }
    }

    private void Send(int packets)
    {
        for (var i = 0; i < packets; i++)
            _trial.OnSent();
    }

    private int PacketsUntilTheNextTrial()
    {
        var packets = 0;
        for (; !_trial.IsOn; packets++)
            _trial.OnSent();
        return packets;
    }
}
