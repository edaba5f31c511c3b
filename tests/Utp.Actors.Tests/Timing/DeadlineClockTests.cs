using Akka.Actor;
using Utp.Protocol;

namespace Utp.Actors.Tests.Timing;

public sealed class DeadlineClockTests : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("deadlines");
    private readonly DeadlineClock _clock;

    public DeadlineClockTests() => _clock = DeadlineClock.Start(_system);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _clock.Dispose();
        return _system.Terminate();
    }

    // A program that makes an actor system for one connection can have ended it before the new thread runs. An exception there would end the process.
    [Fact]
    public async Task A_clock_whose_actor_system_has_ended_meanwhile_runs_and_ends()
    {
        await _system.Terminate();
        using var clock = DeadlineClock.Start(_system);
        using var entry = new Entry();
        clock.Arm(entry, Clock.Now);
        Assert.True(entry.Expired.Wait(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void An_armed_deadline_expires_not_before_its_time()
    {
        using var entry = new Entry();
        var due = Clock.Now.Plus(3_000);
        _clock.Arm(entry, due);
        Assert.True(entry.Expired.Wait(TimeSpan.FromSeconds(20)));
        Assert.True(Clock.Now >= due);
    }

    [Fact]
    public void An_earlier_deadline_wakes_a_clock_that_sleeps_for_a_later_one()
    {
        using var late = new Entry();
        using var early = new Entry();
        _clock.Arm(late, Clock.Now.Plus(3_600_000_000));
        _clock.Arm(early, Clock.Now.Plus(1_000));
        Assert.True(early.Expired.Wait(TimeSpan.FromSeconds(20)));
        Assert.False(late.Expired.IsSet);
    }

    [Fact]
    public void A_passed_deadline_expires_at_once()
    {
        using var entry = new Entry();
        _clock.Arm(entry, Clock.Now);
        Assert.True(entry.Expired.Wait(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_cancelled_deadline_does_not_expire()
    {
        using var cancelled = new Entry();
        using var other = new Entry();
        var due = Clock.Now.Plus(50_000);
        _clock.Arm(cancelled, due);
        _clock.Cancel(cancelled);
        _clock.Arm(other, due.Plus(1));
        Assert.True(other.Expired.Wait(TimeSpan.FromSeconds(20)));
        Assert.False(cancelled.Expired.IsSet);
    }

    [Fact]
    public void A_deadline_that_has_moved_on_is_waited_for_again()
    {
        var now = Clock.Now;
        using var entry = new Entry { Moved = now.Plus(30_000) };
        _clock.Arm(entry, now.Plus(1_000));
        Assert.True(entry.Expired.Wait(TimeSpan.FromSeconds(20)));
        Assert.True(Clock.Now >= entry.Moved);
    }

    [Fact]
    public void Nothing_can_be_armed_after_the_end()
    {
        using var entry = new Entry();
        _clock.Dispose();
        _clock.Arm(entry, Clock.Now);
        Assert.Equal(DeadlineEntry.NotArmed, entry.Place);
    }

    private sealed class Entry : DeadlineEntry, IDisposable
    {
        public ManualResetEventSlim Expired { get; } = new();

        public void Dispose() => Expired.Dispose();

        /// <summary>Where the deadline has moved since it was armed.</summary>
        public Instant Moved { get; init; } = Instant.Zero;

        internal override Instant OnExpired(Instant now)
        {
            if (Moved > now)
                return Moved;
            Expired.Set();
            return Instant.Never;
        }
    }
}
