using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class StreamTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.SynPayload | Capabilities.LargeWindow;

    [Fact]
    public void Data_in_order_is_delivered_and_acknowledged_once_per_batch()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("one "), PacketBuilder.Data("two "), PacketBuilder.Data("three"));
        Assert.Equal("one two three", System.Text.Encoding.UTF8.GetString(c.ExpectEvent(ConnectionEventKind.Received).Data.Span));
        c.Expect(PacketType.State, seq: Seq, ack: Peer + 2, bytes: 0);
        c.ExpectNothing();
    }

    [Fact]
    public void Data_carries_the_acknowledgement_when_it_leaves_in_the_same_drain()
    {
        var c = Conversation.Established();
        c.Do((connection, now) => connection.Write("reply"u8.ToArray(), default, now));
        c.Expect(PacketType.Data, text: "reply");
        c.Send(PacketBuilder.Data("question"));
        c.Expect(PacketType.State, ack: Peer);
        c.ExpectNothing();
    }

    [Fact]
    public void A_gap_is_shown_by_a_selective_ack_and_nothing_is_delivered_beyond_it()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("c").Seq(Peer + 2), PacketBuilder.Data("e").Seq(Peer + 4));
        var state = c.Expect(PacketType.State, ack: Peer - 1);
        // BEP 29: bit 0 is ack_nr + 2.
        Assert.Equal([0b1010, 0, 0, 0], state.SackBytes);
        c.ExpectNoEvent();

        c.Send(PacketBuilder.Data("a").Seq(Peer), PacketBuilder.Data("b").Seq(Peer + 1)).ExpectReceived("abc");
        Assert.Equal([0b0001, 0, 0, 0], c.Expect(PacketType.State, ack: Peer + 2).SackBytes);
        c.Send(PacketBuilder.Data("d").Seq(Peer + 3)).ExpectReceived("de");
        Assert.Empty(c.Expect(PacketType.State, ack: Peer + 4).SackBytes);
    }

    [Fact]
    public void A_selective_ack_is_as_wide_as_the_gap_needs_and_at_most_252_bytes()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Data("x").Seq(Peer + 33));
        Assert.Equal(8, c.Expect(PacketType.State).SackBytes.Length);
        c.Send(PacketBuilder.Data("x").Seq(Peer + 3_000));
        Assert.Equal(252, c.Expect(PacketType.State).SackBytes.Length);
    }

    [Fact]
    public void A_duplicate_is_acknowledged_again_and_not_delivered_again()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("a").Seq(Peer)).ExpectReceived("a");
        c.Expect(PacketType.State, ack: Peer);
        c.Send(PacketBuilder.Data("a").Seq(Peer)).ExpectNoEvent();
        c.Expect(PacketType.State, ack: Peer);
        Assert.Equal(1, c.Connection.GetStatistics().DuplicatesReceived);
    }

    [Fact]
    public void A_duplicate_of_a_waiting_packet_is_kept_once()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("b").Seq(Peer + 1), PacketBuilder.Data("b").Seq(Peer + 1));
        c.Send(PacketBuilder.Data("a").Seq(Peer)).ExpectReceived("ab").ExpectNoEvent();
    }

    [Fact]
    public void An_empty_data_packet_advances_the_acknowledgement()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("")).ExpectNoEvent();
        c.Expect(PacketType.State, ack: Peer);
    }

    [Fact]
    public void Sequence_numbers_go_on_across_the_wrap_in_both_directions()
    {
        var seed = new ConnectionSeed(new(Conversation.LocalId), new(65_534), new(Conversation.FallbackId), new(0));
        var c = Conversation.Connect(seed: seed);
        c.Expect(PacketType.Syn, seq: 65_534);
        c.Send(PacketBuilder.State().Seq(65_535).Ack(65_534));
        c.ExpectEvent(ConnectionEventKind.Connected);
        c.TakeSent();
        c.Send(PacketBuilder.Data("b").Seq(0), PacketBuilder.Data("a").Seq(65_535)).ExpectReceived("ab");
        c.Expect(PacketType.State, seq: 65_535, ack: 0);
        c.Write("x");
        c.Expect(PacketType.Data, seq: 65_535, text: "x");
        c.Write("y");
        c.Expect(PacketType.Data, seq: 0, text: "y");
        c.Send(PacketBuilder.State().Ack(0));
        Assert.Equal(2, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
    }

    [Fact]
    public void Small_writes_of_one_turn_leave_in_one_packet()
    {
        var c = Conversation.Established();
        c.Do((connection, now) =>
        {
            for (var i = 0; i < 10; i++)
                connection.Write("0123456789"u8.ToArray(), default, now);
        });
        c.Expect(PacketType.Data, bytes: 100);
        c.ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Seq));
        Assert.Equal(10, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
    }

    [Fact]
    public void A_large_write_is_cut_into_full_packets_and_delivered_when_the_last_is_acknowledged()
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false });
        c.Write(new byte[2_500]);
        c.Expect(PacketType.Data, seq: Seq, bytes: 1_180);
        c.Expect(PacketType.Data, seq: Seq + 1, bytes: 1_180);
        c.Expect(PacketType.Data, seq: Seq + 2, bytes: 140);
        c.Send(PacketBuilder.State().Ack(Seq + 1)).ExpectNoEvent();
        c.Send(PacketBuilder.State().Ack(Seq + 2));
        Assert.Equal(1, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
        Assert.Equal(0, c.Connection.BufferedBytes);
    }

    [Fact]
    public void The_send_buffer_refuses_what_it_cannot_hold_and_takes_nothing_of_it()
    {
        var c = Conversation.Established(new ConnectionOptions { SendBufferBytes = 1_000 });
        Assert.Equal(WriteResult.TooLarge, c.Write(new byte[1_001]));
        Assert.Equal(WriteResult.Accepted, c.Write(new byte[900]));
        Assert.Equal(WriteResult.BufferFull, c.Write(new byte[101]));
        c.Expect(PacketType.Data, bytes: 900);
        c.Send(PacketBuilder.State().Ack(Seq));
        Assert.Equal(WriteResult.Accepted, c.Write(new byte[101]));
    }

    [Fact]
    public void With_coalescing_one_undersized_packet_is_in_flight()
    {
        var c = Conversation.Established(new ConnectionOptions { CoalesceSmallWrites = true });
        c.Write("a");
        c.Expect(PacketType.Data, text: "a");
        c.Write("b");
        c.Write("c");
        c.ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Seq));
        c.Expect(PacketType.Data, text: "bc");
    }

    [Fact]
    public void Late_duplicates_of_a_whole_wrap_ago_are_told_by_their_timestamp()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Data("new")).ExpectReceived("new");
        c.Expect(PacketType.State);
        var old = (uint)(c.Now.Micros + c.PeerClockOffsetMicros - c.OneWayDelayMicros - 1_100_000);
        c.Send(PacketBuilder.Data("old").SentAt(old)).ExpectNoEvent().ExpectNothing();
        Assert.Equal(1, c.Connection.GetStatistics().PacketsDropped);
    }

    [Fact]
    public void Toward_a_foreign_peer_timestamps_prove_nothing()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("a")).ExpectReceived("a");
        c.Send(PacketBuilder.Data("b").SentAt(0)).ExpectReceived("b");
    }

    [Fact]
    public void Selective_acks_ride_on_data_only_toward_peers_that_send_extensions()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("b").Seq(Peer + 1));
        c.Expect(PacketType.State);
        c.Write("x");
        Assert.False(c.Expect(PacketType.Data, text: "x").Packet.HasExtensions);

        c.Send(PacketBuilder.State().Ack(Seq).Sack(4));
        c.Write("y");
        Assert.Equal(4, c.Expect(PacketType.Data, text: "y").SackBytes.Length);
    }

    [Fact]
    public void The_difference_field_is_measured_at_arrival()
    {
        var c = Conversation.Established();
        c.OneWayDelayMicros = 12_345;
        c.Send(PacketBuilder.Data("a"));
        Assert.Equal(unchecked((uint)(12_345 - c.PeerClockOffsetMicros)), c.Expect(PacketType.State).Packet.Header.TimestampDifference);
    }
}
