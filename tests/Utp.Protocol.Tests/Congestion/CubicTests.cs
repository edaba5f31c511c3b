using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class CubicTests
{
    private const int Mss = 1_000;
    private const long Rtt = 100_000;
    private static readonly Instant Now = new(1_000_000_000);

    private static Cubic New(int initialWindowPackets = 10)
    {
        var law = new Cubic(new CubicOptions { InitialWindowPackets = initialWindowPackets });
        law.OnMaxPayload(Mss);
        return law;
    }

    private static AckSample Ack(long bytes, bool windowLimited = true, bool roundStart = false, long rtt = Rtt, long at = 0) =>
        new(Now.Plus(at), bytes, bytes, windowLimited, null, null, rtt, rtt, rtt, roundStart);

    private static LossSample Loss(bool newEpisode = true) => new(Now, Mss, 10 * Mss, newEpisode);

    /// <summary>A law that lost a packet at 100 packets and is at 70.</summary>
    private static Cubic AfterLossAt100()
    {
        var law = New(100);
        law.OnLoss(Loss());
        Assert.Equal(70 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
        law.OnAck(Ack(0));
        return law;
    }

    [Fact]
    public void It_starts_with_ten_packets_in_slow_start_and_no_opinion_on_pacing()
    {
        var law = new Cubic();
        law.OnMaxPayload(Mss);

        Assert.Equal("cubic", law.Name);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);
        Assert.False(law.InConservativeSlowStart);
        Assert.Equal(long.MaxValue, law.PacingBytesPerSecond);
    }

    [Fact]
    public void Slow_start_doubles_per_round_trip_and_one_ack_of_much_no_more_than_doubles()
    {
        var law = New();
        for (var packet = 0; packet < 10; packet++)
            law.OnAck(Ack(Mss));
        Assert.Equal(20 * Mss, law.WindowBytes);

        law.OnAck(Ack(1_000 * Mss));
        Assert.Equal(40 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_round_trip_that_rises_quarters_the_growth_and_after_five_rounds_ends_slow_start()
    {
        var law = New();
        for (var i = 0; i < 8; i++)
            law.OnAck(Ack(0, roundStart: i == 0));
        for (var i = 0; i < 8; i++)
            law.OnAck(Ack(0, roundStart: i == 0, rtt: Rtt + 13_000));
        Assert.True(law.InConservativeSlowStart);

        law.OnAck(Ack(10 * Mss, rtt: Rtt + 13_000));
        Assert.Equal(12_500, law.WindowBytes);

        for (var round = 2; round <= 5; round++)
            law.OnAck(Ack(0, roundStart: true, rtt: Rtt + 13_000));
        Assert.True(law.InConservativeSlowStart);
        law.OnAck(Ack(0, roundStart: true, rtt: Rtt + 13_000));

        Assert.False(law.InSlowStart);
        Assert.False(law.InConservativeSlowStart);
        Assert.Equal(12_500, law.WindowBytes);
    }

    [Fact]
    public void A_round_trip_that_falls_again_brings_full_speed_back()
    {
        var law = New();
        for (var i = 0; i < 8; i++)
            law.OnAck(Ack(0, roundStart: i == 0));
        for (var i = 0; i < 8; i++)
            law.OnAck(Ack(0, roundStart: i == 0, rtt: Rtt + 13_000));
        Assert.True(law.InConservativeSlowStart);

        for (var i = 0; i < 8; i++)
            law.OnAck(Ack(0, roundStart: i == 0));
        Assert.False(law.InConservativeSlowStart);
        law.OnAck(Ack(10 * Mss));

        Assert.Equal(20 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Without_a_loss_congestion_avoidance_starts_flat()
    {
        var law = New();
        for (var i = 0; i < 8; i++)
            law.OnAck(Ack(0, roundStart: i == 0));
        for (var i = 0; i < 6 * 8; i++)
            law.OnAck(Ack(0, roundStart: i % 8 == 0, rtt: Rtt + 13_000));
        Assert.False(law.InSlowStart);

        // 0.4 × 1³ packets after a second; Reno's one packet per round trip is more.
        law.OnAck(Ack(10 * Mss, at: 900_000));
        Assert.Equal(11 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_loss_leaves_seven_tenths_once_per_round_trip()
    {
        var law = New(100);

        law.OnLoss(Loss(newEpisode: true));
        law.OnLoss(Loss(newEpisode: false));
        Assert.Equal(70 * Mss, law.WindowBytes);

        law.OnLoss(Loss(newEpisode: true));
        Assert.Equal(49 * Mss, law.WindowBytes);
    }

    [Fact]
    public void The_window_returns_to_where_it_lost_after_k_seconds()
    {
        // K = 4.217 s; the goal is one round trip ahead. Before it concave, flat there, convex behind it.
        const long LongRtt = 2 * Rtt;
        var law = AfterLossAt100();
        var windows = new List<long> { law.WindowBytes };
        for (var round = 1; round <= 42; round++)
        {
            law.OnAck(Ack(law.WindowBytes, rtt: LongRtt, at: round * LongRtt));
            windows.Add(law.WindowBytes);
        }

        Assert.Equal(100_000, windows[21], 10.0);
        Assert.True(windows[2] - windows[1] > 5 * (windows[16] - windows[15]));
        Assert.True(windows[42] - windows[41] > 5 * (windows[28] - windows[27]));
    }

    [Fact]
    public void Losing_again_below_the_last_loss_gives_way_to_a_newcomer()
    {
        // Fast convergence: from 70 packets the plateau is 59.5, not 70: K = cbrt(10.5 / 0.4) = 2.97 s.
        var law = AfterLossAt100();
        law.OnLoss(Loss());
        Assert.Equal(49 * Mss, law.WindowBytes);
        law.OnAck(Ack(0));

        for (var round = 1; round <= 29; round++)
            law.OnAck(Ack(law.WindowBytes, at: round * Rtt));

        // Reno's estimate is ahead of the flat part: 49 + 29 × 0.53 = 64.4.
        Assert.InRange(law.WindowBytes, 59_500, 64_400);
    }

    [Fact]
    public void A_window_that_is_not_used_does_not_grow()
    {
        var slow = New();
        slow.OnAck(Ack(10 * Mss, windowLimited: false));
        Assert.Equal(10 * Mss, slow.WindowBytes);

        var steady = AfterLossAt100();
        steady.OnAck(Ack(70 * Mss, windowLimited: false, at: 1_000_000));
        Assert.Equal(70 * Mss, steady.WindowBytes);
    }

    [Fact]
    public void Time_in_which_the_window_is_not_used_does_not_make_it_jump()
    {
        var (steady, paused) = (AfterLossAt100(), AfterLossAt100());

        paused.OnAck(Ack(0, windowLimited: false));
        paused.OnAck(Ack(0, at: 60_000_000));
        paused.OnAck(Ack(70 * Mss, at: 61_000_000));
        steady.OnAck(Ack(70 * Mss, at: 1_000_000));

        Assert.Equal(steady.WindowBytes, paused.WindowBytes);
    }

    [Fact]
    public void A_time_out_leaves_two_packets_and_slow_start_to_seven_tenths()
    {
        var law = AfterLossAt100();

        law.OnTimeout(Now);
        Assert.Equal(2 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);

        for (var i = 0; i < 10 && law.InSlowStart; i++)
            law.OnAck(Ack(law.WindowBytes));
        Assert.Equal(49 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void After_a_time_out_the_old_plateau_is_forgotten()
    {
        var law = AfterLossAt100();
        law.OnTimeout(Now);
        for (var i = 0; i < 10 && law.InSlowStart; i++)
            law.OnAck(Ack(law.WindowBytes));
        Assert.Equal(49 * Mss, law.WindowBytes);
        law.OnAck(Ack(0));

        // From 49 packets with a plateau of 100 it would reach 63 in a second; flat, it grows by one packet.
        law.OnAck(Ack(49 * Mss, at: 900_000));

        Assert.Equal(50 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Further_time_outs_of_the_same_packet_do_not_lower_the_threshold()
    {
        var law = AfterLossAt100();
        law.OnTimeout(Now);
        law.OnTimeout(Now);
        law.OnTimeout(Now);

        for (var i = 0; i < 10 && law.InSlowStart; i++)
            law.OnAck(Ack(law.WindowBytes));

        Assert.Equal(49 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_slow_start_after_a_time_out_ends_at_its_threshold_and_not_by_delay()
    {
        var law = AfterLossAt100();
        law.OnTimeout(Now);
        for (var round = 0; round < 8; round++)
        {
            for (var i = 0; i < 8; i++)
                law.OnAck(Ack(0, roundStart: i == 0, rtt: Rtt + (round * 20_000)));
        }

        Assert.True(law.InSlowStart);
        Assert.False(law.InConservativeSlowStart);
        law.OnAck(Ack(2 * Mss));
        Assert.Equal(4 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_spurious_time_out_is_undone_with_curve_and_threshold()
    {
        var (undone, steady) = (AfterLossAt100(), AfterLossAt100());
        undone.OnTimeout(Now);
        undone.OnTimeout(Now);
        undone.OnAck(Ack(Mss));

        undone.OnSpuriousTimeout(Now);

        Assert.Equal(70 * Mss, undone.WindowBytes);
        Assert.False(undone.InSlowStart);
        undone.OnAck(Ack(70 * Mss, at: 1_000_000));
        steady.OnAck(Ack(70 * Mss, at: 1_000_000));
        Assert.Equal(steady.WindowBytes, undone.WindowBytes);
    }

    [Fact]
    public void A_spurious_time_out_in_slow_start_goes_on_with_slow_start()
    {
        var law = New();
        law.OnTimeout(Now);

        law.OnSpuriousTimeout(Now);

        Assert.True(law.InSlowStart);
        law.OnAck(Ack(10 * Mss));
        Assert.Equal(20 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_time_out_is_undone_once_and_not_after_a_loss()
    {
        var law = AfterLossAt100();
        law.OnSpuriousTimeout(Now);
        Assert.Equal(70 * Mss, law.WindowBytes);

        law.OnTimeout(Now);
        law.OnLoss(Loss());
        law.OnSpuriousTimeout(Now);

        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void After_an_idle_period_it_starts_from_ten_packets_and_finds_most_of_its_window_again()
    {
        var law = New();
        for (var i = 0; i < 4; i++)
            law.OnAck(Ack(law.WindowBytes));
        law.OnLoss(Loss());
        Assert.Equal(112 * Mss, law.WindowBytes);

        law.OnIdleRestart(5_000_000, Now);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);

        for (var i = 0; i < 4; i++)
            law.OnAck(Ack(law.WindowBytes));
        Assert.Equal(84 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void An_idle_period_leaves_a_small_window_alone_and_does_not_make_it_jump()
    {
        var law = New();
        law.OnLoss(Loss());
        law.OnAck(Ack(0));

        law.OnIdleRestart(60_000_000, Now.Plus(60_000_000));
        Assert.Equal(7 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);

        law.OnAck(Ack(7 * Mss, at: 60_000_000 + Rtt));
        Assert.InRange(law.WindowBytes, 7_000, 8_000);
    }

    [Fact]
    public void An_idle_period_in_the_first_slow_start_goes_on_with_it()
    {
        var law = New();
        law.OnAck(Ack(10 * Mss));

        law.OnIdleRestart(5_000_000, Now);

        Assert.Equal(10 * Mss, law.WindowBytes);
        for (var i = 0; i < 3; i++)
            law.OnAck(Ack(law.WindowBytes));
        Assert.Equal(80 * Mss, law.WindowBytes);
    }

    [Fact]
    public void The_window_never_falls_below_two_packets()
    {
        var law = New(2);

        law.OnLoss(Loss());
        Assert.Equal(2 * Mss, law.WindowBytes);
        law.OnTimeout(Now);
        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_larger_packet_raises_the_smallest_window_only()
    {
        var law = New();
        law.OnMaxPayload(4_000);
        Assert.Equal(10 * Mss, law.WindowBytes);

        law.OnMaxPayload(9_000);
        Assert.Equal(18_000, law.WindowBytes);
    }

    [Fact]
    public void Pacing_is_twice_the_window_per_round_trip_in_slow_start_and_a_quarter_more_afterwards()
    {
        var law = New();
        law.OnAck(Ack(0));
        Assert.Equal(2 * 10 * Mss * 10, law.PacingBytesPerSecond);

        law.OnLoss(Loss());
        Assert.Equal(7 * Mss * 10 * 5 / 4, law.PacingBytesPerSecond);
    }

    [Fact]
    public void It_leaves_slow_start_before_it_loses_and_then_fills_the_queue_again_and_again()
    {
        // 10 Mbit/s, 40 ms: the path holds 50 kB, and the conservative rounds make three times as much.
        var law = New();
        var path = new FluidPath(law, 1_250_000, 40_000, queueBytes: 600_000);

        path.Rounds(12);
        Assert.Equal(0, path.Losses);
        Assert.False(law.InSlowStart);

        for (var round = 0; round < 2_000; round++)
        {
            path.Round();
            Assert.True(law.WindowBytes > 50_000, $"{law.WindowBytes}");
        }

        Assert.InRange(path.Losses, 3, 100);
    }

    [Fact]
    public void Equal_samples_give_equal_windows_and_none_below_the_minimum()
    {
        Gen.Select(Gen.Long[0, 1L << 40], Gen.Long[0, 1L << 40], Gen.Int[0, 20]).Array[1, 200].Sample(
            static steps =>
            {
                var (one, other) = (New(), New());
                long at = 0;
                foreach (var (bytes, time, kind) in steps)
                {
                    at += time >> 20;
                    Apply(one, bytes, time, kind, at);
                    Apply(other, bytes, time, kind, at);
                    Assert.Equal(one.WindowBytes, other.WindowBytes);
                    Assert.True(one.WindowBytes >= 2 * Mss);
                    Assert.True(one.PacingBytesPerSecond > 0);
                }
            });
    }

    [Fact]
    public void It_allocates_nothing()
    {
        var law = New();
        law.OnAck(Ack(Mss));

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                law.OnAck(Ack(Mss, roundStart: i % 10 == 0, rtt: 10_000 + i, at: i * 1_000));
                law.OnLoss(Loss(newEpisode: i % 100 == 0));
            }
        }));
    }

    private static void Apply(Cubic law, long bytes, long rtt, int kind, long at)
    {
        switch (kind)
        {
            case 0:
                law.OnLoss(Loss(bytes % 2 == 0));
                break;
            case 1:
                law.OnTimeout(Now.Plus(at));
                break;
            case 2:
                law.OnSpuriousTimeout(Now.Plus(at));
                break;
            case 3:
                law.OnIdleRestart(rtt, Now.Plus(at));
                break;
            default:
                law.OnAck(Ack(bytes, kind % 2 == 0, kind % 5 == 0, rtt, at));
                break;
        }
    }
}
