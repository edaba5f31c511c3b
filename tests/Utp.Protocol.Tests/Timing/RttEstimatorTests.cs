using Xunit;

namespace Utp.Protocol.Tests.Timing;

public sealed class RttEstimatorTests
{
    private const long InitialRto = 1_000_000;
    private const long Floor = 500_000;
    private const long Ceiling = 60_000_000;
    private static readonly Instant Now = new(1_000_000_000);

    private static RttEstimator New(long floor = Floor) => new(InitialRto, floor, Ceiling);

    [Fact]
    public void Before_the_first_sample_the_rto_is_the_initial_one()
    {
        var rtt = New();

        Assert.False(rtt.HasSample);
        Assert.Equal(InitialRto, rtt.RtoMicros);
        Assert.Equal(0, rtt.SmoothedMicros);
        Assert.Equal(0, rtt.MinMicros);
    }

    [Fact]
    public void The_first_sample_is_the_smoothed_round_trip_and_half_of_it_the_variation()
    {
        var rtt = New();

        rtt.OnSample(400_000, Now);

        Assert.Equal(400_000, rtt.SmoothedMicros);
        Assert.Equal(200_000, rtt.VariationMicros);
        Assert.Equal(400_000 + (4 * 200_000), rtt.RtoMicros);
    }

    [Fact]
    public void A_further_sample_moves_variation_by_a_quarter_and_smoothed_by_an_eighth()
    {
        var rtt = New();
        rtt.OnSample(800_000, Now);

        rtt.OnSample(400_000, Now);

        // RTTVAR = 3/4 · 400,000 + 1/4 · |800,000 − 400,000|; SRTT = 7/8 · 800,000 + 1/8 · 400,000.
        Assert.Equal(400_000, rtt.VariationMicros);
        Assert.Equal(750_000, rtt.SmoothedMicros);
        Assert.Equal(750_000 + (4 * 400_000), rtt.RtoMicros);
    }

    [Fact]
    public void A_steady_round_trip_ends_at_the_floor()
    {
        var rtt = New();
        for (var i = 0; i < 200; i++)
            rtt.OnSample(20_000, Now);

        Assert.Equal(20_000, rtt.SmoothedMicros);
        Assert.Equal(Floor, rtt.RtoMicros);
    }

    [Fact]
    public void A_peer_of_ours_lowers_the_floor()
    {
        var rtt = New();
        for (var i = 0; i < 200; i++)
            rtt.OnSample(20_000, Now);

        rtt.SetMinRto(200_000);

        Assert.Equal(200_000, rtt.RtoMicros);
    }

    [Fact]
    public void The_variation_never_counts_for_less_than_the_clock_granularity()
    {
        var rtt = New(floor: 0);
        for (var i = 0; i < 500; i++)
            rtt.OnSample(20_000, Now);

        Assert.Equal(21_000, rtt.RtoMicros);
    }

    [Fact]
    public void Each_time_out_doubles_the_rto_up_to_the_ceiling()
    {
        var rtt = New();

        var seen = new List<long>();
        for (var i = 0; i < 8; i++)
        {
            seen.Add(rtt.RtoMicros / 1_000_000);
            rtt.BackOff();
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], seen);
    }

    [Fact]
    public void Any_number_of_time_outs_stays_at_the_ceiling()
    {
        var rtt = New();
        for (var i = 0; i < 1_000; i++)
            rtt.BackOff();

        Assert.Equal(Ceiling, rtt.RtoMicros);
    }

    [Fact]
    public void A_sample_ends_the_back_off()
    {
        var rtt = New();
        rtt.BackOff();
        rtt.BackOff();

        rtt.OnSample(100_000, Now);

        Assert.Equal(Floor, rtt.RtoMicros);
    }

    [Fact]
    public void An_answer_in_the_same_microsecond_is_still_a_sample()
    {
        var rtt = New();

        rtt.OnSample(0, Now);

        Assert.True(rtt.HasSample);
        Assert.Equal(1, rtt.MinMicros);
        Assert.Equal(Floor, rtt.RtoMicros);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0xFFFF_FFFFu)]
    [InlineData(0x8000_0000u)]
    [InlineData(123_456_789u)]
    public void The_path_round_trip_is_free_of_the_clocks_offset(uint peerClockOffset)
    {
        // We send at 0; 30 ms later the peer has it, holds it for 70 ms, and its answer takes 20 ms.
        var sent = Now;
        var peerHasIt = new WireTimestamp(WireTimestamp.From(sent.Plus(30_000)).Micros + peerClockOffset);
        var peerAnswers = new WireTimestamp(WireTimestamp.From(sent.Plus(100_000)).Micros + peerClockOffset);
        var difference = WireTimestamp.From(sent).MicrosUntil(peerHasIt);
        var arrival = sent.Plus(120_000);
        var rtt = New();

        var path = rtt.OnPathSample(peerAnswers, difference, arrival, arrival.Since(sent));

        Assert.Equal(50_000, path);
        Assert.Equal(50_000, rtt.PathMicros);
        Assert.Equal(50_000, rtt.MinMicros);
    }

    [Fact]
    public void The_path_round_trip_survives_the_wrap_of_the_timestamp()
    {
        var sent = new Instant((1L << 32) - 10_000);
        var difference = WireTimestamp.From(sent).MicrosUntil(WireTimestamp.From(sent.Plus(30_000)));
        var arrival = sent.Plus(50_000);
        var rtt = New();

        Assert.Equal(50_000, rtt.OnPathSample(WireTimestamp.From(sent.Plus(30_000)), difference, arrival, 50_000));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7FFF_FFFFu)]
    public void A_difference_that_means_none_is_no_sample(uint difference)
    {
        var rtt = New();

        Assert.Equal(0, rtt.OnPathSample(WireTimestamp.From(Now), difference, Now.Plus(1_000), 10_000));
        Assert.Equal(0, rtt.MinMicros);
    }

    [Fact]
    public void No_path_round_trip_exceeds_the_time_since_the_first_send()
    {
        var rtt = New();

        Assert.Equal(40_000, rtt.OnPathSample(WireTimestamp.From(Now), 900_000_000, Now, 40_000));
    }

    [Fact]
    public void A_negative_path_round_trip_is_no_sample()
    {
        var rtt = New();

        Assert.Equal(0, rtt.OnPathSample(WireTimestamp.From(Now.Plus(5_000)), 1_000, Now, 40_000));
        Assert.Equal(0, rtt.MinMicros);
    }

    [Fact]
    public void The_minimum_is_forgotten_when_the_path_became_longer()
    {
        var rtt = New();
        rtt.OnSample(10_000, Now);

        rtt.OnSample(90_000, Now.Plus(299_000_000));
        Assert.Equal(10_000, rtt.MinMicros);

        rtt.OnSample(90_000, Now.Plus(301_000_000));
        Assert.Equal(10_000, rtt.MinMicros);

        rtt.OnSample(90_000, Now.Plus(602_000_000));
        Assert.Equal(90_000, rtt.MinMicros);
    }

    [Fact]
    public void A_minimum_from_before_a_long_silence_does_not_count()
    {
        var rtt = New();
        rtt.OnSample(10_000, Now);

        rtt.OnSample(90_000, Now.Plus(3_600_000_000));

        Assert.Equal(90_000, rtt.MinMicros);
    }
}
