using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class HyStartTests
{
    private const int EnoughSamples = 8;

    /// <summary>A round trip of <paramref name="samples"/> equal samples. Returns whether slow start ended in it.</summary>
    private static bool Round(ref HyStart hyStart, long rttMicros, int samples = EnoughSamples)
    {
        var over = false;
        for (var i = 0; i < samples; i++)
            over |= hyStart.OnAck(roundStart: i == 0, rttMicros);
        return over;
    }

    private static HyStart Conservative()
    {
        var hyStart = new HyStart();
        Round(ref hyStart, 40_000);
        Round(ref hyStart, 50_000);
        Assert.True(hyStart.IsConservative);
        return hyStart;
    }

    [Fact]
    public void It_begins_at_full_speed()
    {
        var hyStart = new HyStart();

        Assert.False(hyStart.IsConservative);
        Assert.Equal(1, hyStart.GrowthDivisor);
    }

    [Theory]
    [InlineData(8_000, 4_000)]
    [InlineData(32_000, 4_000)]
    [InlineData(40_000, 5_000)]
    [InlineData(128_000, 16_000)]
    [InlineData(800_000, 16_000)]
    public void A_round_trip_that_rose_by_an_eighth_but_4_to_16_ms_slows_it_to_a_quarter(long rtt, long rise)
    {
        var below = new HyStart();
        Round(ref below, rtt);
        Round(ref below, rtt + rise - 1);
        Assert.False(below.IsConservative);

        var at = new HyStart();
        Round(ref at, rtt);
        Round(ref at, rtt + rise);
        Assert.True(at.IsConservative);
        Assert.Equal(4, at.GrowthDivisor);
    }

    [Fact]
    public void A_running_round_is_judged_by_its_eighth_sample()
    {
        var hyStart = new HyStart();
        Round(ref hyStart, 40_000);

        Round(ref hyStart, 60_000, EnoughSamples - 1);
        Assert.False(hyStart.IsConservative);

        hyStart.OnAck(roundStart: false, 60_000);
        Assert.True(hyStart.IsConservative);
    }

    [Fact]
    public void A_round_of_fewer_samples_is_judged_when_it_is_over()
    {
        var hyStart = new HyStart();
        Round(ref hyStart, 40_000, samples: 2);
        Round(ref hyStart, 60_000, samples: 2);
        Assert.False(hyStart.IsConservative);

        hyStart.OnAck(roundStart: true, 60_000);

        Assert.True(hyStart.IsConservative);
    }

    [Fact]
    public void The_smallest_of_a_round_counts()
    {
        var hyStart = new HyStart();
        Round(ref hyStart, 40_000);

        hyStart.OnAck(roundStart: true, 41_000);
        for (var i = 0; i < 20; i++)
            hyStart.OnAck(roundStart: false, 90_000);

        Assert.False(hyStart.IsConservative);
    }

    [Fact]
    public void A_round_without_samples_leaves_the_last_ones_minimum()
    {
        var hyStart = new HyStart();
        Round(ref hyStart, 40_000);
        hyStart.OnAck(roundStart: true, rttMicros: 0);

        Round(ref hyStart, 50_000);

        Assert.True(hyStart.IsConservative);
    }

    [Fact]
    public void A_round_trip_that_falls_again_returns_it_to_full_speed()
    {
        var hyStart = Conservative();

        Round(ref hyStart, 50_000);
        Assert.True(hyStart.IsConservative);

        Round(ref hyStart, 49_999);
        Assert.False(hyStart.IsConservative);
        Assert.Equal(1, hyStart.GrowthDivisor);
    }

    [Fact]
    public void After_five_conservative_rounds_slow_start_is_over()
    {
        // The round in which it became conservative is the first of them.
        var hyStart = Conservative();
        for (var round = 2; round <= 5; round++)
            Assert.False(Round(ref hyStart, 50_000));

        Assert.True(hyStart.OnAck(roundStart: true, 50_000));
    }

    [Fact]
    public void A_return_to_full_speed_begins_the_five_rounds_anew()
    {
        var hyStart = Conservative();
        Round(ref hyStart, 50_000);
        Round(ref hyStart, 40_000);
        Assert.False(hyStart.IsConservative);
        Round(ref hyStart, 50_000);
        Assert.True(hyStart.IsConservative);

        for (var round = 2; round <= 5; round++)
            Assert.False(Round(ref hyStart, 50_000));
        Assert.True(Round(ref hyStart, 50_000));
    }

    [Fact]
    public void A_steady_round_trip_never_ends_slow_start()
    {
        var hyStart = new HyStart();
        for (var round = 0; round < 1_000; round++)
            Assert.False(Round(ref hyStart, 40_000 + (round % 3 * 1_000)));
        Assert.False(hyStart.IsConservative);
    }
}
