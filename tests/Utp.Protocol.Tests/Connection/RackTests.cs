using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class RackTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const int Full = 1_180;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges;
    private static readonly ConnectionOptions Unpaced = new() { Pacing = false, KeepAliveMicros = 0 };

    private static Conversation WithPacketsInFlight(int packets)
    {
        var c = Conversation.Established(Unpaced, Own);
        c.Write(new byte[Full * packets]);
        Assert.Equal(packets, c.TakeSent().Length);
        c.Advance(20_000);
        return c;
    }

    [Fact]
    public void A_packet_overtaken_by_one_is_lost_when_a_quarter_of_the_round_trip_has_passed()
    {
        var c = WithPacketsInFlight(4);
        c.Send(PacketBuilder.State().Ack(Seq).Sack(4, 2)).ExpectNothing();
        Assert.Equal(5_000, c.AdvanceToDeadline());
        c.Expect(PacketType.Data, seq: Seq + 1);
        c.ExpectNothing();
    }

    [Fact]
    public void A_packet_that_arrives_within_the_reordering_window_is_not_sent_again()
    {
        var c = WithPacketsInFlight(4);
        c.Send(PacketBuilder.State().Ack(Seq).Sack(4, 2));
        c.Advance(4_000);
        c.Send(PacketBuilder.State().Ack(Seq + 3));
        Assert.Equal(0, c.Connection.GetStatistics().Retransmissions);
    }

    [Fact]
    public void Three_packets_past_a_hole_need_no_waiting_until_reordering_was_seen()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4));
        c.Expect(PacketType.Data, seq: Seq);

        c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 3));
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3));
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4)).ExpectNothing();
        Assert.Equal(5_000, c.AdvanceToDeadline());
        c.Expect(PacketType.Data, seq: Seq);
    }

    [Fact]
    public void An_ack_that_comes_too_soon_for_the_retransmission_is_of_the_original()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4));
        c.Expect(PacketType.Data, seq: Seq);
        c.Advance(1_000);
        c.Send(PacketBuilder.State().Ack(Seq + 3));

        // Nothing that left before the retransmission counts as overtaken by it.
        Assert.Equal(1, c.Connection.GetStatistics().PacketsLost);
    }

    [Fact]
    public void An_ack_that_answers_what_left_before_the_retransmission_is_of_the_original()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4));
        c.Expect(PacketType.Data, seq: Seq);
        var window = c.Connection.GetStatistics().CongestionWindowBytes;

        // Long enough for the retransmission to have arrived; but the peer says that it answers what left 30 ms ago.
        c.Advance(25_000);
        c.OneWayDelayMicros = 15_000;
        c.Send(PacketBuilder.State().Ack(Seq + 3));
        Assert.Equal(1, c.Connection.GetStatistics().NeedlessRetransmissions);
        Assert.True(c.Connection.GetStatistics().CongestionWindowBytes >= window);
    }

    [Fact]
    public void An_ack_that_answers_the_retransmission_is_no_sign_of_reordering()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4));
        c.Expect(PacketType.Data, seq: Seq);
        c.Advance(25_000);
        c.Send(PacketBuilder.State().Ack(Seq + 3));
        Assert.Equal(0, c.Connection.GetStatistics().NeedlessRetransmissions);
    }

    [Fact]
    public void A_tail_is_probed_after_two_round_trips_by_its_last_packet()
    {
        var c = WithPacketsInFlight(4);
        Assert.Equal(20_000, c.AdvanceToDeadline());
        c.Expect(PacketType.Data, seq: Seq + 3);
        c.ExpectNothing();
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq + 2).Sack(4));
        Assert.Equal(0, c.Connection.GetStatistics().Timeouts);
    }

    [Fact]
    public void The_last_packet_is_not_repeated_as_a_probe_to_a_peer_that_measures_no_delay()
    {
        var c = Conversation.Connect(Unpaced);
        c.Expect(PacketType.Syn);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq).Measured(0));
        c.Expect(PacketType.State);
        c.Write("x");
        c.Expect(PacketType.Data, seq: Seq, text: "x");
        c.Advance(499_000).ExpectNothing();
        c.Advance(1_000).Expect(PacketType.Data, seq: Seq, text: "x");
    }

    [Fact]
    public void A_single_packet_is_given_the_time_of_a_delayed_ack()
    {
        var c = Conversation.Established(Unpaced, Own);
        c.Write("x");
        c.TakeSent();
        Assert.Equal(65_000, c.AdvanceToDeadline());
        c.Expect(PacketType.Data, seq: Seq, text: "x");
    }

    [Fact]
    public void A_probe_of_new_data_goes_beyond_the_congestion_window()
    {
        var c = Conversation.Established(Unpaced, Own);
        c.Write(new byte[Full * 20]);
        Assert.Equal(10, c.TakeSent().Length);
        c.AdvanceToDeadline();
        c.Expect(PacketType.Data, seq: Seq + 10);
        c.ExpectNothing();
    }

    [Fact]
    public void A_tail_is_probed_once_and_then_left_to_the_timeout()
    {
        var c = WithPacketsInFlight(4);
        c.AdvanceToDeadline();
        c.TakeSent();
        Assert.Equal(200_000, c.AdvanceToDeadline());
        Assert.Equal(1, c.Connection.GetStatistics().Timeouts);
    }

    [Fact]
    public void A_probe_that_shows_a_hole_recovers_it_without_a_timeout()
    {
        var c = WithPacketsInFlight(4);
        c.Send(PacketBuilder.State().Ack(Seq));
        c.AdvanceToDeadline();
        c.Expect(PacketType.Data, seq: Seq + 3);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq).Sack(4, 3));
        c.Advance(10_000);
        c.Expect(PacketType.Data, seq: Seq + 1);
        c.Expect(PacketType.Data, seq: Seq + 2);
        Assert.Equal(0, c.Connection.GetStatistics().Timeouts);
    }

    [Fact]
    public void Our_own_peer_is_shown_ranges_the_farthest_first()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(
            PacketBuilder.Data("x").Seq(Peer + 1), PacketBuilder.Data("x").Seq(Peer + 2), PacketBuilder.Data("x").Seq(Peer + 4_000));
        var state = c.Expect(PacketType.State, ack: Peer - 1);
        Assert.Equal([0x0F, 0xA1, 0, 1, 0, 2, 0, 2], state.Packet.SelectiveAckRanges(state.Datagram).ToArray());
        Assert.Empty(state.SackBytes);
    }

    [Fact]
    public void Ranges_acknowledge_what_they_name_and_nothing_else()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Extension(ExtensionType.SelectiveAckRanges, 0, 4, 0, 2, 0, 2, 0, 1));
        Assert.Equal(5 * Full, c.Connection.GetStatistics().BytesInFlight);
    }

    [Theory]
    [InlineData(new byte[] { 0, 2, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 9, 0, 5 })]
    [InlineData(new byte[] { 0, 0, 0, 1 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3 })]
    public void Ranges_that_make_no_sense_are_harmless(byte[] ranges)
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Extension(ExtensionType.SelectiveAckRanges, ranges)).ExpectNoEvent();
        c.Send(PacketBuilder.State().Ack(Seq + 7)).ExpectEvent(ConnectionEventKind.WritesDelivered);
    }
}
