using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class LedbatTests
{
    private const int Mss = 1_000;
    private const long Target = 100_000;
    private static readonly Instant Now = new(1_000_000_000);

    private static Ledbat New(LedbatOptions? options = null)
    {
        var law = new Ledbat(options ?? LedbatOptions.Default);
        law.OnMaxPayload(Mss);
        return law;
    }

    private static AckSample Ack(long bytes, uint? delay = 0, bool windowLimited = true, bool roundStart = false, long rtt = 0) =>
        new(Now, bytes, bytes, windowLimited, delay, null, rtt, rtt, rtt, roundStart);

    private static LossSample Loss(bool newEpisode = true) => new(Now, Mss, 10 * Mss, newEpisode);

    /// <summary>A law that has left slow start with the given window, and knows a base delay of 0.</summary>
    private static Ledbat Steering(int windowPackets, LedbatOptions? options = null)
    {
        var law = New((options ?? LedbatOptions.Default) with { InitialWindowPackets = 2 * windowPackets });
        law.OnAck(Ack(0));
        law.OnLoss(Loss());
        Assert.False(law.InSlowStart);
        Assert.Equal(windowPackets * Mss, law.WindowBytes);
        return law;
    }

    /// <summary>Fills the filter of current delays.</summary>
    private static void SetQueue(Ledbat law, uint micros)
    {
        for (var i = 0; i < 4; i++)
            law.OnAck(Ack(0, micros));
        Assert.Equal(micros, (uint)law.QueueingDelayMicros);
    }

    [Fact]
    public void It_starts_with_ten_packets_in_slow_start_and_no_opinion_on_pacing()
    {
        var law = New();

        Assert.Equal("ledbat", law.Name);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);
        Assert.Equal(long.MaxValue, law.PacingBytesPerSecond);
    }

    [Fact]
    public void Slow_start_doubles_per_round_trip()
    {
        var law = New();

        for (var packet = 0; packet < 10; packet++)
            law.OnAck(Ack(Mss));

        Assert.Equal(20 * Mss, law.WindowBytes);
    }

    [Fact]
    public void One_acknowledgement_of_much_no_more_than_doubles_the_window()
    {
        var law = New();

        law.OnAck(Ack(1_000 * Mss));

        Assert.Equal(20 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_window_that_is_not_used_does_not_grow()
    {
        var slow = New();
        slow.OnAck(Ack(10 * Mss, windowLimited: false));
        Assert.Equal(10 * Mss, slow.WindowBytes);

        var steering = Steering(10);
        steering.OnAck(Ack(10 * Mss, windowLimited: false));
        Assert.Equal(10 * Mss, steering.WindowBytes);
    }

    [Fact]
    public void A_window_that_is_not_used_still_falls_when_the_queue_is_above_target()
    {
        var law = Steering(10);
        SetQueue(law, 150_000);

        law.OnAck(Ack(10 * Mss, 150_000, windowLimited: false));

        Assert.True(law.WindowBytes < 10 * Mss);
    }

    [Fact]
    public void Without_a_queue_the_window_grows_by_one_packet_per_round_trip()
    {
        var law = Steering(20);

        law.OnAck(Ack(20 * Mss));

        Assert.Equal(21 * Mss, law.WindowBytes);
    }

    [Theory]
    [InlineData(0u, 1_000)]
    [InlineData(50_000u, 500)]
    [InlineData(75_000u, 250)]
    [InlineData(100_000u, 0)]
    [InlineData(150_000u, -500)]
    [InlineData(200_000u, -1_000)]
    [InlineData(300_000u, -2_000)]
    public void The_step_of_a_round_trip_is_in_proportion_to_the_distance_from_the_target(uint queueMicros, int step)
    {
        var law = Steering(20);
        SetQueue(law, queueMicros);

        law.OnAck(Ack(20 * Mss, queueMicros));

        Assert.Equal((20 * Mss) + step, law.WindowBytes);
    }

    [Fact]
    public void A_smaller_gain_grows_more_slowly()
    {
        var law = Steering(20, LedbatOptions.Default with { Gain = 0.25 });

        law.OnAck(Ack(20 * Mss));

        Assert.Equal((20 * Mss) + 250, law.WindowBytes);
    }

    [Fact]
    public void The_window_never_falls_below_two_packets()
    {
        var law = Steering(3);
        SetQueue(law, 5_000_000);

        for (var i = 0; i < 100; i++)
            law.OnAck(Ack(2 * Mss, 5_000_000));
        Assert.Equal(2 * Mss, law.WindowBytes);

        law.OnLoss(Loss());
        Assert.Equal(2 * Mss, law.WindowBytes);

        law.OnTimeout(Now);
        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_loss_halves_the_window_once_per_round_trip()
    {
        var law = Steering(20);

        law.OnLoss(Loss(newEpisode: true));
        law.OnLoss(Loss(newEpisode: false));
        law.OnLoss(Loss(newEpisode: false));
        Assert.Equal(10 * Mss, law.WindowBytes);

        law.OnLoss(Loss(newEpisode: true));
        Assert.Equal(5 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_loss_ends_slow_start()
    {
        var law = New();

        law.OnLoss(Loss());

        Assert.False(law.InSlowStart);
        law.OnAck(Ack(5 * Mss));
        Assert.Equal(6 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Slow_start_ends_above_three_quarters_of_the_target()
    {
        var law = New();
        law.OnAck(Ack(0, 0, roundStart: true));
        law.OnAck(Ack(10 * Mss, 0));

        // Eight samples of one round, all of them above.
        law.OnAck(Ack(Mss, 75_001, roundStart: true));
        for (var i = 0; i < 6; i++)
            law.OnAck(Ack(Mss, 75_001));
        Assert.True(law.InSlowStart);

        law.OnAck(Ack(Mss, 75_001));

        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void Slow_start_ends_with_the_window_that_made_the_queue()
    {
        var law = New();
        law.OnAck(Ack(0, 0, roundStart: true));
        law.OnAck(Ack(10 * Mss, 0));
        Assert.Equal(20 * Mss, law.WindowBytes);

        // These packets left when the window was ten packets; it has nearly doubled twice since.
        law.OnAck(Ack(Mss, 80_000, roundStart: true));
        for (var i = 0; i < 7; i++)
            law.OnAck(Ack(2 * Mss, 80_000));

        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void The_queue_that_slow_start_made_is_answered_once()
    {
        var law = New();
        law.OnAck(Ack(0, 0, roundStart: true));
        law.OnAck(Ack(10 * Mss, 0));
        law.OnAck(Ack(Mss, 500_000, roundStart: true));
        for (var i = 0; i < 7; i++)
            law.OnAck(Ack(2 * Mss, 500_000));
        Assert.Equal(10 * Mss, law.WindowBytes);

        // What left before the window was reduced still queues: the rest of this round, and the next one.
        for (var packet = 0; packet < 10; packet++)
            law.OnAck(Ack(Mss, 500_000));
        for (var packet = 0; packet < 25; packet++)
            law.OnAck(Ack(Mss, 500_000, roundStart: packet == 0));
        Assert.Equal(10 * Mss, law.WindowBytes);

        law.OnAck(Ack(Mss, 500_000, roundStart: true));
        Assert.True(law.WindowBytes < 10 * Mss);
    }

    [Fact]
    public void A_train_that_queues_behind_itself_does_not_end_slow_start()
    {
        var law = New();
        law.OnAck(Ack(0, 0, roundStart: true));

        // Each round's first packet meets no queue, its last one 150 ms.
        for (var round = 0; round < 5; round++)
        {
            for (var packet = 0; packet < 15; packet++)
                law.OnAck(Ack(Mss, (uint)(packet * 10_000), roundStart: packet == 0));
        }

        Assert.True(law.InSlowStart);
    }

    [Fact]
    public void Rounds_of_few_samples_end_slow_start_when_they_end()
    {
        var law = New();
        law.OnAck(Ack(0, 0, roundStart: true));
        law.OnAck(Ack(Mss, 90_000, roundStart: true));
        Assert.True(law.InSlowStart);

        law.OnAck(Ack(Mss, 90_000, roundStart: true));

        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void A_time_out_leaves_two_packets_and_slow_start_to_half_the_window()
    {
        var law = Steering(20);

        law.OnTimeout(Now);
        Assert.Equal(2 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);

        law.OnAck(Ack(2 * Mss));
        law.OnAck(Ack(4 * Mss));
        Assert.Equal(8 * Mss, law.WindowBytes);
        law.OnAck(Ack(8 * Mss));
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);

        law.OnAck(Ack(10 * Mss));
        Assert.Equal(11 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Further_time_outs_of_the_same_packet_do_not_lower_the_threshold()
    {
        var law = Steering(20);
        law.OnTimeout(Now);
        law.OnTimeout(Now);
        law.OnTimeout(Now);

        for (var i = 0; i < 3; i++)
            law.OnAck(Ack(100 * Mss));

        Assert.Equal(10 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_spurious_time_out_is_undone()
    {
        var law = Steering(20);
        law.OnTimeout(Now);
        law.OnTimeout(Now);
        law.OnAck(Ack(Mss));

        law.OnSpuriousTimeout(Now);

        Assert.Equal(20 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
        law.OnAck(Ack(20 * Mss));
        Assert.Equal(21 * Mss, law.WindowBytes);
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
        var law = Steering(20);
        law.OnSpuriousTimeout(Now);
        Assert.Equal(20 * Mss, law.WindowBytes);

        law.OnTimeout(Now);
        law.OnLoss(Loss());
        law.OnSpuriousTimeout(Now);

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

        law.OnIdleRestart(5_000_000, Now);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);

        law.OnAck(Ack(10 * Mss));
        law.OnAck(Ack(20 * Mss));
        Assert.Equal(30 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void An_idle_period_leaves_a_small_window_alone()
    {
        var law = New();
        law.OnLoss(Loss());

        law.OnIdleRestart(5_000_000, Now);

        Assert.Equal(5 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void Pacing_is_twice_the_window_per_round_trip_in_slow_start_and_a_quarter_more_afterwards()
    {
        var law = New();
        law.OnAck(Ack(0, rtt: 100_000));
        Assert.Equal(2 * 10 * Mss * 10, law.PacingBytesPerSecond);

        law.OnLoss(Loss());
        Assert.Equal(5 * Mss * 10 * 5 / 4, law.PacingBytesPerSecond);
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

    [Fact]
    public void A_peer_that_measures_nothing_still_gets_a_growing_window()
    {
        var law = New();
        var path = new FluidPath(law, bytesPerSecond: 1_250_000, baseRttMicros: 40_000) { PeerMeasures = false };

        path.Rounds(200);

        Assert.True(law.WindowBytes > 100_000, $"{law.WindowBytes}");
        Assert.True(path.QueueMicros < 150_000, $"{path.QueueMicros}");
    }

    [Fact]
    public void A_peer_that_measures_nothing_and_delays_its_acknowledgements_does_not_stop_the_window_below_its_start()
    {
        // 500 ms of holding time look like a queue; they stop growth but never shrink the window.
        var law = New();
        for (var round = 0; round < 100; round++)
            law.OnAck(new AckSample(Now, 10 * Mss, 10 * Mss, true, null, null, 0, SmoothedRttMicros: 540_000, MinRttMicros: 40_000, RoundStart: true));

        Assert.True(law.WindowBytes >= 10 * Mss);
    }

    [Fact]
    public void Without_any_round_trip_it_grows_like_reno()
    {
        var law = Steering(20);
        var noDelay = New(new LedbatOptions { InitialWindowPackets = 40 });
        noDelay.OnLoss(Loss());

        noDelay.OnAck(Ack(20 * Mss, delay: null));
        law.OnAck(Ack(20 * Mss));

        Assert.Equal(law.WindowBytes, noDelay.WindowBytes);
    }

    [Theory]
    [InlineData(50_000, 40_000, 5)]
    [InlineData(1_250_000, 40_000, 5)]
    [InlineData(2_500_000, 200_000, 20)]
    [InlineData(12_500_000, 2_000, 20)]
    [InlineData(125_000_000, 1_000, 50)]
    public void It_fills_the_path_and_settles_at_the_target(long bytesPerSecond, long baseRttMicros, int tolerancePercent)
    {
        // One packet per round trip is a small step for a fast path, hence the tolerance; eight minutes, because a queue
        // that never drains becomes the base delay after ten (LEDBAT++ cures it).
        var law = New();
        var path = new FluidPath(law, bytesPerSecond, baseRttMicros);
        var end = path.Now.Plus(480_000_000);
        path.Handshake();

        while (path.Now < end)
            path.Round();

        Assert.Equal(0, path.Losses);
        Assert.InRange(path.QueueMicros, Target * (100 - tolerancePercent) / 100, Target * (100 + tolerancePercent) / 100);
    }

    [Theory]
    [InlineData(1_250_000, 40_000)]
    [InlineData(2_500_000, 200_000)]
    public void It_fills_the_path_within_a_dozen_round_trips(long bytesPerSecond, long baseRttMicros)
    {
        var law = New();
        var path = new FluidPath(law, bytesPerSecond, baseRttMicros);

        path.Rounds(12);

        Assert.True(law.WindowBytes >= bytesPerSecond * baseRttMicros / 1_000_000, $"{law.WindowBytes}");
    }

    [Fact]
    public void It_gives_way_to_another_queue()
    {
        var law = New();
        var path = new FluidPath(law, 1_250_000, 40_000);
        path.Rounds(2_000);

        // Someone else keeps 300 ms of queue.
        path.OtherQueueBytes = 375_000;
        path.Rounds(300);

        Assert.Equal(2 * Mss, law.WindowBytes);

        path.OtherQueueBytes = 0;
        path.Rounds(1_000);
        Assert.InRange(path.QueueMicros, 90_000, 110_000);
    }

    [Fact]
    public void A_queue_too_short_for_the_target_is_filled_and_halved_and_not_given_up()
    {
        // 50 kB/s with room for one packet.
        var law = New();
        var path = new FluidPath(law, 50_000, 200_000, queueBytes: 1_500);

        path.Rounds(50);
        for (var i = 0; i < 500; i++)
        {
            path.Round();
            Assert.True(law.WindowBytes >= 5 * Mss, $"{law.WindowBytes}");
        }
    }

    [Fact]
    public void A_longer_route_is_at_full_rate_again_after_its_base_delay_is_learnt()
    {
        var law = New();
        var path = new FluidPath(law, 1_250_000, 40_000);
        path.Rounds(2_000);

        path.BaseRttMicros = 300_000;
        path.Rounds(6_000);

        Assert.True(law.WindowBytes >= 1_250_000 * 3 / 10, $"{law.WindowBytes}");
    }

    [Fact]
    public void A_clock_step_of_the_peer_costs_nothing()
    {
        var law = New();
        var path = new FluidPath(law, 1_250_000, 40_000);
        path.Rounds(2_000);
        var before = law.WindowBytes;

        path.ClockOffset += 5_000_000;
        path.Rounds(20);

        Assert.InRange(law.WindowBytes, before * 9 / 10, before * 11 / 10);
    }

    [Fact]
    public void Equal_samples_give_equal_windows()
    {
        Gen.Select(Gen.Long[0, 100_000], Gen.UInt, Gen.Long[0, 1_000_000], Gen.Int[0, 20]).Array[1, 200].Sample(
            static steps =>
            {
                var (one, other) = (New(), New());
                foreach (var (bytes, delay, rtt, kind) in steps)
                {
                    Apply(one, bytes, delay, rtt, kind);
                    Apply(other, bytes, delay, rtt, kind);
                    Assert.Equal(one.WindowBytes, other.WindowBytes);
                }
            });
    }

    [Fact]
    public void No_samples_whatever_take_the_window_below_its_minimum_or_the_pacing_to_zero()
    {
        Gen.Select(Gen.Long[0, 1L << 40], Gen.UInt, Gen.Long[0, 1L << 40], Gen.Int[0, 20]).Array[1, 200].Sample(
            static steps =>
            {
                var law = New();
                foreach (var (bytes, delay, rtt, kind) in steps)
                {
                    Apply(law, bytes, delay, rtt, kind);
                    Assert.True(law.WindowBytes >= 2 * Mss);
                    Assert.True(law.PacingBytesPerSecond > 0);
                }
            });
    }

    [Fact]
    public void Steering_allocates_nothing()
    {
        var law = New();
        law.OnAck(Ack(Mss, 1_000, rtt: 10_000));

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (uint i = 0; i < 1_000; i++)
            {
                law.OnAck(Ack(Mss, 1_000 + i, roundStart: i % 10 == 0, rtt: 10_000 + i));
                law.OnLoss(Loss(newEpisode: i % 100 == 0));
            }
        }));
    }

    private static void Apply(Ledbat law, long bytes, uint delay, long rtt, int kind)
    {
        switch (kind)
        {
            case 0:
                law.OnLoss(Loss(bytes % 2 == 0));
                break;
            case 1:
                law.OnTimeout(Now);
                break;
            case 2:
                law.OnSpuriousTimeout(Now);
                break;
            case 3:
                law.OnIdleRestart(rtt, Now);
                break;
            default:
                law.OnAck(Ack(bytes, kind < 10 ? null : delay, kind % 2 == 0, kind % 5 == 0, rtt));
                break;
        }
    }
}
