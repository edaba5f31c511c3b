using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class LossRecoveryTests
{
    private const long Rtt = 40_000;
    private readonly SendingRig _rig = new();

    private void Pass(long micros) => _rig.Now = _rig.Now.Plus(micros);

    [Fact]
    public void A_packet_that_others_overtook_is_lost_after_the_reordering_window_and_not_before()
    {
        _rig.Send(3);
        Pass(Rtt);
        _rig.Acknowledge(0, 1);
        Assert.False(_rig.Packets.HasQueued);
        var when = _rig.Timers[TimerKind.Reordering];
        Assert.InRange(when.Since(_rig.Now), 1, Rtt);

        _rig.Now = when;
        _rig.Losses.FindLost(leftEdgeMoved: false, probeRepairedLoss: false, consecutiveTimeouts: 0, _rig.Now);

        Assert.True(_rig.Packets[SendingRig.Seq(0)].Queued);
        Assert.True(_rig.Losses.InRecovery);
        Assert.True(_rig.Losses.MustSendNow);
        Assert.True(Assert.Single(_rig.Law.Losses).NewEpisode);
    }

    [Fact]
    public void Victims_of_the_same_episode_are_told_without_a_new_one()
    {
        _rig.Send(8);
        Pass(Rtt);
        _rig.Acknowledge(0, 1, 2, 3, 4);
        Pass(1);
        _rig.Acknowledge(0, 1, 2, 3, 4, 7);

        Assert.Equal([true, false], _rig.Law.Losses.Select(static loss => loss.NewEpisode));
        Assert.Equal([1_000L, 2_000L], _rig.Law.Losses.Select(static loss => loss.LostBytes));
    }

    [Fact]
    public void An_episode_ends_when_something_that_left_after_it_is_acknowledged()
    {
        _rig.Send(6);
        Pass(Rtt);
        _rig.Acknowledge(0, 1, 2, 3, 4);
        Assert.True(_rig.Losses.InRecovery);
        _rig.Resend();
        Pass(Rtt);

        _rig.Acknowledge(6);

        Assert.False(_rig.Losses.InRecovery);
    }

    [Fact]
    public void Three_duplicates_from_a_peer_without_selective_ack_show_a_loss()
    {
        var rig = new SendingRig(peer: Capabilities.None);
        rig.Send(5);
        rig.Now = rig.Now.Plus(Rtt);
        rig.Acknowledge(0);
        rig.Acknowledge(0);
        Assert.False(rig.Packets.HasQueued);

        rig.Acknowledge(0);

        Assert.True(rig.Packets[SendingRig.Seq(0)].Queued);
        Assert.False(rig.Packets[SendingRig.Seq(1)].Queued);
    }

    [Fact]
    public void A_lost_probe_of_the_path_is_no_congestion()
    {
        _rig.Send(1);
        _rig.Mtu.OnCut(ref _rig.Packets[SendingRig.Seq(0)], 1_020, probeBytes: 1_400);
        _rig.Send(4);
        Pass(Rtt);

        _rig.Acknowledge(0, 1, 2, 3, 4);

        Assert.True(_rig.Packets[SendingRig.Seq(0)].Queued);
        Assert.Empty(_rig.Law.Losses);
        Assert.Equal(1, _rig.Losses.PacketsLost);
    }

    [Fact]
    public void What_was_only_overtaken_is_taken_back_and_the_law_hears_so()
    {
        _rig.Send(5);
        Pass(Rtt);
        _rig.Acknowledge(0, 1, 2, 3, 4);
        _rig.Resend();
        Pass(1);

        _rig.Acknowledge(5);

        Assert.Equal(1, _rig.Losses.NeedlessRetransmissions);
        Assert.True(Assert.Single(_rig.Law.SpuriousLosses).EpisodeUndone);
    }

    [Fact]
    public void What_was_lost_once_stays_lost_when_only_its_second_retransmission_was_needless()
    {
        _rig.Send(5);
        Pass(Rtt);
        _rig.Acknowledge(0, 1, 2, 3, 4);
        _rig.Resend();
        _rig.Send(5);
        Pass(Rtt);
        _rig.Acknowledge(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        _rig.Resend();
        Pass(1);

        _rig.Acknowledge(10);

        Assert.Equal(2, _rig.Losses.PacketsLost);
        Assert.Equal(1, _rig.Losses.NeedlessRetransmissions);
        Assert.Empty(_rig.Law.SpuriousLosses);
    }

    [Fact]
    public void What_met_a_smaller_router_goes_again_at_once_and_is_no_congestion()
    {
        _rig.Send(3);
        for (var i = 0; i < 3; i++)
            _rig.Packets[SendingRig.Seq(i)].DatagramBytes = (ushort)(i == 1 ? 500 : 1_400);

        _rig.Losses.OnTooLarge(_rig.Packets[SendingRig.Seq(1)].TransmissionNumber, _rig.Now);

        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(i => _rig.Packets[SendingRig.Seq(i)].Queued));
        Assert.True(_rig.Losses.MustSendNow);
        Assert.Empty(_rig.Law.Losses);
    }
}
