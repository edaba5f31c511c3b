using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class CubicCurveTests
{
    private const double Packet = 1_000;
    private const long LongRtt = 100_000;
    private const long ShortRtt = 5_000;
    private static readonly Instant Start = new(1_000_000_000);

    /// <summary>A curve that has just lost a packet at a window of 100 packets, in its first instant.</summary>
    private static CubicCurve AfterLossAt100(out double window)
    {
        var curve = default(CubicCurve);
        curve.OnLoss(100 * Packet);
        window = curve.Grow(70 * Packet, 0, Packet, LongRtt, Start);
        Assert.Equal(70 * Packet, window);
        return curve;
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-8, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(1, 1)]
    [InlineData(8, 2)]
    [InlineData(27, 3)]
    [InlineData(75, 4.217163326508746)]
    [InlineData(0.001, 0.1)]
    [InlineData(1e-30, 1e-10)]
    [InlineData(1e15, 1e5)]
    public void The_cube_root_is_known(double value, double root) => Assert.Equal(root, CubicCurve.CubeRoot(value), 1e-12 * Math.Max(root, 1e-10));

    [Fact]
    public void The_cube_root_cubed_is_the_value() =>
        Gen.Double[1e-9, 1e15].Sample(static value =>
        {
            var root = CubicCurve.CubeRoot(value);
            Assert.InRange(root * root * root / value, 1 - 1e-14, 1 + 1e-14);
        });

    [Fact]
    public void After_a_loss_the_plateau_is_the_lost_window_and_its_distance_the_cube_root_of_what_was_cut()
    {
        // K = cbrt((100 − 70) / 0.4) = 4.217 s.
        var curve = AfterLossAt100(out _);

        Assert.Equal(100 * Packet, curve.Plateau);
        Assert.Equal(4.217163326508746, curve.SecondsToPlateau, 1e-12);
    }

    [Theory]
    [InlineData(1.0, 86.68076383512988)]
    [InlineData(2.0, 95.64033568663878)]
    [InlineData(4.217163326508746, 100)]
    [InlineData(6.0, 102.26670325646442)]
    public void The_window_is_where_the_curve_will_be_in_one_round_trip(double seconds, double packets)
    {
        // W_cubic(t) = 0.4 × (t − 4.217)³ + 100; a whole window of acknowledgements reaches it.
        var curve = AfterLossAt100(out _);
        var now = Start.Plus((long)(seconds * 1_000_000) - LongRtt);

        Assert.Equal(packets * Packet, curve.Grow(70 * Packet, 70 * Packet, Packet, LongRtt, now), 0.1);
    }

    [Fact]
    public void Each_acknowledgement_moves_the_window_by_its_share_of_the_way()
    {
        // At 0.9 s the goal, one round trip ahead, is 86.681 packets; one of 70 acknowledgements moves by a 70th of the way.
        var curve = AfterLossAt100(out _);

        var window = curve.Grow(70 * Packet, Packet, Packet, LongRtt, Start.Plus(900_000));

        Assert.Equal(70_000 + ((86_681 - 70_000) / 70.0), window, 1.0);
    }

    [Fact]
    public void It_grows_by_no_more_than_half_per_round_trip()
    {
        var curve = AfterLossAt100(out var window);

        Assert.Equal(1.5 * window, curve.Grow(window, window, Packet, LongRtt, Start.Plus(60_000_000)));
    }

    [Fact]
    public void It_never_shrinks_when_the_curve_is_below_the_window()
    {
        var curve = AfterLossAt100(out _);

        Assert.Equal(200 * Packet, curve.Grow(200 * Packet, 200 * Packet, Packet, LongRtt, Start.Plus(1_000_000)));
    }

    [Fact]
    public void On_a_short_path_it_grows_as_reno_would()
    {
        // 3 × (1 − 0.7) / (1 + 0.7) packets per round trip, of which 5 ms hold more than the curve.
        var curve = AfterLossAt100(out var window);
        var now = Start;
        for (var round = 1; round <= 10; round++)
        {
            now = now.Plus(ShortRtt);
            var before = window;
            window = curve.Grow(window, window, Packet, ShortRtt, now);
            Assert.InRange((window - before) / Packet, 0.52, 0.53);
        }
    }

    [Fact]
    public void Once_reno_would_be_where_it_lost_it_grows_as_reno()
    {
        var curve = AfterLossAt100(out var window);
        var now = Start;
        while (window < 101 * Packet)
        {
            now = now.Plus(ShortRtt);
            window = curve.Grow(window, window, Packet, ShortRtt, now);
        }

        var before = window;
        window = curve.Grow(window, window, Packet, ShortRtt, now.Plus(ShortRtt));

        Assert.Equal(1, (window - before) / Packet, 0.01);
    }

    [Fact]
    public void A_plateau_that_fell_is_given_up_below_what_the_loss_takes()
    {
        var curve = AfterLossAt100(out _);

        curve.OnLoss(80 * Packet);

        Assert.Equal(80 * Packet * 0.85, curve.Plateau, 6);
    }

    [Fact]
    public void A_plateau_that_rose_is_kept()
    {
        var curve = AfterLossAt100(out _);

        curve.OnLoss(120 * Packet);

        Assert.Equal(120 * Packet, curve.Plateau);
    }

    [Fact]
    public void Without_a_loss_the_curve_starts_where_it_is_flat()
    {
        var curve = default(CubicCurve);

        curve.Grow(50 * Packet, 0, Packet, LongRtt, Start);

        Assert.Equal(50 * Packet, curve.Plateau);
        Assert.Equal(0, curve.SecondsToPlateau);

        // 0.4 × 5³ = 50 packets: a goal beyond half as much again.
        Assert.Equal(75 * Packet, curve.Grow(50 * Packet, 50 * Packet, Packet, LongRtt, Start.Plus(4_900_000)), 6);
    }

    [Fact]
    public void After_a_time_out_the_curve_starts_where_it_is_flat()
    {
        var curve = AfterLossAt100(out _);

        curve.Forget();
        curve.Grow(35 * Packet, 0, Packet, LongRtt, Start.Plus(1_000_000));

        Assert.Equal(35 * Packet, curve.Plateau);
        Assert.Equal(0, curve.SecondsToPlateau);
    }

    [Fact]
    public void Time_in_which_the_window_is_not_used_does_not_count()
    {
        var curve = AfterLossAt100(out _);
        var paused = curve;

        paused.Pause(Start.Plus(500_000));
        paused.Pause(Start.Plus(20_000_000));
        paused.Grow(70 * Packet, 0, Packet, LongRtt, Start.Plus(30_500_000));

        // Half a second before the pause, half a second after it.
        Assert.Equal(
            curve.Grow(70 * Packet, 70 * Packet, Packet, LongRtt, Start.Plus(1_000_000)),
            paused.Grow(70 * Packet, 70 * Packet, Packet, LongRtt, Start.Plus(31_000_000)),
            1e-6);
    }

    [Fact]
    public void A_larger_packet_makes_the_same_curve_steeper()
    {
        var curve = AfterLossAt100(out _);
        var larger = curve;

        // 8 times the packet: half the time to the same plateau.
        larger.Grow(70 * Packet, 0, 8 * Packet, LongRtt, Start);

        Assert.Equal(curve.SecondsToPlateau / 2, larger.SecondsToPlateau, 1e-12);
        Assert.Equal(curve.Plateau, larger.Plateau);
    }
}
