using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>Peers that vanish are gone after a while; those that have nothing to say are not.</summary>
public sealed class IdleTests
{
    private const long KeepAlive = 29_000_000;

    [Fact]
    public void A_peer_that_vanished_is_gone_after_five_minutes_by_default()
    {
        var c = Conversation.Established();
        c.Advance(299_000_000).ExpectNoEvent();
        c.Advance(1_000_000).ExpectClosed(CloseCause.IdleTimeout);
    }

    [Fact]
    public void A_peer_that_sends_nothing_by_itself_is_asked_and_stays()
    {
        var c = Conversation.Established();
        var answers = 0;
        for (var second = 0; second < 1_000; second++)
        {
            c.Advance(1_000_000);
            foreach (var packet in c.TakeSent())
            {
                // Only what everybody acknowledges at once is answered; a keep-alive of two of ours is not.
                if (packet.Type != PacketType.Data)
                    continue;
                Assert.Equal((Conversation.LocalSeq + 1 - 512) & 0xFFFF, packet.Seq);
                Assert.Empty(packet.Payload);
                c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq));
                answers++;
            }
        }

        Assert.InRange(answers, 8, 20);
        c.ExpectNoEvent();
        Assert.Equal(ConnectionState.Connected, c.Connection.State);
    }

    [Fact]
    public void A_question_to_a_peer_whose_process_is_gone_is_answered_by_icmp()
    {
        var c = Conversation.Established();
        c.Advance(2 * KeepAlive);
        var question = c.TakeSent()[^1];
        Assert.Equal(PacketType.Data, question.Type);
        c.Do((connection, now) => connection.HandleIcmpError(PathError.Refused, question.Datagram, now)).ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void Two_of_ours_that_say_nothing_keep_each_other_without_a_question()
    {
        var c = Conversation.Established();
        for (var i = 0; i < 40; i++)
        {
            c.Advance(KeepAlive);
            c.Send(PacketBuilder.State());
            Assert.All(c.TakeSent(), packet => Assert.Equal(PacketType.State, packet.Type));
        }

        Assert.Equal(ConnectionState.Connected, c.Connection.State);
    }

    [Fact]
    public void The_question_is_answered_by_our_own_kind()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("").Seq(Conversation.PeerSeq - 512).Ack(Conversation.LocalSeq - 1));
        c.Expect(PacketType.State, ack: Conversation.PeerSeq - 1);
        c.ExpectNoEvent();
    }
}
