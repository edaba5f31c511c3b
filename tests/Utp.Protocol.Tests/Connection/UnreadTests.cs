using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>What nobody reads is not acknowledged, and its writer hears of it (design note 25).</summary>
public class UnreadTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.SynPayload | Capabilities.LargeWindow;

    [Fact]
    public void What_arrives_after_close_is_not_acknowledged_and_its_writer_is_told()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) =>
        {
            connection.Write("answer"u8.ToArray(), default, now);
            connection.Close(now);
        });
        c.TakeSent();
        c.Send(PacketBuilder.Data("unwanted")).ExpectNoEvent();
        var told = c.Expect(PacketType.State, ack: Peer - 1);
        Assert.Equal(CloseCodes.NotRead, told.Packet.PeerCloseReason);
        Assert.True(told.Packet.IsNotRead);
    }

    [Fact]
    public void The_reset_comes_when_what_we_wrote_is_acknowledged()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) =>
        {
            connection.Write("answer"u8.ToArray(), default, now);
            connection.Close(now);
        });
        c.Expect(PacketType.Data, seq: Seq, text: "answer");
        c.Expect(PacketType.Fin, seq: Seq + 1);
        c.Send(PacketBuilder.Data("one"), PacketBuilder.Data("two"));
        c.Expect(PacketType.State, ack: Peer - 1);
        c.ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Seq + 1));
        var reset = c.Expect(PacketType.Reset, seq: Seq + 2, ack: Peer + 1);
        Assert.Equal(CloseCodes.NotRead, reset.Packet.PeerCloseReason);
        c.ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.ExpectClosed(CloseCause.Closed);
        Assert.True(c.Connection.IsTerminated);
    }

    [Fact]
    public void Data_that_comes_when_our_close_is_over_is_answered_by_the_reset()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.Closed);
        c.Send(PacketBuilder.Data("late").Seq(Peer).Ack(Seq)).ExpectNoEvent();
        Assert.Equal(CloseCodes.NotRead, c.Expect(PacketType.Reset, ack: Peer).Packet.PeerCloseReason);
        Assert.True(c.Connection.IsTerminated);
    }

    [Fact]
    public void The_end_of_a_peer_that_sent_nothing_more_is_taken_as_ever()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.Closed);
        c.Send(PacketBuilder.Data("").Seq(Peer).Ack(Seq)).Expect(PacketType.State, ack: Peer);
        c.Send(PacketBuilder.Fin().Seq(Peer + 1).Ack(Seq)).Expect(PacketType.State, ack: Peer + 1);
        c.Send(PacketBuilder.Fin().Seq(Peer + 1).Ack(Seq)).Expect(PacketType.State, ack: Peer + 1);
        c.ExpectNoEvent();
    }

    [Fact]
    public void A_peer_that_has_finished_hears_with_our_fin_what_was_left_unread()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data("unread"), PacketBuilder.Fin());
        c.Expect(PacketType.State, ack: Peer + 1);
        c.Do((connection, now) =>
        {
            connection.Write("answer"u8.ToArray(), default, now);
            connection.Close(now);
        });
        c.Expect(PacketType.Data, seq: Seq, text: "answer");
        var fin = c.Expect(PacketType.Fin, seq: Seq + 1);
        Assert.Equal(CloseCodes.NotRead, fin.Packet.PeerCloseReason);
        Assert.True(fin.Packet.IsNotRead);
        c.Send(PacketBuilder.State().Ack(Seq + 1));
        c.ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.ExpectClosed(CloseCause.Closed);
    }

    [Fact]
    public void A_foreign_peer_that_has_finished_gets_the_reset_in_place_of_the_fin()
    {
        var c = Conversation.EstablishedAcceptor();
        c.Do((connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data("unread"), PacketBuilder.Fin());
        c.TakeSent();
        c.Do((connection, now) =>
        {
            connection.Write("answer"u8.ToArray(), default, now);
            connection.Close(now);
        });
        c.Expect(PacketType.Data, text: "answer");
        c.ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq));
        c.Expect(PacketType.Reset);
        c.TakeEvents();
        Assert.True(c.Connection.IsTerminated);
    }

    [Fact]
    public void A_fin_that_says_what_was_not_read_ends_the_reading_well_and_the_connection_not()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Write("all of it was acknowledged");
        c.Do((connection, now) => connection.CloseWrite(now));
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq + 1)).ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.Send(PacketBuilder.Data("answer").Ack(Seq + 1), NotReadFin().Seq(Peer + 1).Ack(Seq + 1)).ExpectReceived("answer");
        c.ExpectEvent(ConnectionEventKind.PeerFinished);
        Assert.Equal(CloseCodes.NotRead, c.ExpectClosed(CloseCause.Reset).PeerCode);

        // It ends as every other: late repeats are acknowledged.
        Assert.Equal(ConnectionState.TimeWait, c.Connection.State);
        c.TakeSent();
        c.Send(NotReadFin().Seq(Peer + 1).Ack(Seq + 1)).Expect(PacketType.State, ack: Peer + 1);
    }

    [Fact]
    public void A_fin_that_says_what_was_not_read_fails_what_is_not_acknowledged_yet()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Write("under way");
        c.TakeSent();
        c.Send(NotReadFin().Seq(Peer).Ack(Seq - 1)).ExpectEvent(ConnectionEventKind.WritesFailed);
        c.ExpectEvent(ConnectionEventKind.PeerFinished);
        Assert.Equal(WriteResult.Closing, c.Write("more"));
        c.Do((connection, now) => connection.CloseWrite(now));
        Assert.Equal(CloseCodes.NotRead, c.ExpectClosed(CloseCause.Reset).PeerCode);
    }

    [Fact]
    public void A_foreign_peer_is_reset_too()
    {
        var c = Conversation.EstablishedAcceptor();
        c.Do((connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data("unread"));
        c.TakeSent();
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Conversation.LocalSeq);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq));
        c.Expect(PacketType.Reset);
        c.ExpectClosed(CloseCause.Closed);
    }

    [Fact]
    public void The_writes_of_a_peer_that_is_told_fail_at_once_and_it_goes_on_reading()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Write("nobody reads this");
        c.TakeSent();
        c.Send(NotRead(Peer).Ack(Seq - 1));
        Assert.Equal(new CloseReason(CloseCause.Reset, CloseCodes.NotRead), c.ExpectEvent(ConnectionEventKind.WritesFailed).Reason);
        c.ExpectNoEvent();
        Assert.Equal(WriteResult.Closing, c.Write("nor this"));
        c.Send(PacketBuilder.Data("answer").Ack(Seq - 1)).ExpectReceived("answer");
        c.Send(PacketBuilder.Fin().Ack(Seq - 1)).ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Send(PacketBuilder.Reset().Seq(Peer + 2).Ack(Seq - 1).SackBytes(0, 0, 0, 0).Extension(3, 1, 0, 0xFF, 1)).ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void What_was_acknowledged_with_the_news_is_delivered_and_the_rest_fails()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Write("one");
        c.Write("two");
        c.TakeSent();
        c.Send(NotRead(Peer).Ack(Seq));
        Assert.Equal(1, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
        c.ExpectEvent(ConnectionEventKind.WritesFailed);
        c.ExpectNoEvent();
    }

    [Fact]
    public void A_stranger_who_does_not_know_our_peers_next_seq_nr_cannot_stop_the_writes()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Write("all is well");
        c.TakeSent();
        c.Send(NotRead(Peer + 1).Ack(Seq - 1)).ExpectNoEvent();
        c.Send(NotRead(Peer).Ack(Seq + 1)).ExpectNoEvent();
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectEvent(ConnectionEventKind.WritesDelivered);
    }

    [Fact]
    public void A_foreign_peers_close_reason_on_a_state_stops_nothing()
    {
        var c = Conversation.Established();
        c.Write("all is well");
        c.TakeSent();
        c.Send(NotRead(Peer).Ack(Seq - 1)).ExpectNoEvent();
    }

    [Fact]
    public void Two_ends_that_do_not_read_end_by_a_reset()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Write("nobody reads this");
        c.TakeSent();
        c.Send(NotRead(Peer).Ack(Seq - 1)).ExpectEvent(ConnectionEventKind.WritesFailed);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Reset);
        Assert.Equal(CloseCodes.NotRead, c.ExpectClosed(CloseCause.Reset).PeerCode);
    }

    [Fact]
    public void Reading_is_given_up_while_writing_goes_on()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.StopReading(now, code: 77));
        c.Send(PacketBuilder.Data("unwanted")).ExpectNoEvent();
        Assert.Equal(77, c.Expect(PacketType.State, ack: Peer - 1).Packet.PeerCloseReason);
        c.Write("wanted");
        c.Expect(PacketType.Data, seq: Seq, text: "wanted");
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Expect(PacketType.Fin, seq: Seq + 1);
        c.Send(PacketBuilder.State().Ack(Seq + 1));
        Assert.Equal(77, c.Expect(PacketType.Reset, ack: Peer).Packet.PeerCloseReason);
    }

    [Fact]
    public void Nothing_is_said_of_reading_that_was_given_up_to_a_peer_that_sends_nothing()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.StopReading(now));
        c.ExpectNothing();
        c.Send(PacketBuilder.Fin()).ExpectEvent(ConnectionEventKind.PeerFinished);
        Assert.Equal(-1, c.Expect(PacketType.State, ack: Peer).Packet.PeerCloseReason);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.Closed);
    }

    // A reset in the middle of a transfer: what is under way to the resetting end, it cannot know.
    [Fact]
    public void Our_own_peers_reset_is_known_by_its_next_seq_nr_and_its_code_is_heard()
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false }, Own);
        c.Write(new byte[5_000]);
        Assert.True(c.TakeSent().Length > 2);
        c.Send(PacketBuilder.Reset().Seq(Peer + 1).Ack(Seq).SackBytes(0, 0, 0, 0).Reason(9)).ExpectNoEvent();
        c.Send(PacketBuilder.Reset().Seq(Peer).Ack(Seq).SackBytes(0, 0, 0, 0).Reason(9));
        Assert.Equal((ushort?)9, c.ExpectClosed(CloseCause.Reset).PeerCode);
    }

    private static PacketBuilder NotReadFin() => PacketBuilder.Fin().SackBytes(0, 0, 0, 0).Extension(3, 1, 0, CloseCodes.NotRead >> 8, CloseCodes.NotRead & 0xFF);

    private static PacketBuilder NotRead(int seq) => PacketBuilder.State().Seq(seq).SackBytes(0, 0, 0, 0).Extension(3, 1, 0, CloseCodes.NotRead >> 8, CloseCodes.NotRead & 0xFF);
}
