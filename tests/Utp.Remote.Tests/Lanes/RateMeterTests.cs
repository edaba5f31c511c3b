using System.Diagnostics;

namespace Utp.Remote.Tests.Lanes;

/// <summary>How much a lane may hold follows what it moves.</summary>
public sealed class RateMeterTests
{
    [Theory]
    [InlineData(10_000_000, 1_000_000)]
    [InlineData(100_000_000, 10_000_000)]
    [InlineData(1_000_000, RateMeter.MinHighBytes)]
    [InlineData(2_000_000_000, RateMeter.MaxHighBytes)]
    public void A_lane_that_is_busy_may_hold_100_ms_of_its_rate_within_bounds(long bytesPerSecond, int expected)
    {
        var meter = new RateMeter(0, 0);
        var now = Stopwatch.Frequency;
        meter.OnBusy(now);
        for (var i = 0; i < 1_000; i++)
            meter.OnDelivered((int)(bytesPerSecond / 1_000), now += Stopwatch.Frequency / 1_000);

        Assert.InRange(meter.HighBytes, expected * 0.97, expected * 1.03);
        Assert.Equal(meter.HighBytes / 2, meter.LowBytes);
    }

    [Fact]
    public void A_lane_that_is_seldom_used_is_not_a_slow_one()
    {
        var meter = new RateMeter(0, 0);
        var before = meter.HighBytes;
        var now = Stopwatch.Frequency;
        for (var i = 0; i < 100; i++)
        {
            meter.OnBusy(now += Stopwatch.Frequency);
            meter.OnDelivered(100, now += Stopwatch.Frequency / 1_000);
            meter.OnIdle(writerWaits: false, now);
        }

        Assert.Equal(before, meter.HighBytes);
    }

    [Fact]
    public void A_lane_that_runs_dry_while_Akka_waits_may_hold_what_it_would_have_moved()
    {
        var meter = new RateMeter(0, 0);
        var now = Stopwatch.Frequency;

        // Each time all that it may hold leaves within 10 ms, and then nothing comes until Akka tries again.
        for (var i = 0; i < 5; i++)
        {
            meter.OnBusy(now += Stopwatch.Frequency / 20);
            meter.OnDelivered(2_000_000, now += Stopwatch.Frequency / 100);
            meter.OnIdle(writerWaits: true, now);
        }

        Assert.InRange(meter.HighBytes, 19_500_000, 20_500_000);
    }

    [Fact]
    public void Configured_marks_stay()
    {
        var meter = new RateMeter(1_000_000, 300_000);
        meter.OnBusy(1);
        meter.OnDelivered(1_000, Stopwatch.Frequency);

        Assert.Equal(1_000_000, meter.HighBytes);
        Assert.Equal(300_000, meter.LowBytes);
    }
}
