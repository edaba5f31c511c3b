using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class QueueingDelayTests
{
    private const long Target = 100_000;
    private static readonly Instant Start = new(1_000_000_000);

    private static AckSample Sample(
        Instant now, uint? delay, uint? peerDelay = null, long rtt = 0, long smoothedRtt = 0, long minRtt = 0) =>
        new(now, 1_000, 10_000, WindowLimited: true, delay, peerDelay, rtt, smoothedRtt, minRtt, RoundStart: false);

    [Fact]
    public void It_is_what_the_delay_exceeds_its_smallest_by_whatever_the_clocks_offset()
    {
        foreach (var offset in (uint[])[0, 0x7FFF_FFFF, 0xFFFF_FF00])
        {
            var queueing = new QueueingDelay(Target);
            queueing.OnAck(Sample(Start, unchecked(20_000 + offset)));

            Assert.True(queueing.OnAck(Sample(Start, unchecked(65_000 + offset))));

            Assert.Equal(45_000, queueing.LatestMicros);
            Assert.False(queueing.IsFromRoundTrip);
        }
    }

    [Fact]
    public void The_current_one_is_the_smallest_of_the_last_four_samples()
    {
        var queueing = new QueueingDelay(Target);
        var seen = new List<long>();
        foreach (var delay in (uint[])[1_000, 31_000, 41_000, 51_000, 61_000, 71_000])
        {
            queueing.OnAck(Sample(Start, delay));
            seen.Add(queueing.CurrentMicros);
        }

        Assert.Equal([0, 0, 0, 0, 30_000, 40_000], seen);
    }

    [Fact]
    public void Samples_from_before_an_idle_period_are_not_current()
    {
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 1_000));
        queueing.OnAck(Sample(Start, 2_000));

        queueing.ForgetCurrent();
        queueing.OnAck(Sample(Start, 51_000));

        Assert.Equal(50_000, queueing.CurrentMicros);
    }

    [Fact]
    public void It_never_exceeds_the_round_trip()
    {
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 0, rtt: 30_000, smoothedRtt: 30_000, minRtt: 30_000));

        queueing.OnAck(Sample(Start, 90_000, rtt: 30_000, smoothedRtt: 30_000, minRtt: 30_000));

        Assert.Equal(30_000, queueing.LatestMicros);
    }

    [Fact]
    public void A_route_that_got_longer_is_believed_after_ten_minutes()
    {
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 20_000));

        for (var second = 1; second <= 600; second++)
            queueing.OnAck(Sample(Start.Plus(second * 1_000_000L), 70_000));

        Assert.Equal(0, queueing.CurrentMicros);
    }

    [Fact]
    public void A_clock_that_steps_forward_does_not_look_like_a_queue()
    {
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 20_000, rtt: 40_000, smoothedRtt: 40_000, minRtt: 40_000));

        // The clock steps by five seconds; the round trip shows 15 ms of queue.
        const uint Step = 5_000_000;
        queueing.OnAck(Sample(Start.Plus(50_000), 35_000 + Step, rtt: 55_000, smoothedRtt: 42_000, minRtt: 40_000));
        Assert.Equal(15_000, queueing.LatestMicros);

        queueing.OnAck(Sample(Start.Plus(90_000), 20_000 + Step, rtt: 40_000, smoothedRtt: 42_000, minRtt: 40_000));
        Assert.Equal(0, queueing.LatestMicros);
    }

    [Fact]
    public void A_clock_that_steps_back_gives_a_new_base()
    {
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 2_000_000, rtt: 40_000, smoothedRtt: 40_000, minRtt: 40_000));

        queueing.OnAck(Sample(Start.Plus(50_000), 1_000_000, rtt: 40_000, smoothedRtt: 40_000, minRtt: 40_000));
        queueing.OnAck(Sample(Start.Plus(90_000), 1_030_000, rtt: 70_000, smoothedRtt: 44_000, minRtt: 40_000));

        Assert.Equal(30_000, queueing.LatestMicros);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(100)]
    [InlineData(400)]
    public void Clocks_that_drift_apart_do_not_look_like_a_queue(int partsPerMillion)
    {
        // The peer's clock runs fast: what it measures of our packets grows, what we measure of its packets falls.
        var queueing = new QueueingDelay(Target);
        long worst = 0;
        for (var second = 0; second < 1_200; second++)
        {
            var drift = (uint)(second * partsPerMillion);
            queueing.OnAck(Sample(Start.Plus(second * 1_000_000L), 20_000 + drift, unchecked(20_000 - drift)));
            worst = Math.Max(worst, queueing.CurrentMicros);
        }

        Assert.True(worst < 1_000, $"{worst} µs of queue that is not there");
    }

    [Fact]
    public void A_clock_that_runs_slow_is_followed_by_the_minimum()
    {
        var queueing = new QueueingDelay(Target);
        for (var second = 0; second < 1_200; second++)
        {
            var drift = (uint)(second * 100);
            queueing.OnAck(Sample(Start.Plus(second * 1_000_000L), unchecked(20_000 - drift), 20_000 + drift));
        }

        Assert.Equal(0, queueing.CurrentMicros);
    }

    [Fact]
    public void A_peer_whose_clock_lies_hides_at_most_what_a_real_clock_could_drift()
    {
        // Its timestamps run 10 % fast, so that the base of its packets falls all the time: 6 s in a minute.
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 20_000, 5_000_000));
        for (var second = 1; second <= 60; second++)
            queueing.OnAck(Sample(Start.Plus(second * 1_000_000L), 120_000, unchecked(5_000_000 - (uint)(second * 100_000))));

        // 100 ms of queue, of which 500 ppm of a minute are hidden.
        Assert.Equal(70_000, queueing.CurrentMicros);
    }

    [Fact]
    public void A_reverse_queue_that_drains_is_not_taken_for_drift()
    {
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 20_000, 300_000));
        queueing.OnAck(Sample(Start.Plus(600_000_000 - 1), 60_000, 300_000));

        // 280 ms fall at once; at most 10 ms of it count.
        queueing.OnAck(Sample(Start.Plus(600_000_000 - 1), 60_000, 20_000));

        Assert.Equal(30_000, queueing.LatestMicros);
    }

    [Fact]
    public void Without_measurements_of_the_peer_the_round_trip_stands_in()
    {
        var queueing = new QueueingDelay(Target);

        Assert.True(queueing.OnAck(Sample(Start, null, smoothedRtt: 90_000, minRtt: 40_000)));

        Assert.True(queueing.IsFromRoundTrip);
        Assert.Equal(50_000, queueing.CurrentMicros);
    }

    [Fact]
    public void Without_any_measurement_nothing_is_said_about_delay()
    {
        var queueing = new QueueingDelay(Target);

        Assert.False(queueing.OnAck(Sample(Start, null)));
        Assert.Equal(0, queueing.CurrentMicros);
    }

    [Fact]
    public void A_missing_measurement_leaves_the_last_one_for_a_minute()
    {
        var queueing = new QueueingDelay(Target);
        queueing.OnAck(Sample(Start, 20_000));
        queueing.OnAck(Sample(Start, 50_000));

        Assert.False(queueing.OnAck(Sample(Start.Plus(59_000_000), null, smoothedRtt: 90_000, minRtt: 40_000)));
        Assert.Equal(30_000, queueing.LatestMicros);

        Assert.True(queueing.OnAck(Sample(Start.Plus(60_000_000), null, smoothedRtt: 90_000, minRtt: 40_000)));
        Assert.True(queueing.IsFromRoundTrip);
    }
}
