using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class RetransmissionTimerTests
{
    private const long Rtt = 40_000;
    private readonly SendingRig _rig = new();

    private TimeoutVerdict Expire(bool isBlocked = false, bool isFinLast = false)
    {
        _rig.Now = _rig.Timers[TimerKind.Retransmission];
        Assert.NotEqual(Instant.Never, _rig.Now);
        _rig.Timers.Stop(TimerKind.Retransmission);
        return _rig.Retransmission.OnTimer(isBlocked, isFinLast, lastHeard: default, _rig.Now);
    }

    [Fact]
    public void New_data_does_not_restart_the_timer()
    {
        _rig.Send(1);
        var deadline = _rig.Timers[TimerKind.Retransmission];

        _rig.Send(1, gapMicros: 1_000);

        Assert.Equal(deadline, _rig.Timers[TimerKind.Retransmission]);
    }

    [Fact]
    public void A_time_out_queues_the_oldest_alone_and_doubles_the_wait()
    {
        _rig.Send(3);

        Assert.Equal(TimeoutVerdict.GoOn, Expire());

        Assert.Equal([true, false, false], Enumerable.Range(0, 3).Select(i => _rig.Packets[SendingRig.Seq(i)].Queued));
        Assert.Equal(2_000_000, _rig.Timers[TimerKind.Retransmission].Since(_rig.Now));
        Assert.True(_rig.Losses.MustSendNow);
        Assert.Equal(1, _rig.Law.Timeouts);
    }

    [Fact]
    public void An_ack_of_what_was_not_sent_again_shows_that_it_was_spurious()
    {
        _rig.Send(3);
        Expire();
        _rig.Resend();
        Assert.True(_rig.Retransmission.UndecidedUpTo > 0);
        _rig.Now = _rig.Now.Plus(1_000);

        _rig.Acknowledge(0, 1);

        Assert.Equal(1, _rig.Law.SpuriousTimeouts);
        Assert.Equal(1, _rig.Retransmission.SpuriousTimeouts);
        Assert.Equal(0, _rig.Retransmission.UndecidedUpTo);
        Assert.False(_rig.Packets[SendingRig.Seq(2)].Queued);
    }

    [Fact]
    public void An_ack_of_the_retransmission_alone_shows_that_the_rest_is_lost()
    {
        _rig.Send(3);
        Expire();
        _rig.Resend();
        _rig.Now = _rig.Now.Plus(Rtt);

        _rig.Acknowledge(1);

        Assert.Equal(0, _rig.Law.SpuriousTimeouts);
        Assert.True(_rig.Packets[SendingRig.Seq(1)].Queued);
        Assert.True(_rig.Packets[SendingRig.Seq(2)].Queued);
        Assert.Equal(0, _rig.Retransmission.ConsecutiveTimeouts);
    }

    [Fact]
    public void What_a_blocked_socket_never_took_cannot_be_lost()
    {
        _rig.Send(1);

        Assert.Equal(TimeoutVerdict.GoOn, Expire(isBlocked: true));

        Assert.Equal(0, _rig.Retransmission.Timeouts);
        Assert.True(_rig.Timers.IsArmed(TimerKind.Retransmission));
    }

    [Fact]
    public void Only_so_many_in_a_row_and_then_the_peer_is_gone()
    {
        _rig.Send(1);
        for (var i = 0; i < _rig.Options.MaxTimeouts; i++)
        {
            Assert.Equal(TimeoutVerdict.GoOn, Expire());
            _rig.Resend();
        }

        Assert.Equal(TimeoutVerdict.GiveUp, Expire());
    }

    [Fact]
    public void A_closed_window_is_no_sign_of_a_dead_peer_as_long_as_it_answers()
    {
        _rig.PeerWindow.Begin(10, default);
        _rig.Send(1);
        for (var i = 0; i < 3 * _rig.Options.MaxTimeouts; i++)
        {
            _rig.Now = _rig.Timers[TimerKind.Retransmission];
            Assert.Equal(TimeoutVerdict.GoOn, _rig.Retransmission.OnTimer(false, false, lastHeard: _rig.Now, _rig.Now));
            _rig.Resend();
        }
    }

    [Fact]
    public void A_fin_that_a_finished_peer_does_not_answer_is_a_peer_that_forgot_us()
    {
        _rig.Packets.Add(OutstandingKind.Fin, _rig.SendBuffer.EmptyRange, _rig.Now);
        _rig.Retransmission.OnSent(_rig.Now);
        var verdicts = new List<TimeoutVerdict>();
        do
        {
            verdicts.Add(Expire(isFinLast: true));
            _rig.Resend();
        }
        while (verdicts[^1] == TimeoutVerdict.GoOn);

        Assert.Equal(4, verdicts.Count);
        Assert.Equal(TimeoutVerdict.PeerForgotUs, verdicts[^1]);
    }

    [Fact]
    public void A_window_that_opens_ends_the_back_off()
    {
        _rig.Send(1);
        Expire();
        Expire();

        _rig.Retransmission.OnWindowOpened(_rig.Now);

        Assert.Equal(1_000_000, _rig.Timers[TimerKind.Retransmission].Since(_rig.Now));
    }
}
