using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class KarnTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Full = 1_180;

    [Fact]
    public void What_stood_behind_a_hole_gives_no_round_trip_sample_when_the_hole_is_filled()
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false, TailLossProbe = false, KeepAliveMicros = 0 });
        var rtt = c.Connection.GetStatistics().SmoothedRttMicros;
        c.Write(new byte[3 * Full]);
        c.TakeSent();

        // The first is lost, the two others arrive, and what the peer says of them is lost: only the time-out helps.
        c.AdvanceToDeadline();
        c.Expect(PacketType.Data, seq: Seq, bytes: Full);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq + 2));

        Assert.Equal(rtt, c.Connection.GetStatistics().SmoothedRttMicros);
    }

    [Fact]
    public void What_was_sent_once_in_front_of_a_retransmission_gives_one()
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false, TailLossProbe = false, KeepAliveMicros = 0 });
        c.Write(new byte[5 * Full]);
        c.TakeSent();
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 3, 4, 5).Measured(0));
        c.Expect(PacketType.Data, seq: Seq);
        c.Expect(PacketType.Data, seq: Seq + 1);
        var rtt = c.Connection.GetStatistics().SmoothedRttMicros;
        c.Write(new byte[Full]);
        c.Expect(PacketType.Data, seq: Seq + 5);
        c.Advance(60_000);
        c.Send(PacketBuilder.State().Ack(Seq + 4).Measured(0));
        Assert.Equal(rtt, c.Connection.GetStatistics().SmoothedRttMicros);

        c.Send(PacketBuilder.State().Ack(Seq + 5).Measured(0));

        Assert.NotEqual(rtt, c.Connection.GetStatistics().SmoothedRttMicros);
    }

    [Fact]
    public void The_timestamps_tell_the_round_trip_of_a_retransmission()
    {
        // The path takes longer than the first time-out: everything is sent twice, and only the timestamps can end that.
        var c = Retransmitted(startingWith: PacketBuilder.State());
        c.Send(PacketBuilder.State().Ack(Seq));

        Assert.Equal(1_200_000, c.Connection.GetStatistics().SmoothedRttMicros);
        Assert.InRange(c.Connection.GetStatistics().RtoMicros, 1_200_000, 4_000_000);
    }

    [Fact]
    public void Without_timestamps_the_back_off_stays_until_something_was_sent_once()
    {
        var c = Retransmitted(startingWith: PacketBuilder.State().Measured(0));
        c.Send(PacketBuilder.State().Ack(Seq).Measured(0));
        Assert.Equal(0, c.Connection.GetStatistics().SmoothedRttMicros);
        Assert.Equal(2_000_000, c.Connection.GetStatistics().RtoMicros);

        c.Write("next");
        c.Expect(PacketType.Data, seq: Seq + 1);
        c.Advance(1_200_000).ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Seq + 1).Measured(0));
        Assert.Equal(1_200_000, c.Connection.GetStatistics().SmoothedRttMicros);
    }

    // A path of 600 ms each way: the ST_SYN is repeated after 1 s and answered after 1.2, and so is the first packet.
    private static Conversation Retransmitted(PacketBuilder startingWith)
    {
        var c = Conversation.Connect(new ConnectionOptions { Pacing = false, KeepAliveMicros = 0 });
        c.OneWayDelayMicros = 600_000;
        c.Expect(PacketType.Syn);
        c.Advance(1_200_000);
        c.Expect(PacketType.Syn);
        c.Send(startingWith.Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq));
        c.Expect(PacketType.State);
        c.Write("first");
        c.Expect(PacketType.Data, seq: Seq);
        c.Advance(1_200_000);
        c.Expect(PacketType.Data, seq: Seq);
        c.ExpectNothing();
        return c;
    }
}
