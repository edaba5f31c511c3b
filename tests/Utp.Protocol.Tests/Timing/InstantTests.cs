using Xunit;

namespace Utp.Protocol.Tests.Timing;

public sealed class InstantTests
{
    [Fact]
    public void An_instant_moves_in_both_directions()
    {
        Assert.Equal(new Instant(15), new Instant(10).Plus(5));
        Assert.Equal(new Instant(5), new Instant(10).Plus(-5));
        Assert.Equal(new Instant(-5), Instant.Zero.Plus(-5));
    }

    [Fact]
    public void Never_stays_never_and_too_late_is_never()
    {
        Assert.Equal(Instant.Never, Instant.Never.Plus(5));
        Assert.Equal(Instant.Never, Instant.Never.Plus(-5));
        Assert.Equal(Instant.Never, new Instant(10).Plus(long.MaxValue));
        Assert.Equal(Instant.Never, new Instant(long.MaxValue - 10).Plus(11));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1_000)]
    [InlineData(999, 1_000)]
    [InlineData(1_000, 1_000)]
    [InlineData(1_001, 2_000)]
    public void An_instant_is_rounded_up_to_the_end_of_its_millisecond(long micros, long end)
    {
        Assert.Equal(new Instant(end), new Instant(micros).RoundedUp(1_000));
        Assert.Equal(Instant.Never, Instant.Never.RoundedUp(1_000));
        Assert.Equal(Instant.Never, new Instant(long.MaxValue - 1).RoundedUp(1_000));
    }

    [Fact]
    public void Instants_are_ordered_by_time()
    {
        var (early, late) = (new Instant(1), new Instant(2));

        Assert.True(early < late && early <= late && late > early && late >= early && early < Instant.Never);
        Assert.True(early.CompareTo(late) < 0);
        Assert.Equal(early, Instant.Min(early, late));
        Assert.Equal(late, Instant.Max(early, late));
        Assert.Equal(1, late.Since(early));
        Assert.Equal(-1, early.Since(late));
    }
}
