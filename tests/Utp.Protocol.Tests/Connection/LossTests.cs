using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class LossTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Full = 1_180;
    private static readonly ConnectionOptions Unpaced = new() { Pacing = false, KeepAliveMicros = 0, IdleTimeoutMicros = 0, TailLossProbe = false };

    private static Conversation AfterManyPackets(int packets)
    {
        var c = Conversation.Established(Unpaced);
        for (var i = 0; i < packets; i++)
        {
            c.Write("x");
            c.Send(PacketBuilder.State().Ack(Seq + i));
        }

        c.TakeEvents();
        c.TakeSent();
        return c;
    }

    private static Conversation WithPacketsInFlight(int packets, ConnectionOptions? options = null)
    {
        var c = Conversation.Established(options ?? Unpaced);
        c.Write(new byte[Full * packets]);
        for (var i = 0; i < packets; i++)
            c.Expect(PacketType.Data, seq: Seq + i, bytes: Full);
        c.ExpectNothing();
        c.Advance(20_000);
        return c;
    }

    [Fact]
    public void Three_packets_acknowledged_past_a_hole_show_it_to_be_lost()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3)).ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4));
        c.Expect(PacketType.Data, seq: Seq, bytes: Full);
        c.ExpectNothing();
        Assert.Equal(1, c.Connection.GetStatistics().Retransmissions);
    }

    [Fact]
    public void Three_duplicate_states_show_a_loss_and_two_do_not()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1));
        c.Send(PacketBuilder.State().Ack(Seq - 1)).ExpectNothing();
        c.Send(PacketBuilder.State().Ack(Seq - 1));
        c.Expect(PacketType.Data, seq: Seq);
        c.ExpectNothing();
    }

    [Fact]
    public void Without_selective_acks_a_partial_ack_shows_the_next_loss()
    {
        var c = WithPacketsInFlight(8);
        for (var i = 0; i < 3; i++)
            c.Send(PacketBuilder.State().Ack(Seq - 1));
        c.Expect(PacketType.Data, seq: Seq);
        c.Send(PacketBuilder.State().Ack(Seq + 2));
        c.Expect(PacketType.Data, seq: Seq + 3);
        c.ExpectNothing();
    }

    [Fact]
    public void A_lost_retransmission_is_found_by_packets_sent_after_it()
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4, 5, 6, 7, 8));
        c.Expect(PacketType.Data, seq: Seq);
        c.Write(new byte[Full * 3]);
        c.Expect(PacketType.Data, seq: Seq + 8);
        c.Expect(PacketType.Data, seq: Seq + 9);
        c.Expect(PacketType.Data, seq: Seq + 10);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
        c.Expect(PacketType.Data, seq: Seq);
        Assert.Equal(2, c.Connection.GetStatistics().Retransmissions);
    }

    [Fact]
    public void A_retransmission_keeps_its_bytes()
    {
        var c = Conversation.Established(Unpaced);
        c.Write("first");
        c.Expect(PacketType.Data, seq: Seq, text: "first");
        c.Write("second");
        c.Expect(PacketType.Data, seq: Seq + 1, text: "second");
        c.AdvanceToDeadline();
        c.Expect(PacketType.Data, seq: Seq, text: "first");
        c.ExpectNothing();
    }

    [Fact]
    public void A_timeout_sends_one_packet_and_backs_off()
    {
        var c = WithPacketsInFlight(4);
        Assert.Equal(480_000, c.AdvanceToDeadline());
        c.Expect(PacketType.Data, seq: Seq);
        c.ExpectNothing();
        Assert.Equal(1_000_000, c.AdvanceToDeadline());
        c.Expect(PacketType.Data, seq: Seq);
        c.ExpectNothing();
        Assert.Equal(2_000_000, c.AdvanceToDeadline());
    }

    [Fact]
    public void New_data_does_not_restart_the_timer_and_a_full_ack_stops_it()
    {
        var c = Conversation.Established(Unpaced);
        c.Write("a");
        c.Advance(400_000);
        c.Write("b");
        Assert.Equal(100_000, c.AdvanceToDeadline());
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq + 1));
        Assert.Equal(Instant.Never, c.Connection.NextDeadline);
    }

    [Fact]
    public void An_ack_of_a_retransmission_is_no_round_trip_sample()
    {
        var c = Conversation.Established(Unpaced);
        c.Write("a");
        c.AdvanceToDeadline();
        c.Advance(20_000);
        var before = c.Connection.GetStatistics().SmoothedRttMicros;
        c.Send(PacketBuilder.State().Ack(Seq));
        Assert.Equal(before, c.Connection.GetStatistics().SmoothedRttMicros);
    }

    [Fact]
    public void After_a_timeout_an_ack_of_the_retransmission_alone_sends_the_rest_again()
    {
        var c = WithPacketsInFlight(4);
        c.AdvanceToDeadline();
        c.Expect(PacketType.Data, seq: Seq);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq));
        c.Expect(PacketType.Data, seq: Seq + 1);
        c.Expect(PacketType.Data, seq: Seq + 2);
    }

    [Fact]
    public void A_spurious_timeout_is_recognised_and_undone()
    {
        var c = Conversation.Established(Unpaced, Capabilities.OwnPeer);
        c.Write(new byte[Full * 4]);
        c.TakeSent();
        var window = c.Connection.GetStatistics().CongestionWindowBytes;
        c.AdvanceToDeadline();
        c.Expect(PacketType.Data, seq: Seq);
        Assert.True(c.Connection.GetStatistics().CongestionWindowBytes < window);
        c.Advance(50_000);
        c.Send(PacketBuilder.State().Ack(Seq + 1)).ExpectNothing();
        Assert.Equal(1, c.Connection.GetStatistics().SpuriousTimeouts);
        Assert.True(c.Connection.GetStatistics().CongestionWindowBytes >= window);
    }

    [Fact]
    public void Too_many_timeouts_end_the_connection_with_their_reason()
    {
        var c = Conversation.Established(Unpaced with { MaxTimeouts = 2 });
        c.Write("a");
        c.Advance(60_000_000);
        c.ExpectClosed(CloseCause.TooManyRetransmissions);
        Assert.Equal(PacketType.Reset, c.TakeSent()[^1].Type);
    }

    [Fact]
    public void An_ack_of_what_was_never_sent_drops_the_packet()
    {
        var c = WithPacketsInFlight(2);
        c.Send(PacketBuilder.Data("x").Ack(Seq + 2)).ExpectNothing().ExpectNoEvent();
        Assert.Equal(1, c.Connection.GetStatistics().PacketsDropped);
    }

    [Fact]
    public void A_selective_ack_beyond_what_was_sent_is_ignored()
    {
        var c = WithPacketsInFlight(2);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 5, 6, 7, 8)).ExpectNothing();
        Assert.Equal(2 * Full, c.Connection.GetStatistics().BytesInFlight);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(252)]
    public void A_selective_ack_of_any_length_is_read(int bytes)
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(bytes, 2, 3, 4));
        c.Expect(PacketType.Data, seq: Seq);
    }

    [Fact]
    public void A_slightly_old_ack_is_ignored_but_its_payload_counts()
    {
        var c = WithPacketsInFlight(4);
        c.Send(PacketBuilder.State().Ack(Seq + 3));
        c.TakeEvents();
        c.Send(PacketBuilder.Data("late").Ack(Seq)).ExpectReceived("late");
    }

    [Fact]
    public void An_ack_older_than_any_window_drops_the_packet()
    {
        var c = WithPacketsInFlight(4);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2));
        c.Send(PacketBuilder.Data("bad").Ack(Seq - 6)).ExpectNoEvent();
        Assert.Equal(1, c.Connection.GetStatistics().PacketsDropped);
    }

    [Theory]
    [InlineData(150_000, true)]
    [InlineData(1_000_000, false)]
    public void From_foreign_peers_that_acknowledge_as_they_send_an_ack_may_be_as_old_as_what_was_in_flight_a_moment_ago(long waitMicros, bool counts)
    {
        var c = WithPacketsInFlight(8);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2));
        c.Send(PacketBuilder.State().Ack(Seq + 7)).ExpectEvent(ConnectionEventKind.WritesDelivered);
        c.Advance(waitMicros);
        c.Send(PacketBuilder.State().Ack(Seq + 7));
        c.Send(PacketBuilder.Data("delayed").Ack(Seq + 2));
        Assert.Equal(counts, c.TakeEvents().Length == 1);

        // A keep-alive's is one behind, however long nothing was acknowledged.
        c.Send(PacketBuilder.Data("alive").Seq(Conversation.PeerSeq + (counts ? 1 : 0)).Ack(Seq + 6)).ExpectReceived("alive");
    }

    [Fact]
    public void A_peer_without_extensions_may_repeat_a_packet_with_the_ack_that_it_had_some_seconds_ago()
    {
        var c = AfterManyPackets(2_000);
        c.Advance(15_000_000);
        c.Send(PacketBuilder.Data("again").Ack(Seq)).ExpectReceived("again");
    }

    [Theory]
    [InlineData(-2_100, 0)]
    [InlineData(-20_000, 0)]
    [InlineData(10, 40_000_000)]
    public void An_ack_that_is_older_than_what_was_acknowledged_lately_drops_the_packet_of_a_peer_without_extensions_too(int ack, long waitMicros)
    {
        var c = AfterManyPackets(2_000);
        c.Advance(waitMicros);
        c.Send(PacketBuilder.State().Ack(Seq + 1_999));
        c.Send(PacketBuilder.Data("forged").Ack(Seq + ack)).ExpectNoEvent();
        Assert.Equal(1, c.Connection.GetStatistics().PacketsDropped);
    }

    [Fact]
    public void The_timer_starts_anew_when_a_socket_that_was_blocked_takes_datagrams_again()
    {
        var c = Conversation.Established(Unpaced);
        c.Write(new byte[Full]);
        c.Expect(PacketType.Data, seq: Seq);
        c.BlockSocket();
        c.Write(new byte[Full]);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq));
        c.Advance(4_000_000);

        c.UnblockSocket();
        c.Expect(PacketType.Data, seq: Seq + 1);
        c.Advance(20_000).ExpectNothing();
        Assert.Equal(0, c.Connection.GetStatistics().Timeouts);
    }

    [Fact]
    public void Would_block_is_not_loss()
    {
        var c = Conversation.Established(Unpaced);
        var window = c.Connection.GetStatistics().CongestionWindowBytes;
        c.BlockSocket();
        c.Write(new byte[Full * 3]);
        c.Advance(5_000_000).ExpectNothing();
        c.UnblockSocket();
        c.Expect(PacketType.Data, seq: Seq);
        c.Expect(PacketType.Data, seq: Seq + 1);
        c.Expect(PacketType.Data, seq: Seq + 2);
        var stats = c.Connection.GetStatistics();
        Assert.Equal((0, 0, 0), (stats.Retransmissions, stats.Timeouts, stats.PacketsLost));
        Assert.Equal(window, stats.CongestionWindowBytes);
        Assert.Equal(3 * Full, stats.BytesInFlight);
    }

    [Fact]
    public void What_the_socket_took_late_is_given_its_whole_time()
    {
        var c = Conversation.Established(Unpaced);
        c.BlockSocket();
        c.Write(new byte[Full]);
        c.Advance(5_000_000).ExpectNothing();
        c.UnblockSocket();
        c.Expect(PacketType.Data, seq: Seq);
        c.Advance(1_000).ExpectNothing();
        Assert.Equal(0, c.Connection.GetStatistics().Timeouts);
    }
}
