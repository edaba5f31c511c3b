using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class TailProbeTests
{
    private const long Rtt = 40_000;
    private readonly SendingRig _rig = new();

    public TailProbeTests()
    {
        _rig.Rtt.OnSample(Rtt, _rig.Now);
        _rig.Peer.OnPacket(Measuring());
    }

    private static InboundPacket Measuring()
    {
        var datagram = Wire.Packets.Bytes(Wire.Packets.Header(PacketType.State, difference: 5));
        return new InboundPacket(Wire.Packets.Parse(datagram), datagram, new Instant(1));
    }

    [Fact]
    public void Two_round_trips_after_the_last_packets_one_of_them_asks()
    {
        _rig.Send(3);
        _rig.TailProbe.Arm(_rig.Now);
        Assert.Equal(2 * Rtt, _rig.Timers[TimerKind.TailProbe].Since(_rig.Now));

        _rig.TailProbe.OnTimer(isBlocked: false, _rig.Now);

        Assert.True(_rig.Packets[SendingRig.Seq(2)].Queued);
        Assert.True(_rig.Losses.MustSendNow);
        Assert.True(_rig.TailProbe.IsResentPacket(SendingRig.Seq(2)));
    }

    [Fact]
    public void A_single_packet_waits_for_a_peer_that_may_delay_its_acknowledgement()
    {
        _rig.Send(1);
        _rig.TailProbe.Arm(_rig.Now);

        Assert.Equal((2 * Rtt) + 25_000, _rig.Timers[TimerKind.TailProbe].Since(_rig.Now));
    }

    [Fact]
    public void New_data_is_the_better_probe()
    {
        _rig.Send(2);
        _rig.SendBuffer.Add(new byte[10], default, isMessage: false);

        _rig.TailProbe.OnTimer(isBlocked: false, _rig.Now);

        Assert.True(_rig.TailProbe.WantsNewData);
        Assert.Equal(SendingRig.Seq(2), _rig.TailProbe.SeqNr);
        Assert.False(_rig.Packets.HasQueued);
        _rig.TailProbe.OnNewDataLeft();
        Assert.False(_rig.TailProbe.WantsNewData);
    }

    [Fact]
    public void There_is_one_probe_per_tail()
    {
        _rig.Send(2);
        _rig.TailProbe.OnTimer(isBlocked: false, _rig.Now);
        _rig.Resend();
        _rig.TailProbe.Arm(_rig.Now);
        Assert.False(_rig.Timers.IsArmed(TimerKind.TailProbe));

        _rig.Now = _rig.Now.Plus(Rtt);
        _rig.Acknowledge(2);
        _rig.Send(1);
        _rig.TailProbe.Arm(_rig.Now);

        Assert.Null(_rig.TailProbe.SeqNr);
        Assert.True(_rig.Timers.IsArmed(TimerKind.TailProbe));
    }

    [Fact]
    public void While_a_time_out_is_undecided_nothing_is_probed()
    {
        _rig.Send(2);
        _rig.Retransmission.OnTimer(isBlocked: false, isFinLast: false, lastHeard: default, _rig.Now);
        _rig.Resend();

        _rig.TailProbe.Arm(_rig.Now);

        Assert.False(_rig.Timers.IsArmed(TimerKind.TailProbe));
    }
}
