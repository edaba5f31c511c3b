using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class LbeTests
{
    private const int Mss = 1_000;
    private const long Target = 3_000;
    private const long Base = 40_000;
    private const int Volume = 40;
    private static readonly Instant Start = new(1_000_000_000);

    private Instant _now = Start;

    private static Lbe New(int initialWindowPackets = 10)
    {
        var law = new Lbe(new LbeOptions { InitialWindowPackets = initialWindowPackets });
        law.OnMaxPayload(Mss);
        return law;
    }

    /// <summary>A round of ten acknowledgements which acknowledges <paramref name="packets"/>.</summary>
    private void Round(Lbe law, long queue = 0, int packets = 10, bool windowLimited = true, bool measured = true, Func<int, long>? tremble = null, long baseRtt = Base)
    {
        for (var i = 0; i < 10; i++)
        {
            var rtt = baseRtt + queue + (tremble?.Invoke(i) ?? 0);
            _now = _now.Plus(rtt / 10);
            law.OnAck(new AckSample(_now, packets * Mss / 10, packets * Mss, windowLimited, measured ? 0 : null, null, rtt, rtt, baseRtt, RoundStart: i == 0));
        }
    }

    private void Lose(Lbe law, int packets = 1, bool newEpisode = true) =>
        law.OnLoss(new LossSample(_now, packets * Mss, packets * Mss, newEpisode));

    /// <summary>A law that steers, with the given window, and has seen what it makes of the path: no queue.</summary>
    private Lbe Steering(int windowPackets)
    {
        var law = New();
        while (law.WindowBytes < 2 * windowPackets * Mss)
            Round(law, packets: (int)(law.WindowBytes / Mss));
        Round(law, windowLimited: false);
        law.OnTimeout(_now);
        while (law.InSlowStart)
            Round(law, packets: 2 * windowPackets);
        for (var i = 0; i < 3; i++)
            Round(law, windowLimited: false);
        Assert.Equal(windowPackets * Mss, law.WindowBytes);
        return law;
    }

    [Fact]
    public void It_starts_with_ten_packets_in_slow_start_and_no_opinion_on_pacing()
    {
        var law = new Lbe();
        law.OnMaxPayload(Mss);

        Assert.Equal("lbe", law.Name);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);
        Assert.Equal(long.MaxValue, law.PacingBytesPerSecond);
    }

    [Fact]
    public void Pacing_is_twice_the_window_per_round_trip_in_slow_start_and_a_tenth_more_than_one_afterwards()
    {
        var law = New();
        Round(law, packets: 10);
        Assert.Equal(2 * law.WindowBytes * 1_000_000 / Base, law.PacingBytesPerSecond);

        law = Steering(40);
        Assert.Equal(40L * Mss * 11 / 10 * 1_000_000 / Base, law.PacingBytesPerSecond);
    }

    [Fact]
    public void Slow_start_doubles_but_not_a_window_that_is_not_used()
    {
        var law = New();

        Round(law, packets: 10);
        Assert.Equal(20 * Mss, law.WindowBytes);

        Round(law, packets: 20, windowLimited: false);
        Assert.Equal(20 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Slow_start_ends_with_what_the_path_holds_when_its_packets_stand_in_a_queue()
    {
        var law = New();
        Round(law, packets: 10);
        Round(law, packets: 20);
        Assert.Equal(40 * Mss, law.WindowBytes);

        // The bottleneck gives 500 bytes a ms: 20 packets in a round trip.
        for (var i = 0; i < 10; i++)
        {
            _now = _now.Plus(4_000);
            var rtt = Base + Target + 1 + (i * 1_000);
            law.OnAck(new AckSample(_now, 2 * Mss, 40 * Mss, true, 0, null, rtt, rtt, Base, RoundStart: i == 0));
        }

        Assert.False(law.InSlowStart);
        Assert.Equal(20 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Seven_samples_of_a_queue_may_be_a_burst()
    {
        var law = New();
        Round(law, packets: 10);

        Round(law, packets: 20, tremble: i => i < 7 ? Target + 1_000 : 0);

        Assert.True(law.InSlowStart);
    }

    [Theory]
    [InlineData(1_250_000, 40_000)]
    [InlineData(1_250_000, 200_000)]
    [InlineData(12_500_000, 40_000)]
    [InlineData(12_500_000, 2_000)]
    public void Alone_it_fills_the_path_behind_a_queue_of_a_few_ms(long rate, long baseRtt)
    {
        var law = New();
        var path = new FluidPath(law, rate, baseRtt);
        path.Rounds(200);

        long used = 0, longest = 0;
        for (var i = 0; i < 400; i++)
        {
            path.Round();
            used += Math.Min(rate * baseRtt / 1_000_000, law.WindowBytes);
            longest = Math.Max(longest, path.QueueMicros);
        }

        Assert.InRange(used, (long)(0.95 * 400 * rate * baseRtt / 1_000_000), long.MaxValue);
        Assert.InRange(longest, 1, 4 * Target);
    }

    [Fact]
    public void A_queue_above_the_target_is_drained_at_once_by_this_flows_share()
    {
        var law = Steering(Volume);
        var before = law.WindowBytes;
        Round(law, windowLimited: false);

        Round(law, queue: 10_000, windowLimited: false);
        Round(law, queue: 10_000, windowLimited: false);

        Assert.Equal(before * 0.97 * Base / (Base + 10_000), law.WindowBytes, tolerance: 2);
    }

    [Fact]
    public void A_queue_at_the_target_changes_nothing()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        var before = law.WindowBytes;

        for (var i = 0; i < 3; i++)
            Round(law, queue: Target, windowLimited: false);

        Assert.Equal(before, law.WindowBytes);
    }

    [Fact]
    public void One_packet_of_a_round_that_met_no_queue_shows_that_none_stands()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        var before = law.WindowBytes;

        for (var i = 0; i < 3; i++)
            Round(law, windowLimited: false, tremble: k => k == 5 ? 0 : 2 * Target);

        Assert.Equal(before, law.WindowBytes);
    }

    [Fact]
    public void A_queue_that_stands_after_that_halves_the_window_again_and_again_down_to_two_packets()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        Round(law, queue: 10_000, windowLimited: false);
        Round(law, queue: 10_000, windowLimited: false);
        var drained = law.WindowBytes;

        Round(law, queue: 10_000, windowLimited: false);
        Round(law, queue: 10_000, windowLimited: false);
        Assert.Equal(drained / 2, law.WindowBytes, tolerance: 2.0);

        for (var i = 0; i < 20; i++)
            Round(law, queue: 10_000, windowLimited: false);
        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void Pushed_aside_it_is_patient_and_then_takes_an_idle_path_back_ever_faster()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        for (var i = 0; i < 30; i++)
            Round(law, queue: 10_000, windowLimited: false);
        Assert.Equal(2 * Mss, law.WindowBytes);

        Rounds(32);
        Assert.InRange(law.WindowBytes, 2 * Mss, 11 * Mss);
        Rounds(32);
        Assert.InRange(law.WindowBytes, 50 * Mss, long.MaxValue);

        void Rounds(int count)
        {
            for (var i = 0; i < count; i++)
                Round(law, packets: (int)(law.WindowBytes / Mss));
        }
    }

    [Fact]
    public void Eight_percent_of_losses_without_a_queue_are_no_congestion()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        var before = law.WindowBytes;

        for (var i = 0; i < 40; i++)
        {
            Round(law, packets: 46, windowLimited: false);
            Lose(law, packets: 4);
        }

        Assert.Equal(before, law.WindowBytes);
    }

    [Fact]
    public void More_than_that_is_and_costs_the_share_that_is_lost_and_a_tenth()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        var before = law.WindowBytes;

        for (var i = 0; i < 3; i++)
        {
            Round(law, packets: 40, windowLimited: false);
            Lose(law, packets: 5);
        }

        Assert.InRange(law.WindowBytes, before * 0.87 * 0.9, before * 0.92 * 0.9);
    }

    [Fact]
    public void A_quarter_of_a_round_is_at_once()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        var before = law.WindowBytes;
        Round(law, packets: 14, windowLimited: false);

        Lose(law, packets: 6);

        Assert.Equal(before * 0.7 * 0.9, law.WindowBytes, tolerance: 200);
    }

    [Fact]
    public void Losses_of_the_window_that_is_gone_do_not_count_again()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        Round(law, packets: 14, windowLimited: false);
        Lose(law, packets: 6);
        var reduced = law.WindowBytes;

        Lose(law, packets: 12);
        Lose(law, packets: 12);
        Round(law, packets: 12, windowLimited: false);
        Round(law, packets: 12, windowLimited: false);

        Assert.Equal(reduced, law.WindowBytes);
    }

    [Fact]
    public void When_nothing_is_lost_any_more_after_that_every_loss_is_congestion()
    {
        var law = Steering(Volume);
        Overload(law);
        for (var i = 0; i < 6; i++)
            Round(law, packets: 40, windowLimited: false);
        var before = law.WindowBytes;

        Lose(law);
        Assert.Equal(before * 0.7, law.WindowBytes, tolerance: 2);
        Lose(law, newEpisode: false);
        Assert.Equal(before * 0.7, law.WindowBytes, tolerance: 2);
    }

    [Fact]
    public void When_as_much_is_lost_with_a_smaller_window_it_was_chance_and_the_window_comes_back()
    {
        var law = Steering(Volume);
        var before = law.WindowBytes;
        Overload(law);
        for (var i = 0; i < 4; i++)
        {
            Round(law, packets: 40, windowLimited: false);
            Lose(law, packets: 2);
        }

        Assert.Equal(before, law.WindowBytes);
        Lose(law);
        Assert.Equal(before, law.WindowBytes);
    }

    [Fact]
    public void A_search_that_was_broken_off_for_losses_by_chance_goes_on()
    {
        var law = New();
        Round(law, packets: 10);
        Round(law, packets: 20);
        Round(law, packets: 14, windowLimited: false);
        Lose(law, packets: 6);
        Assert.False(law.InSlowStart);
        var reduced = law.WindowBytes;

        // 2 of 40 are lost, under any window.
        for (var i = 0; i < 4 && !law.InSlowStart; i++)
        {
            Round(law, packets: 40, windowLimited: false);
            Lose(law, packets: 2);
        }

        Assert.True(law.InSlowStart);
        Assert.True(law.WindowBytes > reduced);
    }

    [Fact]
    public void The_verdict_that_losses_are_its_own_falls_when_small_windows_lose_as_much()
    {
        var law = Steering(Volume);
        var before = law.WindowBytes;
        Overload(law);
        for (var i = 0; i < 6; i++)
            Round(law, packets: 40, windowLimited: false);

        // From here on the path loses one packet in twenty whatever the window is.
        var rounds = 0;
        while (law.WindowBytes < before && rounds < 100)
        {
            Round(law, packets: 20);
            Lose(law);
            rounds++;
        }

        Assert.InRange(rounds, 5, 40);
    }

    [Fact]
    public void Losses_that_were_none_do_not_count_and_what_they_did_is_undone()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        var before = law.WindowBytes;
        Round(law, packets: 14, windowLimited: false);
        Lose(law, packets: 6);
        Assert.True(law.WindowBytes < before);

        law.OnSpuriousLoss(new SpuriousLossSample(_now, 6 * Mss, EpisodeUndone: true));
        Assert.Equal(before, law.WindowBytes);

        for (var i = 0; i < 10; i++)
        {
            Round(law, packets: 40, windowLimited: false);
            Lose(law, packets: 5);
            law.OnSpuriousLoss(new SpuriousLossSample(_now, 5 * Mss, EpisodeUndone: false));
        }

        Assert.Equal(before, law.WindowBytes);
    }

    private void Overload(Lbe law)
    {
        var before = law.WindowBytes;
        for (var i = 0; i < 5 && law.WindowBytes == before; i++)
        {
            Round(law, packets: 40, windowLimited: false);
            Lose(law, packets: 5);
        }

        Assert.True(law.WindowBytes < before);
        Round(law, packets: 40, windowLimited: false);
    }

    [Fact]
    public void One_loss_in_a_queue_is_its_overflow()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        Round(law, windowLimited: false, tremble: i => i >= 7 ? 2 * Target : 0);
        var before = law.WindowBytes;

        Lose(law);

        Assert.InRange(law.WindowBytes, before / 2, before * 9 / 10);
    }

    [Fact]
    public void One_late_packet_beside_a_loss_is_no_queue()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false);
        Round(law, windowLimited: false, tremble: i => i == 9 ? 2 * Target : 0);
        var before = law.WindowBytes;

        Lose(law);

        Assert.Equal(before, law.WindowBytes);
    }

    [Fact]
    public void A_time_out_leaves_two_packets_and_slow_start_to_half_and_is_undone_when_it_was_spurious()
    {
        var law = Steering(Volume);
        var before = law.WindowBytes;

        law.OnTimeout(_now);
        Assert.Equal(2 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);

        law.OnSpuriousTimeout(_now);
        Assert.Equal(before, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void After_a_loss_a_time_out_is_no_longer_undone()
    {
        var law = Steering(Volume);
        law.OnTimeout(_now);
        Lose(law);

        law.OnSpuriousTimeout(_now);

        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Fact]
    public void After_an_idle_time_it_starts_with_ten_packets_and_doubles_to_three_quarters()
    {
        var law = Steering(Volume);

        law.OnIdleRestart(1_000_000, _now);
        Assert.Equal(10 * Mss, law.WindowBytes);
        Assert.True(law.InSlowStart);

        foreach (var packets in new[] { 10, 20 })
            Round(law, packets: packets);
        Assert.Equal(30 * Mss, law.WindowBytes);
        Assert.False(law.InSlowStart);
    }

    [Fact]
    public void An_idle_time_does_not_enlarge_a_small_window()
    {
        var law = Steering(5);

        law.OnIdleRestart(1_000_000, _now);

        Assert.Equal(5 * Mss, law.WindowBytes);
    }

    [Fact]
    public void A_delay_that_trembles_is_allowed_for_but_by_no_more_than_15_ms()
    {
        var law = Steering(Volume);
        Assert.Equal(Target, law.TargetMicros);

        for (var i = 0; i < 10; i++)
            Round(law, windowLimited: false, tremble: k => k % 2 * 2_000);
        Assert.InRange(law.TargetMicros, 9_000, 10_000);

        for (var i = 0; i < 10; i++)
            Round(law, windowLimited: false, tremble: k => k % 2 * 20_000);
        Assert.Equal(15_000, law.TargetMicros);
    }

    [Fact]
    public void A_peer_that_measures_nothing_stops_growth_by_its_holding_time_but_does_not_shrink_the_window()
    {
        var law = Steering(Volume);
        Round(law, windowLimited: false, measured: false);
        var before = law.WindowBytes;

        Round(law, queue: 99_000, measured: false, windowLimited: false);
        Round(law, queue: 101_000, measured: false);
        Round(law, queue: 101_000, measured: false);
        before = law.WindowBytes;
        for (var i = 0; i < 10; i++)
            Round(law, queue: 101_000, measured: false);

        Assert.Equal(before, law.WindowBytes);
    }

    [Fact]
    public void A_route_that_became_longer_is_the_new_base_after_twenty_seconds_of_the_same_delay()
    {
        var law = Steering(Volume);
        for (var i = 0; i < 600; i++)
            Round(law, queue: 20_000);

        Assert.Equal(0, law.QueueingDelayMicros);
    }

    [Fact]
    public void A_queue_that_others_fill_and_drain_never_becomes_the_base()
    {
        var law = Steering(Volume);
        for (var i = 0; i < 2_000; i++)
            Round(law, queue: 10_000 + (i % 300 * 100));

        Assert.InRange(law.QueueingDelayMicros, 10_000, 40_000);
        Assert.InRange(law.WindowBytes, 2 * Mss, 4 * Mss);
    }
}
