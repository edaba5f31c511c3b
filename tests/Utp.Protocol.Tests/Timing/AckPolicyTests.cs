using Xunit;

namespace Utp.Protocol.Tests.Timing;

public sealed class AckPolicyTests
{
    private const long Rtt = 20_000;
    private static readonly Instant Now = new(5_000_000);

    private readonly Timers _timers = new();

    [Fact]
    public void A_packet_in_order_is_acknowledged_in_the_same_drain()
    {
        var ack = new AckPolicy(delayed: false, _timers);

        ack.OnInOrder(isShort: false);
        ack.OnBatchEnd(Now);

        Assert.True(ack.IsDue);
        Assert.False(_timers.IsArmed(TimerKind.DelayedAck));
    }

    [Fact]
    public void Delayed_it_waits_for_a_second_packet_or_20_ms_and_the_timer_ends_with_whatever_carries_it()
    {
        var ack = new AckPolicy(delayed: true, _timers);

        ack.OnInOrder(isShort: false);
        ack.OnBatchEnd(Now);
        Assert.False(ack.IsDue);
        Assert.Equal(Now.Plus(20_000), _timers[TimerKind.DelayedAck]);

        ack.OnInOrder(isShort: false);
        Assert.True(ack.IsDue);
        ack.OnSent();
        Assert.False(_timers.IsArmed(TimerKind.DelayedAck));

        ack.OnInOrder(isShort: false);
        ack.OnDelayOver();
        Assert.True(ack.IsDue);
    }

    [Fact]
    public void The_time_of_a_delayed_one_counts_from_the_first_packet()
    {
        var ack = new AckPolicy(delayed: true, _timers);
        ack.OnInOrder(isShort: false);
        ack.OnBatchEnd(Now);

        ack.OnBatchEnd(Now.Plus(5_000));

        Assert.Equal(Now.Plus(20_000), _timers[TimerKind.DelayedAck]);
    }

    [Fact]
    public void What_is_urgent_cannot_be_held()
    {
        var ack = new AckPolicy(delayed: false, _timers);
        ack.OnInOrder(isShort: true);
        ack.Hold(Now.Plus(500));
        Assert.Equal(Now.Plus(500), ack.DueAt);

        ack.OnUrgent();
        Assert.True(ack.DueAt <= Now);
        ack.Hold(Now.Plus(900));
        Assert.True(ack.DueAt <= Now);
    }

    [Fact]
    public void Packets_outside_the_window_are_acknowledged_once_per_round_trip()
    {
        var ack = new AckPolicy(delayed: false, _timers);
        var answers = 0;
        for (var i = 0; i < 10; i++)
        {
            ack.OnOutOfWindow(Rtt, Now.Plus(i * Rtt / 5));
            if (ack.IsDue)
                answers++;
            ack.OnSent();
        }

        Assert.Equal(2, answers);
    }
}
