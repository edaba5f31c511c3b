using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class DelayHistoryTests
{
    private const long Minute = 60_000_000;
    private static readonly Instant Start = new(123_456_789);

    [Fact]
    public void The_base_is_the_smallest_delay_so_far()
    {
        var history = new DelayHistory();
        Assert.False(history.HasBase);

        foreach (var delay in (uint[])[500, 300, 400])
            history.Add(delay, Start);

        Assert.True(history.HasBase);
        Assert.Equal(300u, history.Base);
    }

    [Fact]
    public void The_smallest_is_found_across_the_wrap()
    {
        var history = new DelayHistory();
        history.Add(200, Start);

        history.Add(uint.MaxValue - 99, Start);
        history.Add(100, Start);

        Assert.Equal(uint.MaxValue - 99, history.Base);
        Assert.Equal(200, DelayHistory.Distance(history.Base, 100));
    }

    [Fact]
    public void A_minimum_is_remembered_for_ten_minutes_and_not_longer()
    {
        var history = new DelayHistory();
        history.Add(100, Start);

        for (var minute = 1; minute < 10; minute++)
        {
            history.Add(900, Start.Plus(minute * Minute));
            Assert.Equal(100u, history.Base);
        }

        history.Add(900, Start.Plus(10 * Minute));
        Assert.Equal(900u, history.Base);
    }

    [Fact]
    public void A_minimum_of_a_later_minute_takes_over_when_the_first_is_forgotten()
    {
        var history = new DelayHistory();
        history.Add(100, Start);
        history.Add(400, Start.Plus(5 * Minute));

        history.Add(900, Start.Plus(10 * Minute));
        Assert.Equal(400u, history.Base);

        history.Add(900, Start.Plus(15 * Minute));
        Assert.Equal(900u, history.Base);
    }

    [Theory]
    [InlineData(9, 100u)]
    [InlineData(10, 900u)]
    [InlineData(100_000, 900u)]
    public void Minutes_without_a_sample_pass_like_any_other(int minutes, uint expected)
    {
        var history = new DelayHistory();
        history.Add(100, Start);

        history.Add(900, Start.Plus(minutes * Minute));

        Assert.Equal(expected, history.Base);
    }

    [Fact]
    public void Minutes_keep_their_rhythm_when_samples_come_late()
    {
        var history = new DelayHistory();
        history.Add(100, Start);
        history.Add(200, Start.Plus(Minute + (Minute / 2)));

        // The second minute began at 60 s, not at 90 s: at 660 s it is the eleventh back.
        history.Add(900, Start.Plus(11 * Minute));

        Assert.Equal(900u, history.Base);
    }

    [Fact]
    public void A_shift_moves_every_minute()
    {
        var history = new DelayHistory();
        history.Add(100, Start);
        history.Add(400, Start.Plus(5 * Minute));

        history.Shift(50);
        Assert.Equal(150u, history.Base);

        history.Add(900, Start.Plus(10 * Minute));
        Assert.Equal(450u, history.Base);
    }

    [Fact]
    public void A_restart_forgets_all()
    {
        var history = new DelayHistory();
        history.Add(100, Start);

        history.Restart(5_000, Start);
        Assert.Equal(5_000u, history.Base);

        history.Add(4_000, Start.Plus(1));
        Assert.Equal(4_000u, history.Base);
    }

    [Fact]
    public void It_agrees_with_a_plain_list_of_the_last_ten_minutes()
    {
        // Any offset of the clocks, delays up to 10 s, pauses up to 4 minutes.
        Gen.Select(Gen.UInt, Gen.Select(Gen.UInt[0, 10_000_000], Gen.Long[0, 4 * Minute]).Array[1, 100]).Sample(
            static (offset, steps) =>
            {
                var history = new DelayHistory();
                var seen = new List<(long Minute, uint Delay)>();
                long elapsed = 0;
                foreach (var (delay, pause) in steps)
                {
                    elapsed += seen.Count == 0 ? 0 : pause;
                    seen.Add((elapsed / Minute, delay));
                    history.Add(unchecked(delay + offset), Start.Plus(elapsed));
                    var expected = seen.Where(one => one.Minute > (elapsed / Minute) - 10).Min(static one => one.Delay);
                    Assert.Equal(expected, unchecked(history.Base - offset));
                }
            });
    }
}
