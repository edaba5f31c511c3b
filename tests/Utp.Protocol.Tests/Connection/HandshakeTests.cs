using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class HandshakeTests
{
    private const Capabilities Own =
        Capabilities.OwnPeer | Capabilities.SynPayload | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges | Capabilities.PacketPieces;
    private static readonly ConnectionOptions Unconfirmed = new() { AcceptUnconfirmed = true };
    private static readonly ConnectionOptions NodeUtp = new() { Compatibility = PeerCompatibility.NodeUtp };

    [Fact]
    public void A_syn_carries_the_receive_id_and_our_capabilities()
    {
        var c = Conversation.Connect();
        var syn = c.Expect(PacketType.Syn, seq: Conversation.LocalSeq, id: Conversation.LocalId, bytes: 0);
        Assert.Equal(Own, syn.Capabilities);
        c.ExpectNothing().ExpectNoEvent();
    }

    [Fact]
    public void An_answer_connects_and_is_confirmed_by_one_empty_state()
    {
        var c = Conversation.Connect();
        c.Expect(PacketType.Syn);
        c.Advance(20_000).Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Expect(PacketType.State, seq: Conversation.LocalSeq + 1, ack: Conversation.PeerSeq - 1, id: Conversation.LocalId + 1, bytes: 0);
        c.ExpectNothing();
        Assert.Equal(ConnectionState.Connected, c.Connection.State);
        Assert.Equal(20_000, c.Connection.GetStatistics().SmoothedRttMicros);
    }

    [Fact]
    public void A_lost_syn_is_repeated_after_half_a_second_with_nothing_changed_but_the_timestamp()
    {
        var c = Conversation.Connect();
        var first = c.Expect(PacketType.Syn);
        Assert.Equal(500_000, c.AdvanceToDeadline());
        var second = c.Expect(PacketType.Syn);
        Assert.NotEqual(first.Packet.Header.Timestamp, second.Packet.Header.Timestamp);
        Assert.Equal(Without(first), Without(second));

        static byte[] Without(SeenPacket packet) => [.. packet.Datagram[..4], .. packet.Datagram[8..]];
    }

    [Fact]
    public void The_last_syn_within_the_timeout_is_plain_with_a_new_id_and_no_payload()
    {
        var c = Conversation.Connect(initialData: "hello");
        c.Expect(PacketType.Syn, text: "hello");
        c.Advance(500_000).Expect(PacketType.Syn, text: "hello");
        c.Advance(1_000_000).Expect(PacketType.Syn, text: "hello");
        c.Advance(2_000_000);
        var last = c.Expect(PacketType.Syn, seq: Conversation.FallbackSeq, id: Conversation.FallbackId, bytes: 0);
        Assert.Null(last.Extension2);

        c.Send(PacketBuilder.State().Id(Conversation.FallbackId).Seq(Conversation.PeerSeq).Ack(Conversation.FallbackSeq));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Expect(PacketType.Data, seq: Conversation.FallbackSeq + 1, id: Conversation.FallbackId + 1, text: "hello");
    }

    [Fact]
    public void A_syn_whose_data_may_be_too_large_for_the_path_goes_again_without_it()
    {
        var c = Conversation.Connect(initialData: new string('x', 900));
        c.Expect(PacketType.Syn, bytes: 900);
        c.Advance(1_000_000).Expect(PacketType.Syn, seq: Conversation.LocalSeq, id: Conversation.LocalId, bytes: 0);

        // The first one had arrived after all, and the answer says so.
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own));
        c.ExpectEvent(ConnectionEventKind.Connected);
        Assert.Equal(1, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
        c.Expect(PacketType.State);
        c.ExpectNothing();
    }

    [Fact]
    public void A_syn_with_data_that_the_interface_does_not_take_goes_without_it_and_the_data_follows()
    {
        var c = Conversation.Connect(initialData: new string('x', 900));
        c.Expect(PacketType.Syn, bytes: 900);
        c.Do((connection, now) => connection.HandleTooLarge(1, now));
        c.Expect(PacketType.Syn, seq: Conversation.LocalSeq, id: Conversation.LocalId, bytes: 0);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own & ~Capabilities.SynPayload));
        Assert.Equal([528, 372], c.TakeSent().Select(sent => sent.Payload.Length));
    }

    [Fact]
    public void A_late_answer_to_the_other_syn_is_reset_and_disturbs_nothing()
    {
        var c = Conversation.Connect();
        c.Advance(3_500_000);
        c.TakeSent();
        c.Send(PacketBuilder.State().Id(Conversation.LocalId).Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.TakeSent();
        c.Send(PacketBuilder.State().Id(Conversation.FallbackId).Seq(700).Ack(Conversation.FallbackSeq));
        c.Expect(PacketType.Reset, id: Conversation.FallbackId + 1, ack: 699);
        c.ExpectNothing().ExpectNoEvent();
    }

    [Fact]
    public void Without_any_answer_the_connect_times_out()
    {
        var c = Conversation.Connect();
        c.Advance(4_999_999).ExpectNoEvent();
        c.Advance(1).ExpectClosed(CloseCause.ConnectTimeout);
        Assert.True(c.Connection.IsTerminated);
        Assert.Equal(4, c.TakeSent().Length);
    }

    [Fact]
    public void A_reset_of_the_syn_is_a_refusal()
    {
        var c = Conversation.Connect();
        c.Send(PacketBuilder.Reset().Ack(Conversation.LocalSeq).Reason(7));
        var reason = c.ExpectClosed(CloseCause.Refused);
        Assert.Equal((ushort)7, reason.PeerCode);
    }

    [Fact]
    public void A_reset_that_does_not_name_our_syn_is_ignored()
    {
        var c = Conversation.Connect();
        c.Send(PacketBuilder.Reset().Ack(Conversation.LocalSeq - 1)).ExpectNoEvent();
        Assert.Equal(ConnectionState.SynSent, c.Connection.State);
    }

    [Fact]
    public void An_answer_that_acknowledges_another_syn_is_ignored()
    {
        var c = Conversation.Connect();
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq + 1)).ExpectNoEvent();
        Assert.Equal(ConnectionState.SynSent, c.Connection.State);
    }

    [Fact]
    public void Data_that_overtakes_the_answer_waits_for_its_retransmission()
    {
        var c = Conversation.Connect();
        c.Send(PacketBuilder.Data("b").Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq)).ExpectNoEvent();
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Send(PacketBuilder.Data("b").Seq(Conversation.PeerSeq)).ExpectReceived("b");
    }

    [Fact]
    public void An_acceptor_answers_with_its_own_seq_nr_and_may_be_used_at_once()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Capable(Own), Unconfirmed);
        c.ExpectEvent(ConnectionEventKind.Connected);
        var answer = c.Expect(PacketType.State, seq: Conversation.LocalSeq, ack: Conversation.PeerSeq, id: Conversation.PeerId);
        Assert.Equal(Own & ~Capabilities.SynPayload, answer.Capabilities);
        c.ExpectNothing();
    }

    [Fact]
    public void A_plain_syn_gets_a_plain_answer()
    {
        var c = Conversation.Accept();
        Assert.Null(c.Expect(PacketType.State).Extension2);
    }

    [Fact]
    public void Eight_bytes_of_another_magic_are_no_capabilities()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Metadata(0, 0, 0, 0, 0, 0, 0, 0));
        Assert.Null(c.Expect(PacketType.State).Extension2);
        Assert.Equal(Capabilities.None, c.Connection.PeerCapabilities);
    }

    [Fact]
    public void A_duplicate_syn_gets_the_same_answer_before_and_after_the_first_data()
    {
        var c = Conversation.Accept();
        c.Expect(PacketType.State, seq: Conversation.LocalSeq);
        c.Send(PacketBuilder.Syn().Id(Conversation.PeerId).Seq(Conversation.PeerSeq));
        c.Expect(PacketType.State, seq: Conversation.LocalSeq, ack: Conversation.PeerSeq);
        c.Send(PacketBuilder.Data("x").Ack(Conversation.LocalSeq - 1));
        c.Expect(PacketType.State, ack: Conversation.PeerSeq + 1);
        c.Send(PacketBuilder.Syn().Id(Conversation.PeerId).Seq(Conversation.PeerSeq));
        c.Expect(PacketType.State, seq: Conversation.LocalSeq);
        c.ExpectNothing();
    }

    /// <summary>
    /// Every libutp process begins with the same id and seq_nr (findings/libutp-same-numbers.sh). An answer that acknowledges its ST_SYN alone would connect the new life to
    /// the old connection, which takes its bytes for old ones; libutp does not take an answer that acknowledges more.
    /// </summary>
    [Fact]
    public void A_peer_that_begins_again_with_the_same_numbers_is_not_told_that_it_begins()
    {
        var c = Conversation.EstablishedAcceptor();
        c.Send(PacketBuilder.Data("first life").Ack(Conversation.LocalSeq - 1));
        c.Expect(PacketType.State, ack: Conversation.PeerSeq + 1);
        c.Advance(60_000_000).TakeSent();
        c.Send(PacketBuilder.Syn().Id(Conversation.PeerId).Seq(Conversation.PeerSeq));
        c.Expect(PacketType.State, ack: Conversation.PeerSeq + 1);
        c.ExpectNothing();
    }

    [Fact]
    public void A_syn_of_an_id_in_use_is_dropped()
    {
        var c = Conversation.EstablishedAcceptor();
        c.Send(PacketBuilder.Syn().Id(Conversation.PeerId).Seq(Conversation.PeerSeq + 1)).ExpectNothing().ExpectNoEvent();
        Assert.Equal(1, c.Connection.GetStatistics().PacketsDropped);
    }

    [Fact]
    public void The_acceptor_repeats_its_capabilities_on_every_packet_until_the_first_valid_ack()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Capable(Own));
        Assert.NotEqual(Capabilities.None, c.Expect(PacketType.State).Capabilities);
        c.Write("early");
        Assert.NotEqual(Capabilities.None, c.Expect(PacketType.Data).Capabilities);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq - 1));
        c.Write("late");
        while (c.TakeSent() is { Length: > 0 } sent)
        {
            Assert.All(sent, packet => Assert.Null(packet.Extension2));
            c.Advance(10_000);
        }
    }

    [Fact]
    public void The_initiator_confirms_again_when_the_answer_is_repeated()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own));
        c.Expect(PacketType.State);
        c.ExpectNothing();
    }

    [Fact]
    public void A_half_open_acceptor_expires()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Capable(Own).Payload("of a stranger"));
        c.ExpectNoEvent();
        c.Advance(10_000_000).ExpectClosed(CloseCause.HalfOpenExpired);
    }

    [Fact]
    public void A_silent_foreign_initiator_is_asked_by_an_empty_packet_that_it_has_had_already()
    {
        var c = Conversation.Accept();
        c.Expect(PacketType.State);
        c.Advance(250_000).ExpectNoEvent();
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq - 512, ack: Conversation.PeerSeq - 1, bytes: 0);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq - 1)).ExpectEvent(ConnectionEventKind.Connected);
        Assert.Equal(ConnectionState.Connected, c.Connection.State);
    }

    [Fact]
    public void Where_unconfirmed_connections_are_accepted_a_silent_initiator_has_three_seconds_before_it_is_asked()
    {
        var c = Conversation.Accept(options: Unconfirmed);
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Expect(PacketType.State);
        c.Advance(2_900_000).ExpectNothing();
        c.Advance(100_000);
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq - 512, bytes: 0);
    }

    [Fact]
    public void A_lost_question_is_repeated_as_long_as_the_budget_lasts()
    {
        var c = Conversation.Accept();
        c.Expect(PacketType.State);
        c.Write("hello");
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq - 512, bytes: 0);
        c.Advance(1_000_000);
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq - 512, bytes: 0);
        c.Advance(5_000_000).ExpectNothing();
    }

    [Fact]
    public void A_foreign_initiator_that_missed_the_answer_gets_it_again_before_the_data()
    {
        var c = Conversation.Accept();
        c.Expect(PacketType.State);
        c.Write("hello");
        c.Expect(PacketType.Data, ack: Conversation.PeerSeq - 1, bytes: 0);
        c.Send(PacketBuilder.Syn().Seq(Conversation.PeerSeq));
        c.Expect(PacketType.State, seq: Conversation.LocalSeq, ack: Conversation.PeerSeq);
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq, ack: Conversation.PeerSeq - 1, text: "hello");
    }

    [Fact]
    public void What_a_foreign_initiator_says_late_is_no_round_trip()
    {
        var c = Conversation.Accept(options: Unconfirmed);
        c.Advance(2_900_000);
        c.Send(PacketBuilder.Data("at last").Ack(Conversation.LocalSeq - 1));
        Assert.Equal(0, c.Connection.GetStatistics().SmoothedRttMicros);
    }

    [Fact]
    public void A_repeated_answer_with_a_later_seq_nr_does_not_lose_the_data_that_overtook_it()
    {
        var c = Conversation.Connect();
        c.Expect(PacketType.Syn);
        c.Send(PacketBuilder.Data("lost").Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Id(Conversation.LocalId)).ExpectNoEvent();
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq + 1).Ack(Conversation.LocalSeq));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Expect(PacketType.State, ack: Conversation.PeerSeq - 1);
        c.Send(PacketBuilder.Data("lost").Seq(Conversation.PeerSeq)).ExpectReceived("lost");
    }

    [Fact]
    public void Data_on_the_syn_is_delivered_and_confirmed()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Capable(Own).Payload("first"));
        c.ExpectNoEvent();
        Assert.True(c.Expect(PacketType.State).Capabilities.HasFlag(Capabilities.SynPayload));
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq - 1)).ExpectEvent(ConnectionEventKind.Connected);
        c.ExpectReceived("first");
    }

    [Fact]
    public void Where_unconfirmed_connections_are_accepted_data_on_the_syn_is_delivered_with_it()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Capable(Own).Payload("first"), Unconfirmed);
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.ExpectReceived("first");
    }

    [Fact]
    public void Data_on_the_syn_of_a_foreign_peer_is_left_to_its_retransmission()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Payload("first"));
        c.ExpectNoEvent();
        c.Send(PacketBuilder.Data("first").Ack(Conversation.LocalSeq - 1)).ExpectEvent(ConnectionEventKind.Connected);
        c.ExpectReceived("first");
    }

    [Fact]
    public void Confirmed_initial_data_is_not_sent_again()
    {
        var c = Conversation.Connect(initialData: "hello");
        c.Expect(PacketType.Syn, text: "hello");
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own));
        c.ExpectEvent(ConnectionEventKind.Connected);
        Assert.Equal(1, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
        c.Expect(PacketType.State, seq: Conversation.LocalSeq + 1);
        c.ExpectNothing();
    }

    [Fact]
    public void Unconfirmed_initial_data_is_the_first_data_packet()
    {
        var c = Conversation.Connect(initialData: "hello");
        c.Expect(PacketType.Syn, text: "hello");
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own & ~Capabilities.SynPayload));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq + 1, text: "hello");
        c.ExpectNothing().ExpectNoEvent();
    }

    [Fact]
    public void Toward_node_utp_no_extension_is_sent_and_data_on_the_syn_is_trusted()
    {
        var c = Conversation.Connect(NodeUtp, initialData: "hello");
        Assert.False(c.Expect(PacketType.Syn, text: "hello").Packet.HasExtensions);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.Expect(PacketType.State);
        c.Send(PacketBuilder.Data("c").Seq(Conversation.PeerSeq + 2));
        Assert.False(c.Expect(PacketType.State).Packet.HasExtensions);
    }

    [Fact]
    public void From_node_utp_data_on_the_syn_is_delivered()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Payload("first"), NodeUtp);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq - 1)).ExpectEvent(ConnectionEventKind.Connected);
        c.ExpectReceived("first");
    }

    [Fact]
    public void A_window_of_zero_on_the_syn_means_nothing()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Window(0).Extension(ExtensionType.CapabilitiesOrMetadata, new byte[8]));
        c.TakeSent();
        c.Write("x");
        c.Expect(PacketType.Data, text: "x");
    }

    [Fact]
    public void At_most_three_bytes_leave_per_byte_received_until_the_address_is_confirmed()
    {
        var c = Conversation.Accept();
        c.Write(new byte[5_000]);
        c.Advance(9_000_000);
        Assert.InRange(c.TakeSent().Sum(packet => packet.Datagram.Length), 41, 60);
    }

    [Fact]
    public void An_unconfirmed_acceptor_sends_a_little_data_whose_ack_confirms()
    {
        var c = Conversation.Accept(PacketBuilder.Syn().Extension(ExtensionType.CapabilitiesOrMetadata, new byte[8]));
        c.Expect(PacketType.State);
        c.Write("hello, whoever you are");
        var first = c.Expect(PacketType.Data, seq: Conversation.LocalSeq, ack: Conversation.PeerSeq - 1);
        Assert.InRange(first.Payload.Length, 1, 20);
        c.ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq));
        Assert.Equal("hello, whoever you are", first.Text + c.Expect(PacketType.Data, seq: Conversation.LocalSeq + 1).Text);
    }

    [Fact]
    public void An_ack_older_than_our_initial_seq_nr_confirms_nothing()
    {
        var c = Conversation.Accept();
        c.TakeSent();
        c.Send(PacketBuilder.Data("x").Ack(Conversation.LocalSeq - 2)).ExpectNothing();
        Assert.Equal(ConnectionState.SynReceived, c.Connection.State);
    }
}
