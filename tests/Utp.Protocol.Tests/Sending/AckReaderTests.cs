using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class AckReaderTests
{
    private const long Rtt = 40_000;
    private readonly SendingRig _rig = new();

    private void Pass(long micros) => _rig.Now = _rig.Now.Plus(micros);

    [Fact]
    public void A_batch_tells_the_law_once_whatever_it_holds()
    {
        _rig.Send(3);
        Pass(Rtt);
        _rig.Acks.BeginBatch();
        _rig.Read(1);
        _rig.Read(2);
        _rig.Read(3);
        _rig.Finish(wasLimited: true);

        var sample = Assert.Single(_rig.Law.Acks);
        Assert.Equal(3 * SendingRig.PayloadBytes, sample.AckedBytes);
        Assert.Equal(3 * SendingRig.PayloadBytes, sample.BytesInFlight);
        Assert.True(sample.WindowLimited);
        Assert.Equal(Rtt, _rig.Rtt.SmoothedMicros);
        Assert.Equal(3, _rig.SendBuffer.DeliveredWrites);
    }

    [Fact]
    public void A_packet_that_was_acknowledged_selectively_counts_once()
    {
        _rig.Send(3);
        Pass(Rtt);
        _rig.Acknowledge(0, 1, 2);
        _rig.Acknowledge(3);

        Assert.Equal([2_000L, 1_000L], _rig.Law.Acks.Select(static ack => ack.AckedBytes));
        Assert.Equal(3_000, _rig.Acks.BytesDelivered);
    }

    [Fact]
    public void A_retransmission_is_no_round_trip_sample()
    {
        _rig.Send(1);
        Pass(Rtt);
        _rig.Losses.MarkLost(SendingRig.Seq(0), LossCause.Timeout, 0, _rig.Now);
        _rig.Resend();
        Pass(Rtt);

        _rig.Acknowledge(1);

        Assert.False(_rig.Rtt.HasSample);
    }

    [Fact]
    public void Once_per_round_trip_a_round_starts()
    {
        for (var round = 0; round < 3; round++)
        {
            _rig.Send(2);
            Pass(Rtt);
            _rig.Acknowledge((2 * round) + 1);
            _rig.Acknowledge((2 * round) + 2);
        }

        Assert.Equal([true, false, true, false, true, false], _rig.Law.Acks.Select(static ack => ack.RoundStart));
    }

    [Fact]
    public void A_selective_ack_beyond_what_was_sent_is_ignored()
    {
        _rig.Send(2);
        Pass(Rtt);

        _rig.Acknowledge(0, 1, 9);

        Assert.Equal(1, _rig.Packets.SackedCount);
        Assert.True(_rig.Peer.SendsSelectiveAck);
    }

    [Fact]
    public void The_acknowledgement_of_our_fin_is_told_to_our_end()
    {
        _rig.Packets.Add(OutstandingKind.Fin, _rig.SendBuffer.EmptyRange, _rig.Now);
        Assert.False(_rig.End.IsAcked);

        _rig.Acknowledge(1);

        Assert.True(_rig.End.IsAcked);
    }
}
