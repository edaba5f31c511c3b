using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>
/// libtorrent opens a connection for each ST_SYN, also for one that comes twice, and answers with another seq_nr. Only one of the two hears us, and which one depends on what else it
/// was doing (findings/libtorrent-repeated-syn.sh).
/// </summary>
public class RepeatedAnswerTests
{
    private const int Other = Conversation.PeerSeq + 20_000;

    // The round trip is longer than the first time-out, so both answers come.
    private static Conversation AnsweredTwice(int firstAnswer = Conversation.PeerSeq, int secondAnswer = Other)
    {
        var c = Conversation.Connect();
        c.Expect(PacketType.Syn);
        c.Advance(600_000);
        c.Expect(PacketType.Syn);
        c.Send(PacketBuilder.State().Seq(firstAnswer).Ack(Conversation.LocalSeq));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Expect(PacketType.State);
        c.Write("hello");
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq + 1, ack: firstAnswer - 1, text: "hello");
        c.Advance(500_000).TakeSent();
        c.Send(PacketBuilder.State().Seq(secondAnswer).Ack(Conversation.LocalSeq));
        c.TakeSent();
        return c;
    }

    private static SeenPacket NextData(Conversation c)
    {
        while (true)
        {
            var sent = c.TakeSent().Where(packet => packet.Type == PacketType.Data).ToArray();
            if (sent.Length > 0)
                return Assert.Single(sent);
            c.AdvanceToDeadline();
        }
    }

    [Fact]
    public void What_the_first_connection_does_not_hear_goes_to_the_second()
    {
        var c = AnsweredTwice();
        var again = NextData(c);
        while (again.Ack != Other - 1)
            again = NextData(c);
        Assert.Equal(Conversation.LocalSeq + 1, again.Seq);

        c.Advance(20_000).Send(PacketBuilder.State().Seq(Other).Ack(Conversation.LocalSeq + 1));
        Assert.Equal(1, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
        c.Send(PacketBuilder.Data("welcome").Seq(Other).Ack(Conversation.LocalSeq + 1)).ExpectReceived("welcome");
        c.Expect(PacketType.State, ack: Other);
    }

    [Fact]
    public void Each_time_out_asks_the_other_one_until_something_is_heard()
    {
        var c = AnsweredTwice();
        var acks = new HashSet<int>();
        for (var i = 0; i < 4; i++)
            acks.Add(NextData(c).Ack);

        Assert.Equal([Conversation.PeerSeq - 1, Other - 1], acks.Order());
    }

    [Fact]
    public void An_acknowledgement_of_the_second_connection_shows_that_it_is_the_one()
    {
        var c = AnsweredTwice();

        c.Send(PacketBuilder.State().Seq(Other).Ack(Conversation.LocalSeq + 1));

        c.ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.Send(PacketBuilder.Data("welcome").Seq(Other).Ack(Conversation.LocalSeq + 1)).ExpectReceived("welcome");
    }

    [Fact]
    public void An_acknowledgement_of_the_first_connection_settles_it()
    {
        var c = AnsweredTwice();
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq + 1));
        c.ExpectEvent(ConnectionEventKind.WritesDelivered);

        c.Write("more");

        for (var i = 0; i < 3; i++)
            Assert.Equal(Conversation.PeerSeq - 1, NextData(c).Ack);
    }

    [Fact]
    public void Data_that_arrived_from_the_first_connection_settles_it()
    {
        var c = AnsweredTwice();
        c.Send(PacketBuilder.Data("welcome").Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq)).ExpectReceived("welcome");
        c.TakeSent();

        for (var i = 0; i < 3; i++)
            Assert.Equal(Conversation.PeerSeq, NextData(c).Ack);
    }

    [Fact]
    public void A_number_that_the_npm_utp_has_come_to_is_no_other_beginning()
    {
        var c = AnsweredTwice(secondAnswer: Conversation.PeerSeq + 500);

        for (var i = 0; i < 3; i++)
            Assert.Equal(Conversation.PeerSeq - 1, NextData(c).Ack);
    }
}
