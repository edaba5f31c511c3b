using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class CloseTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.SynPayload | Capabilities.LargeWindow;

    [Fact]
    public void Close_flushes_then_sends_fin_and_reports_when_all_is_acknowledged()
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false });
        c.Do((connection, now) =>
        {
            connection.Write(new byte[1_500], default, now);
            connection.Close(now);
        });
        c.Expect(PacketType.Data, seq: Seq);
        c.Expect(PacketType.Data, seq: Seq + 1);
        c.Expect(PacketType.Fin, seq: Seq + 2);
        c.Send(PacketBuilder.State().Ack(Seq + 1)).ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.ExpectNoEvent();
        c.Send(PacketBuilder.State().Ack(Seq + 2)).ExpectClosed(CloseCause.Closed);
        Assert.Equal(ConnectionState.TimeWait, c.Connection.State);
        c.Advance(1_000_000);
        Assert.True(c.Connection.IsTerminated);
    }

    // Design note 24: then, and not before, a process may end.
    [Fact]
    public void All_is_said_when_the_acknowledgement_of_the_peers_fin_has_left()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.State().Ack(Seq));
        Assert.False(c.Connection.HasSaidAll);
        c.BlockSocket();
        c.Send(PacketBuilder.Fin().Seq(Peer).Ack(Seq));
        Assert.Equal(ConnectionState.TimeWait, c.Connection.State);
        Assert.False(c.Connection.HasSaidAll);
        c.TakeSent();
        c.UnblockSocket();
        c.Expect(PacketType.State, ack: Peer);
        Assert.True(c.Connection.HasSaidAll);
    }

    [Fact]
    public void Not_all_is_said_while_the_peer_may_still_close()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.Closed);
        Assert.Equal(ConnectionState.TimeWait, c.Connection.State);
        Assert.False(c.Connection.HasSaidAll);
    }

    [Fact]
    public void A_foreign_peer_gets_an_empty_data_packet_before_a_fin_that_would_be_the_first()
    {
        var c = Conversation.Established();
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Data, seq: Seq, bytes: 0);
        c.Expect(PacketType.Fin, seq: Seq + 1);
    }

    [Fact]
    public void A_foreign_peer_that_has_spoken_gets_the_fin_alone()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Fin());
        c.TakeSent();
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.ExpectNothing();
    }

    [Fact]
    public void A_foreign_initiator_gets_the_fin_alone()
    {
        var c = Conversation.EstablishedAcceptor();
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Conversation.LocalSeq);
        c.ExpectNothing();
    }

    [Fact]
    public void Our_own_peer_gets_the_fin_alone()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.ExpectNothing();
    }

    [Fact]
    public void Half_closed_by_us_the_peer_still_sends_and_both_fins_end_it()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectNoEvent();
        Assert.Equal(ConnectionState.FinSent, c.Connection.State);
        Assert.Equal(WriteResult.Closing, c.Write("x"));
        c.Send(PacketBuilder.Data("more")).ExpectReceived("more");
        c.Send(PacketBuilder.Fin()).ExpectEvent(ConnectionEventKind.PeerFinished);
        c.ExpectClosed(CloseCause.ConfirmedClosed);
    }

    [Fact]
    public void The_peers_end_is_told_once_however_often_its_fin_comes_and_reading_is_resumed()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Data("all"), PacketBuilder.Fin().Seq(Peer + 1));
        c.ExpectReceived("all").ExpectEvent(ConnectionEventKind.PeerFinished);
        c.TakeSent();
        for (var i = 0; i < 3; i++)
        {
            c.Send(PacketBuilder.Fin().Seq(Peer + 1));
            c.Expect(PacketType.State, ack: Peer + 1);
            c.Do((connection, _) => connection.SuspendReading());
            c.Do((connection, now) => connection.ResumeReading(now));
        }

        c.ExpectNoEvent();
    }

    [Fact]
    public void Half_closed_by_the_peer_we_still_send()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Data("all"), PacketBuilder.Fin());
        c.ExpectReceived("all").ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Expect(PacketType.State, ack: Peer + 1);
        Assert.Equal(ConnectionState.PeerFin, c.Connection.State);
        c.Write("answer");
        c.Expect(PacketType.Data, text: "answer");
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Expect(PacketType.Fin, seq: Seq + 1);
        Assert.Equal(ConnectionState.Closing, c.Connection.State);
        c.Send(PacketBuilder.State().Ack(Seq + 1)).ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.ExpectClosed(CloseCause.ConfirmedClosed);
    }

    [Fact]
    public void Fins_that_cross_end_both_directions()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.Fin()).ExpectEvent(ConnectionEventKind.PeerFinished);
        Assert.Equal(ConnectionState.Closing, c.Connection.State);
        c.Expect(PacketType.State, ack: Peer);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.ConfirmedClosed);
    }

    [Fact]
    public void A_fin_that_overtakes_data_waits_for_it()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Fin().Seq(Peer + 1)).ExpectNoEvent();
        Assert.Equal([2], c.Expect(PacketType.State, ack: Peer - 1).SackSteps);
        c.Send(PacketBuilder.Data("last").Seq(Peer)).ExpectReceived("last").ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Expect(PacketType.State, ack: Peer + 1);
    }

    [Fact]
    public void Data_beyond_a_known_fin_is_refused()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Fin().Seq(Peer + 1), PacketBuilder.Data("beyond").Seq(Peer + 2));
        c.Send(PacketBuilder.Data("last").Seq(Peer)).ExpectReceived("last").ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Send(PacketBuilder.Data("beyond").Seq(Peer + 2)).ExpectNoEvent();
    }

    [Fact]
    public void When_only_the_ack_of_our_fin_was_lost_the_fin_goes_again()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.AdvanceToDeadline();
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.Closed);
    }

    [Fact]
    public void A_peer_that_has_finished_and_is_gone_ends_the_connection_properly()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("all"), PacketBuilder.Fin());
        c.ExpectReceived("all").ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Advance(7_400_000).ExpectNoEvent();
        c.Advance(200_000).ExpectClosed(CloseCause.ConfirmedClosed);
    }

    [Fact]
    public void Unacknowledged_data_before_the_fin_is_no_proper_close()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Fin());
        c.ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Write("unheard");
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Advance(600_000_000).ExpectClosed(CloseCause.TooManyRetransmissions);
    }

    [Fact]
    public void Late_packets_are_answered_after_the_close()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Send(PacketBuilder.Fin().Ack(Seq));
        c.TakeSent();
        c.Send(PacketBuilder.Fin().Seq(Peer));
        c.Expect(PacketType.State, ack: Peer);
        c.ExpectNothing();
    }

    [Fact]
    public void Who_closes_second_is_done_when_its_fin_is_acknowledged()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Fin()).ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Expect(PacketType.State, ack: Peer);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq, ack: Peer);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.Closed);
        c.ExpectNothing();
        Assert.True(c.Connection.IsTerminated);
    }

    [Fact]
    public void Fins_that_cross_leave_both_ends_to_answer_late_packets()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin, seq: Seq);
        c.Send(PacketBuilder.Fin());
        c.Expect(PacketType.State, ack: Peer);
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectClosed(CloseCause.Closed);
        Assert.Equal(ConnectionState.TimeWait, c.Connection.State);

        // The peer may have missed our acknowledgement of its ST_FIN.
        c.Send(PacketBuilder.Fin().Seq(Peer)).Expect(PacketType.State, ack: Peer);
    }

    [Fact]
    public void What_was_read_late_is_still_delivered_by_who_closes_second()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data("last words"), PacketBuilder.Fin());
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectNoEvent();
        c.Do((connection, now) => connection.ResumeReading(now)).ExpectReceived("last words");
        c.ExpectEvent(ConnectionEventKind.PeerFinished);
        c.ExpectClosed(CloseCause.ConfirmedClosed);
        Assert.True(c.Connection.IsTerminated);
    }

    [Fact]
    public void Abort_resets_at_once()
    {
        var c = Conversation.Established();
        c.Write(new byte[10]);
        c.TakeSent();
        c.Do((connection, now) => connection.Abort(now));
        c.Expect(PacketType.Reset, id: Conversation.LocalId + 1, ack: Peer - 1);
        c.ExpectClosed(CloseCause.Aborted);
        Assert.True(c.Connection.IsTerminated);
        Assert.Equal(WriteResult.Closing, c.Write("x"));
    }

    [Fact]
    public void A_close_reason_travels_behind_a_selective_ack_and_is_reported()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now, code: 42));
        var fin = c.Expect(PacketType.Fin);
        Assert.Equal((ExtensionType.SelectiveAck, 42), (fin.Packet.Header.Extension, fin.Packet.PeerCloseReason));
    }

    [Fact]
    public void The_close_reason_of_the_peers_fin_is_reported_at_the_end()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Fin().SackBytes(0, 0, 0, 0).Reason(9)).ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq));
        Assert.Equal((ushort)9, c.ExpectClosed(CloseCause.ConfirmedClosed).PeerCode);
    }

    [Theory]
    [InlineData(Seq - 1)]
    [InlineData(Seq)]
    public void A_reset_that_names_our_last_packet_or_the_next_ends_the_connection(int ack)
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Reset().Ack(ack).Seq(12_345)).ExpectClosed(CloseCause.Reset);
        c.ExpectNothing();
    }

    [Fact]
    public void A_reset_inside_the_window_is_answered_by_one_state_and_ignored()
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false });
        c.Write(new byte[5_000]);
        c.TakeSent();
        c.Send(PacketBuilder.Reset().Ack(Seq + 1)).ExpectNoEvent();
        c.Expect(PacketType.State, seq: Seq + 5);
        c.Send(PacketBuilder.Reset().Ack(Seq + 1)).ExpectNoEvent().ExpectNothing();
    }

    [Fact]
    public void A_reset_outside_the_window_is_dropped()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Reset().Ack(Seq + 5)).ExpectNoEvent().ExpectNothing();
        c.Send(PacketBuilder.Reset().Ack(Seq - 100)).ExpectNoEvent().ExpectNothing();
    }

    [Fact]
    public void A_reset_when_only_our_fin_is_unacknowledged_is_a_normal_close()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Fin()).ExpectEvent(ConnectionEventKind.PeerFinished);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Send(PacketBuilder.Reset().Ack(Seq)).ExpectClosed(CloseCause.ConfirmedClosed);
    }

    [Fact]
    public void What_a_reset_peer_had_finished_sending_is_still_read()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data("all"), PacketBuilder.Fin());
        c.Write("unwanted");
        c.Send(PacketBuilder.Reset().Ack(Seq));

        // Who writes need not wait until it is read.
        c.ExpectEvent(ConnectionEventKind.WritesFailed);
        c.ExpectNoEvent();
        Assert.Equal(WriteResult.Closing, c.Write("more"));
        c.Do((connection, now) => connection.ResumeReading(now));
        c.ExpectReceived("all").ExpectEvent(ConnectionEventKind.PeerFinished);
        c.ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void Connected_comes_first_even_when_answer_data_and_reset_arrive_together()
    {
        var c = Conversation.Connect();
        c.Expect(PacketType.Syn);
        c.Send(
            PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq),
            PacketBuilder.Data("hello").Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq),
            PacketBuilder.Reset().Ack(Conversation.LocalSeq));

        c.ExpectEvent(ConnectionEventKind.Connected);
        c.ExpectReceived("hello");
        c.ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void Closing_twice_is_closing_once()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.Close(now));
        c.Do((connection, now) => connection.Close(now));
        c.Expect(PacketType.Fin);
        c.ExpectNothing();
    }

    [Fact]
    public void Close_after_half_close_stops_waiting_for_the_peer()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Do((connection, now) => connection.CloseWrite(now));
        c.Send(PacketBuilder.State().Ack(Seq)).ExpectNoEvent();
        c.Do((connection, now) => connection.Close(now));
        c.ExpectClosed(CloseCause.Closed);
    }

    [Fact]
    public void Closing_before_the_answer_gives_up()
    {
        var c = Conversation.Connect();
        c.Do((connection, now) => connection.Close(now));
        c.ExpectClosed(CloseCause.Closed);
        Assert.True(c.Connection.IsTerminated);
    }

    [Fact]
    public void An_acceptor_that_closes_unconfirmed_finishes_when_confirmed()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Capable(Own));
        c.Do((connection, now) =>
        {
            connection.Write("hi"u8.ToArray(), default, now);
            connection.Close(now);
        });
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq));
        c.Expect(PacketType.Data, text: "i");
        c.Expect(PacketType.Fin);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq + 2));
        Assert.Equal(ConnectionState.TimeWait, c.Connection.State);
    }

    [Fact]
    public void A_failed_socket_ends_the_connection_at_once()
    {
        var c = Conversation.Established();
        c.Do((connection, now) => connection.HandleSocketFailure("the network is down", now));
        Assert.Equal("the network is down", c.ExpectClosed(CloseCause.SocketError).Detail);
    }
}
