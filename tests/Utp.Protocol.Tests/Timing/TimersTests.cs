using Xunit;

namespace Utp.Protocol.Tests.Timing;

public sealed class TimersTests
{
    private static readonly Instant Now = new(1_000);

    [Fact]
    public void At_first_no_timer_runs()
    {
        var timers = new Timers();

        Assert.Equal(Instant.Never, timers.Next);
        Assert.All(Enum.GetValues<TimerKind>(), kind => Assert.False(timers.IsArmed(kind)));
        Assert.False(timers.TryExpire(new Instant(long.MaxValue - 1), out _));
    }

    [Fact]
    public void Every_kind_has_a_place_of_its_own()
    {
        var timers = new Timers();
        var kinds = Enum.GetValues<TimerKind>();
        foreach (var kind in kinds)
            timers.Arm(kind, Now.Plus((int)kind));

        foreach (var kind in kinds)
        {
            Assert.Equal(Now.Plus((int)kind), timers[kind]);
            Assert.Equal(Now.Plus((int)kind), timers.Next);
            timers.Stop(kind);
            Assert.False(timers.IsArmed(kind));
        }

        Assert.Equal(Instant.Never, timers.Next);
    }

    [Fact]
    public void The_next_deadline_is_the_earliest()
    {
        var timers = new Timers();
        timers.Arm(TimerKind.Idle, Now.Plus(30));
        timers.Arm(TimerKind.Retransmission, Now.Plus(10));
        timers.Arm(TimerKind.KeepAlive, Now.Plus(20));
        Assert.Equal(Now.Plus(10), timers.Next);

        timers.Arm(TimerKind.Retransmission, Now.Plus(40));
        Assert.Equal(Now.Plus(20), timers.Next);
    }

    [Fact]
    public void A_timer_expires_at_its_deadline_once_and_not_before()
    {
        var timers = new Timers();
        timers.Arm(TimerKind.Pacing, Now);

        Assert.False(timers.TryExpire(Now.Plus(-1), out _));
        Assert.True(timers.TryExpire(Now, out var kind));
        Assert.Equal(TimerKind.Pacing, kind);
        Assert.False(timers.TryExpire(Now, out _));
    }

    [Fact]
    public void All_that_are_due_expire_and_the_others_stay()
    {
        var timers = new Timers();
        timers.Arm(TimerKind.Idle, Now);
        timers.Arm(TimerKind.Handshake, Now.Plus(-5));
        timers.Arm(TimerKind.KeepAlive, Now.Plus(1));

        var expired = new List<TimerKind>();
        while (timers.TryExpire(Now, out var kind))
            expired.Add(kind);

        Assert.Equal([TimerKind.Handshake, TimerKind.Idle], expired.Order());
        Assert.Equal(Now.Plus(1), timers.Next);
    }

    [Fact]
    public void Stopping_all_leaves_none()
    {
        var timers = new Timers();
        timers.Arm(TimerKind.Idle, Now);
        timers.Arm(TimerKind.TimeWait, Now);

        timers.StopAll();

        Assert.Equal(Instant.Never, timers.Next);
    }
}
