using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class HeldAcknowledgementTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const int Hold = 500;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.SynPayload | Capabilities.LargeWindow;

    [Fact]
    public void The_answer_to_a_short_packet_carries_its_acknowledgement()
    {
        var c = Established();
        c.Send(PacketBuilder.Data("question")).ExpectReceived("question").ExpectNothing();
        c.Advance(Hold - 1).ExpectNothing();
        c.Write("answer");
        c.Expect(PacketType.Data, seq: Seq, ack: Peer, text: "answer");
        c.Advance(Hold).ExpectNothing();
    }

    [Fact]
    public void Without_an_answer_it_leaves_by_itself()
    {
        var c = Established();
        c.Send(PacketBuilder.Data("news")).ExpectReceived("news").ExpectNothing();
        Assert.Equal(Hold, c.AdvanceToDeadline());
        c.Expect(PacketType.State, ack: Peer);
        c.ExpectNothing();
    }

    [Fact]
    public void A_second_packet_ends_the_wait_and_does_not_begin_another()
    {
        var c = Established();
        c.Send(PacketBuilder.Data("a")).ExpectReceived("a").ExpectNothing();
        c.Advance(Hold / 2);
        c.Send(PacketBuilder.Data("b")).ExpectReceived("b");
        c.Expect(PacketType.State, ack: Peer + 1);
        c.ExpectNothing();
    }

    [Fact]
    public void Bulk_is_acknowledged_at_once()
    {
        var c = Established();
        c.Send(PacketBuilder.Data(new byte[1_180])).ExpectEvent(ConnectionEventKind.Received);
        c.Expect(PacketType.State, ack: Peer);
        c.Send(PacketBuilder.Data("a"), PacketBuilder.Data("b"));
        c.Expect(PacketType.State, ack: Peer + 2);
        c.ExpectNothing();
    }

    [Fact]
    public void A_gap_and_what_fills_it_are_told_at_once()
    {
        var c = Established();
        c.Send(PacketBuilder.Data("b").Seq(Peer + 1));
        c.Expect(PacketType.State, ack: Peer - 1);
        c.Send(PacketBuilder.Data("a").Seq(Peer)).ExpectEvent(ConnectionEventKind.Received);
        c.Expect(PacketType.State, ack: Peer + 1);
        c.ExpectNothing();
    }

    [Fact]
    public void A_gap_that_shows_during_the_wait_ends_it()
    {
        var c = Established();
        c.Send(PacketBuilder.Data("a")).ExpectNothing();
        c.Send(PacketBuilder.Data("c").Seq(Peer + 2));
        c.Expect(PacketType.State, ack: Peer);
        c.ExpectNothing();
    }

    [Fact]
    public void The_peers_fin_is_acknowledged_at_once()
    {
        var c = Established();
        c.Send(PacketBuilder.Data("bye"), PacketBuilder.Fin());
        c.Expect(PacketType.State, ack: Peer + 1);
        c.ExpectNothing();
    }

    [Fact]
    public void The_first_data_confirms_our_address()
    {
        var c = Answered();
        c.Write("hello");
        c.Expect(PacketType.Data, seq: Seq, ack: Peer - 1, text: "hello");
        c.Advance(Hold).ExpectNothing();
    }

    [Fact]
    public void Without_data_the_confirmation_leaves_by_itself()
    {
        var c = Answered();
        c.Advance(Hold);
        c.Expect(PacketType.State, ack: Peer - 1);
        c.ExpectNothing();
    }

    [Fact]
    public void A_repeated_answer_is_confirmed_at_once()
    {
        var c = Answered();
        c.Send(PacketBuilder.State().Seq(Peer).Ack(Conversation.LocalSeq).Capable(Own));
        c.Expect(PacketType.State, ack: Peer - 1);
        c.ExpectNothing();
    }

    [Fact]
    public void An_acceptor_that_speaks_before_it_knows_us_is_confirmed_at_once()
    {
        var c = Answered();
        c.Send(PacketBuilder.Data("w").Capable(Own)).ExpectReceived("w");
        c.Expect(PacketType.State, ack: Peer);
        c.ExpectNothing();
    }

    [Fact]
    public void A_wait_that_the_socket_interrupts_is_not_lost()
    {
        var c = Established();
        c.Send(PacketBuilder.Data("question")).ExpectNothing();
        c.BlockSocket();
        c.Advance(Hold);
        c.UnblockSocket();
        c.Expect(PacketType.State, ack: Peer);
        c.ExpectNothing();
    }

    private static Conversation Established()
    {
        var c = Conversation.Established(capabilities: Own);
        c.HoldMicros = Hold;
        return c;
    }

    private static Conversation Answered()
    {
        var c = Conversation.Connect();
        c.HoldMicros = Hold;
        c.Expect(PacketType.Syn);
        c.Advance(2 * c.OneWayDelayMicros);
        c.Send(PacketBuilder.State().Seq(Peer).Ack(Conversation.LocalSeq).Capable(Own)).ExpectEvent(ConnectionEventKind.Connected);
        return c.ExpectNothing();
    }
}
