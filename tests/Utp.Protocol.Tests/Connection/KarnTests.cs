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
}
