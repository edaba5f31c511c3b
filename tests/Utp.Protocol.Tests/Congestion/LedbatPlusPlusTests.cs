using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class LedbatPlusPlusTests
{
    private const int Mss = 1_000;
    private const long Target = 60_000;
    private const long Base = 120_000;
    private static readonly Instant Start = new(1_000_000_000);

    private static LedbatPlusPlus New(int initialWindowPackets = 10)
    {
        var law = new LedbatPlusPlus(new LedbatPlusPlusOptions { InitialWindowPackets = initialWindowPackets });
        law.OnMaxPayload(Mss);
        return law;
    }

    private static AckSample Ack(
        long bytes, long queue = 0, long at = 0, bool windowLimited = true, bool roundStart = false, long baseRtt = Base, bool measured = true) =>
        new(Start.Plus(at), bytes, bytes, windowLimited, measured ? 0 : null, null, baseRtt + queue, baseRtt + queue, baseRtt, roundStart);

    /// <summary>An acknowledgement that moves nothing but what is known of the delay.</summary>
    private static AckSample Hear(long queue = 0, long at = 0, bool roundStart = false, long baseRtt = Base) =>
        Ack(Mss, queue, at, windowLimited: false, roundStart, baseRtt);

    private static LossSample Loss(bool newEpisode = true, long at = 0) => new(Start.Plus(at), Mss, 10 * Mss, newEpisode);

    /// <summary>A law that has left slow start by a loss, with the given window; its first slowdown is due after two round trips.</summary>
    private static LedbatPlusPlus Steering(int windowPackets, long baseRtt = Base)
    {
        var law = New(2 * windowPackets);
        law.OnAck(Hear(baseRtt: baseRtt));
        law.OnLoss(Loss());
        Assert.False(law.InSlowStart);
        Assert.Equal(windowPackets * Mss, law.WindowBytes);
        return law;
    }

    /// <summary>Fills the filter of current delays, without beginning a round.</summary>
    private static void SetQueue(LedbatPlusPlus law, long micros)
    {
        for (var i = 0; i < 4; i++)
            law.OnAck(Hear(micros));
        Assert.Equal(micros, law.QueueingDelayMicros);
    }

    /// <summary>A law in its first slowdown, which began at <paramref name="at"/>.</summary>
    private static LedbatPlusPlus InSlowdown(int windowPackets, out long at)
    {
        var law = Steering(windowPackets);
        at = 2 * Base;
        law.OnAck(Hear(at: at));
        Assert.True(law.InSlowdown);
        return law;
    }

    [Fact]
    public void It_starts_with_ten_packets_in_slow_start_and_no_opinion_on_pacing()
    {
        var law = new LedbatPlusPlus();
        law.OnMaxPayload(Mss);

        Assert.Equal("ledbat++", law.Name);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);
        Assert.Equal(long.MaxValue, law.PacingBytesPerSecond);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(7_500, 16)]
    [InlineData(7_999, 16)]
    [InlineData(8_000, 15)]
    [InlineData(20_000, 6)]
    [InlineData(40_000, 3)]
    [InlineData(59_999, 3)]
    [InlineData(60_000, 2)]
    [InlineData(119_999, 2)]
    [InlineData(120_000, 1)]
    [InlineData(2_000_000, 1)]
    public void The_gain_is_smaller_on_a_short_path_but_not_below_a_sixteenth(long baseRtt, int divisor)
    {
        var law = Steering(20, baseRtt);
        law.OnAck(Ack(20 * Mss, baseRtt: baseRtt));
        Assert.Equal((20 * Mss) + (Mss / divisor), law.WindowBytes);

        var slow = New();
        slow.OnAck(Ack(10 * Mss, baseRtt: baseRtt));
        Assert.Equal((10 * Mss) + (10 * Mss / divisor), slow.WindowBytes);
    }

    [Fact]
    public void Without_a_round_trip_the_gain_is_the_smallest()
    {
        var law = New();

        law.OnAck(new AckSample(Start, 10 * Mss, 10 * Mss, true, null, null, 0, 0, 0, false));

        Assert.Equal(10_625, law.WindowBytes);
    }

    [Fact]
    public void One_acknowledgement_of_much_no_more_than_doubles_the_window()
    {
        var law = New();

        law.OnAck(Ack(1_000 * Mss));

        Assert.Equal(20 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Below_the_target_the_step_is_the_gain_whatever_the_delay()
    {
        foreach (var queue in (long[])[0, 30_000, 59_999, Target])
        {
            var law = Steering(20);
            SetQueue(law, queue);
            law.OnAck(Ack(20 * Mss, queue, roundStart: true));
            Assert.Equal(21 * Mss, law.WindowBytes);
        }
    }

    [Theory]
    [InlineData(63_000, 20_000)]
    [InlineData(66_000, 19_000)]
    [InlineData(72_000, 17_000)]
    [InlineData(90_000, 11_000)]
    [InlineData(93_000, 10_000)]
    [InlineData(120_000, 10_000)]
    [InlineData(900_000, 10_000)]
    public void Above_the_target_the_window_falls_in_proportion_to_itself_and_by_half_at_most(long queue, int window)
    {
        var law = Steering(20);
        SetQueue(law, queue);

        law.OnAck(Ack(20 * Mss, queue, roundStart: true));

        Assert.Equal(window, law.WindowBytes);
    }

    [Fact]
    public void It_falls_once_per_round_trip()
    {
        var law = Steering(20);
        SetQueue(law, 120_000);

        for (var i = 0; i < 10; i++)
            law.OnAck(Ack(2 * Mss, 120_000, roundStart: i == 0));

        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void One_late_packet_among_four_is_no_queue()
    {
        var law = Steering(20);
        for (var i = 0; i < 3; i++)
            law.OnAck(Hear(200_000));
        law.OnAck(Hear(10_000));
        for (var i = 0; i < 3; i++)
            law.OnAck(Hear(200_000));
        Assert.Equal(10_000, law.QueueingDelayMicros);

        law.OnAck(Hear(200_000));
        Assert.Equal(200_000, law.QueueingDelayMicros);
    }

    [Fact]
    public void The_handshakes_small_packets_are_no_base_for_those_of_data()
    {
        var law = New();
        law.OnAck(new AckSample(Start, 0, 0, false, null, null, Base - 1_000, Base - 1_000, Base - 1_000, false));

        law.OnAck(Hear());
        Assert.Equal(0, law.QueueingDelayMicros);

        SetQueue(law, 5_000);
    }

    [Fact]
    public void A_base_that_nobody_has_seen_for_ten_minutes_is_forgotten()
    {
        var law = New();
        law.OnAck(Hear());
        for (var minute = 1; minute <= 10; minute++)
            law.OnAck(Hear(20_000, at: minute * 60_000_000L));

        Assert.Equal(0, law.QueueingDelayMicros);
    }

    [Fact]
    public void A_window_that_is_not_used_does_not_grow_but_falls()
    {
        var slow = New();
        slow.OnAck(Ack(10 * Mss, windowLimited: false));
        Assert.Equal(10 * Mss, slow.WindowBytes);

        var steering = Steering(20);
        steering.OnAck(Ack(20 * Mss, windowLimited: false, roundStart: true));
        Assert.Equal(20 * Mss, steering.WindowBytes);

        SetQueue(steering, 61_000);
        steering.OnAck(Ack(20 * Mss, 61_000, windowLimited: false, roundStart: true));
        Assert.Equal(20 * Mss, steering.WindowBytes);

        SetQueue(steering, 90_000);
        steering.OnAck(Ack(20 * Mss, 90_000, windowLimited: false, roundStart: true));
        Assert.Equal(11 * Mss, steering.WindowBytes);
    }

    [Fact]
    public void A_peer_that_measures_nothing_stops_growth_by_its_holding_time_but_does_not_shrink_the_window()
    {
        var law = Steering(20);
        for (var i = 0; i < 40; i++)
            law.OnAck(Ack(2 * Mss, 500_000, roundStart: i % 10 == 0, measured: false));

        Assert.InRange(law.WindowBytes, 20 * Mss, 21 * Mss);
    }

    [Fact]
    public void The_window_never_falls_below_two_packets()
    {
        var law = Steering(3);
        SetQueue(law, 5_000_000);

        for (var i = 0; i < 10; i++)
            law.OnAck(Ack(2 * Mss, 5_000_000, roundStart: true));
        Assert.Equal(2 * Mss, law.WindowBytes);

        law.OnLoss(Loss());
        Assert.Equal(2 * Mss, law.WindowBytes);

        law.OnTimeout(Start);
        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Slow_start_ends_above_three_quarters_of_the_target_with_the_window_that_made_the_queue()
    {
        var law = New();
        law.OnAck(Hear(roundStart: true));
        law.OnAck(Ack(10 * Mss));
        Assert.Equal(20 * Mss, law.WindowBytes);

        for (var i = 0; i < 7; i++)
            law.OnAck(Ack(Mss, 45_001, roundStart: i == 0));
        Assert.True(law.InSlowStart);
        law.OnAck(Ack(Mss, 45_001));

        Assert.False(law.InSlowStart);
        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void At_three_quarters_of_the_target_slow_start_goes_on()
    {
        var law = New();
        law.OnAck(Hear(roundStart: true));
        for (var i = 0; i < 30; i++)
            law.OnAck(Ack(Mss, 45_000, roundStart: i % 10 == 0));

        Assert.True(law.InSlowStart);
    }

    [Fact]
    public void The_queue_that_slow_start_made_is_answered_once()
    {
        var law = New();
        law.OnAck(Hear(roundStart: true));
        law.OnAck(Ack(10 * Mss));
        for (var i = 0; i < 8; i++)
            law.OnAck(Ack(Mss, 200_000, roundStart: i == 0));
        Assert.Equal(10 * Mss, law.WindowBytes);

        law.OnAck(Ack(10 * Mss, 200_000, roundStart: true));
        Assert.Equal(10 * Mss, law.WindowBytes);

        law.OnAck(Ack(10 * Mss, 200_000, roundStart: true));
        Assert.Equal(5 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_loss_halves_the_window_once_per_round_trip_and_ends_slow_start()
    {
        var law = New(40);

        law.OnLoss(Loss(newEpisode: true));
        law.OnLoss(Loss(newEpisode: false));
        Assert.Equal(20 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);

        law.OnLoss(Loss(newEpisode: true));
        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Two_round_trips_after_the_first_slow_start_it_slows_down_to_two_packets()
    {
        var law = Steering(20);

        law.OnAck(Ack(Mss, at: (2 * Base) - 1));
        Assert.False(law.InSlowdown);
        law.OnAck(Ack(Mss, at: 2 * Base));

        Assert.True(law.InSlowdown);
        Assert.False(law.InSlowStart);
        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void In_a_slowdown_the_window_is_two_packets_for_two_round_trips()
    {
        var law = InSlowdown(20, out var at);

        for (var passed = 0L; passed < 2 * Base; passed += Base / 4)
        {
            law.OnAck(Ack(2 * Mss, at: at + passed, roundStart: true));
            Assert.Equal(2 * Mss, law.WindowBytes);
        }

        law.OnAck(Ack(2 * Mss, at: at + (2 * Base), roundStart: true));
        Assert.Equal(4 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);
    }

    [Fact]
    public void After_it_the_window_grows_by_slow_start_to_where_it_was_whatever_the_delay()
    {
        var law = InSlowdown(20, out var at);
        at += 2 * Base;

        foreach (var packets in (int[])[4, 8, 16])
        {
            for (var i = 0; i < 8; i++)
                law.OnAck(Ack(packets * Mss / 16, 59_000, at: at, roundStart: i == 0));
            Assert.Equal(packets * Mss, law.WindowBytes, 0.0);
            Assert.True(law.InSlowdown);
            at += Base;
        }

        law.OnAck(Ack(16 * Mss, 59_000, at: at, roundStart: true));
        Assert.Equal(20 * Mss, law.WindowBytes);
        Assert.False(law.InSlowdown);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void The_next_slowdown_comes_after_nine_times_as_long_as_the_last_one_took()
    {
        var law = InSlowdown(20, out var begun);
        var at = begun + (2 * Base);
        while (law.InSlowdown)
        {
            law.OnAck(Ack(law.WindowBytes, at: at, roundStart: true));
            at += Base;
        }

        var ended = at - Base;
        var next = ended + (9 * (ended - begun));
        law.OnAck(Ack(Mss, at: next - 1));
        Assert.False(law.InSlowdown);

        law.OnAck(Ack(Mss, at: next));
        Assert.True(law.InSlowdown);
        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void An_application_that_does_not_use_the_window_does_not_put_off_the_next_slowdown()
    {
        var law = InSlowdown(20, out var at);
        law.OnAck(Ack(2 * Mss, at: at + (2 * Base), roundStart: true));

        // After one second in all the application sends little for an hour, and then more again.
        law.OnAck(Ack(Mss, at: at + 1_000_000, windowLimited: false, roundStart: true));
        at += 3_600_000_000;
        for (var i = 0; i < 5; i++)
            law.OnAck(Ack(law.WindowBytes, at: at, roundStart: true));

        Assert.True(law.InSlowdown);
        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_loss_in_a_slowdown_lowers_what_it_grows_back_to()
    {
        var law = InSlowdown(20, out var at);
        law.OnLoss(Loss(at: at));
        Assert.Equal(2 * Mss, law.WindowBytes);
        Assert.True(law.InSlowdown);

        at += 2 * Base;
        for (var i = 0; i < 5 && law.InSlowdown; i++)
            law.OnAck(Ack(law.WindowBytes, at: at, roundStart: true));

        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_loss_on_the_way_back_ends_it()
    {
        var law = InSlowdown(20, out var at);
        at += 2 * Base;
        law.OnAck(Ack(2 * Mss, at: at));
        law.OnAck(Ack(4 * Mss, at: at));
        Assert.Equal(8 * Mss, law.WindowBytes);

        law.OnLoss(Loss(at: at));

        Assert.Equal(4 * Mss, law.WindowBytes);
        Assert.False(law.InSlowdown);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void A_time_out_leaves_two_packets_and_slow_start_to_half_the_window()
    {
        var law = Steering(20);

        law.OnTimeout(Start);
        Assert.Equal(2 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);

        for (var i = 0; i < 5; i++)
            law.OnAck(Ack(law.WindowBytes));
        Assert.InRange(law.WindowBytes, 10 * Mss, 12 * Mss);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void Further_time_outs_of_the_same_packet_do_not_lower_the_threshold()
    {
        var law = Steering(20);
        for (var i = 0; i < 3; i++)
            law.OnTimeout(Start);

        for (var i = 0; i < 3; i++)
            law.OnAck(Ack(law.WindowBytes));

        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_time_out_in_a_slowdown_goes_back_to_half_the_window_before_it()
    {
        var law = InSlowdown(20, out var at);

        law.OnTimeout(Start.Plus(at));
        Assert.False(law.InSlowdown);
        for (var i = 0; i < 3; i++)
            law.OnAck(Ack(law.WindowBytes, at: at));

        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_spurious_time_out_is_undone()
    {
        var law = Steering(20);
        law.OnTimeout(Start);
        law.OnTimeout(Start);
        law.OnAck(Ack(Mss));

        law.OnSpuriousTimeout(Start);

        Assert.Equal(20 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
        law.OnSpuriousTimeout(Start);
        law.OnAck(Ack(20 * Mss));
        Assert.Equal(21 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_spurious_time_out_in_a_slowdown_goes_on_with_the_way_back()
    {
        var law = InSlowdown(20, out var at);
        law.OnTimeout(Start.Plus(at));

        law.OnSpuriousTimeout(Start.Plus(at));

        Assert.True(law.InSlowdown);
        for (var i = 0; i < 4; i++)
            law.OnAck(Ack(law.WindowBytes, at: at));
        Assert.Equal(20 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void A_time_out_is_not_undone_after_a_loss()
    {
        var law = Steering(20);
        law.OnTimeout(Start);
        law.OnLoss(Loss());

        law.OnSpuriousTimeout(Start);

        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void After_an_idle_period_it_starts_from_ten_packets_and_finds_most_of_its_window_again()
    {
        var law = New();
        for (var i = 0; i < 3; i++)
            law.OnAck(Ack(80 * Mss));
        law.OnLoss(Loss());
        Assert.Equal(40 * Mss, law.WindowBytes);

        law.OnIdleRestart(5_000_000, Start);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);
        Assert.Equal(0, law.QueueingDelayMicros);

        law.OnAck(Ack(10 * Mss));
        law.OnAck(Ack(20 * Mss));
        Assert.Equal(30 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void An_idle_period_leaves_a_small_window_alone()
    {
        var law = Steering(5);

        law.OnIdleRestart(5_000_000, Start);

        Assert.Equal(5 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void A_larger_packet_raises_the_smallest_window_only()
    {
        var law = Steering(10);

        law.OnMaxPayload(4_000);
        Assert.Equal(10 * Mss, law.WindowBytes);

        law.OnMaxPayload(9_000);
        Assert.Equal(18_000, law.WindowBytes);
    }

    [Theory]
    [InlineData(1_250_000, 40_000)]
    [InlineData(2_500_000, 200_000)]
    [InlineData(12_500_000, 2_000)]
    public void It_fills_the_path_below_the_target_but_for_its_slowdowns(long bytesPerSecond, long baseRtt)
    {
        var law = New();
        var path = new FluidPath(law, bytesPerSecond, baseRtt);
        path.Handshake();
        var warm = path.Now.Plus(60_000_000);
        while (path.Now < warm)
            path.Round();

        // The share of ten minutes in which the window fills the path; a slowdown takes a tenth of the time.
        long full = 0;
        long worstQueue = 0;
        var begin = path.Now;
        while (path.Now.Since(begin) < 600_000_000)
        {
            var before = path.Now;
            path.Round();
            worstQueue = Math.Max(worstQueue, path.QueueMicros);
            if (law.WindowBytes >= bytesPerSecond * baseRtt / 1_000_000)
                full += path.Now.Since(before);
        }

        Assert.True(full >= path.Now.Since(begin) * 85 / 100, $"{full * 100 / path.Now.Since(begin)} %");
        Assert.True(worstQueue <= Target * 12 / 10, $"{worstQueue}");
    }

    [Fact]
    public void It_gives_way_to_another_queue_and_comes_back()
    {
        var law = New();
        var path = new FluidPath(law, 1_250_000, 40_000);
        path.Rounds(500);

        path.OtherQueueBytes = 150_000;
        path.Rounds(60);
        Assert.Equal(2 * Mss, law.WindowBytes);

        path.OtherQueueBytes = 0;
        path.Rounds(1_000);
        Assert.True(law.WindowBytes > 50_000 || law.InSlowdown, $"{law.WindowBytes}");
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
                law.OnAck(Ack(Mss, i * 100, at: i * 1_000, roundStart: i % 10 == 0));
                law.OnLoss(Loss(newEpisode: i % 100 == 0));
            }
        }));
    }

    private static void Apply(LedbatPlusPlus law, long bytes, long queue, int kind, long at)
    {
        switch (kind)
        {
            case 0:
                law.OnLoss(Loss(bytes % 2 == 0, at));
                break;
            case 1:
                law.OnTimeout(Start.Plus(at));
                break;
            case 2:
                law.OnSpuriousTimeout(Start.Plus(at));
                break;
            case 3:
                law.OnIdleRestart(queue, Start.Plus(at));
                break;
            default:
                law.OnAck(Ack(bytes, queue, at, kind % 2 == 0, kind % 5 == 0, measured: kind > 8));
                break;
        }
    }
}
