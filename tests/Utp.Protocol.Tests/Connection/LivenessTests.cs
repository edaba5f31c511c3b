using Xunit;

namespace Utp.Protocol.Tests.Connection;

public sealed class LivenessTests
{
    private static readonly Instant Now = new(1_000_000);
    private static readonly ConnectionOptions Options = ConnectionOptions.Default with { KeepAliveMicros = 29_000_000, IdleTimeoutMicros = 100_000_000 };
    private readonly Timers _timers = new();

    [Fact]
    public void Each_datagram_of_an_open_connection_puts_the_keep_alive_off()
    {
        var liveness = new Liveness(Options, _timers, Now);
        liveness.OnSent(isOpen: false, Now);
        Assert.False(_timers.IsArmed(TimerKind.KeepAlive));

        liveness.OnKeepAliveDue();
        liveness.OnSent(isOpen: true, Now.Plus(5));

        Assert.False(liveness.IsKeepAliveDue);
        Assert.Equal(Now.Plus(29_000_005), _timers[TimerKind.KeepAlive]);
    }

    [Fact]
    public void After_two_keep_alives_without_a_word_the_peer_is_asked()
    {
        var liveness = new Liveness(Options, _timers, Now);
        liveness.OnHeard(Now.Plus(10));

        Assert.False(liveness.MustAsk(Now.Plus(58_000_009)));
        Assert.True(liveness.MustAsk(Now.Plus(58_000_010)));
    }

    [Fact]
    public void The_idle_timer_runs_again_when_something_was_heard_meanwhile()
    {
        var liveness = new Liveness(Options, _timers, Now);
        Assert.Equal(Now.Plus(100_000_000), _timers[TimerKind.Idle]);
        liveness.OnHeard(Now.Plus(40_000_000));

        Assert.False(liveness.IsIdle(Now.Plus(100_000_000)));
        Assert.Equal(Now.Plus(140_000_000), _timers[TimerKind.Idle]);
        Assert.True(liveness.IsIdle(Now.Plus(140_000_000)));
    }

    [Fact]
    public void Without_an_idle_time_out_no_timer_runs()
    {
        _ = new Liveness(Options with { IdleTimeoutMicros = 0 }, _timers, Now);

        Assert.False(_timers.IsArmed(TimerKind.Idle));
    }
}
