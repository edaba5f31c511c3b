using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class MtuTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Base = 1_200;
    private const int Full = 1_180;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges;

    private static ConnectionOptions Ceiling(int bytes) => new()
    {
        Pacing = false,
        KeepAliveMicros = 0,
        TailLossProbe = false,
        MtuCeilingBytes = bytes,
    };

    [Fact]
    public void A_probe_to_our_own_peer_is_a_packet_of_confirmed_size_padded_to_the_ceiling()
    {
        var c = Conversation.Established(Ceiling(1_472), Own);
        c.Write(new byte[Full * 3]);
        var probe = c.Expect(PacketType.Data, seq: Seq, bytes: Full);
        Assert.Equal((1_472, true), (probe.Datagram.Length, probe.DontFragment));
        Assert.Equal(ExtensionType.SelectiveAck, probe.Packet.Header.Extension);
        Assert.Equal(Base, c.Expect(PacketType.Data, seq: Seq + 1, bytes: Full).Datagram.Length);
    }

    [Fact]
    public void A_probe_that_arrived_raises_the_size_of_new_packets()
    {
        var c = Conversation.Established(Ceiling(9_000), Own);
        c.Write(new byte[Full * 2]);
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq + 1));
        c.Write(new byte[20_000]);
        Assert.Equal(9_000, c.Expect(PacketType.Data, seq: Seq + 2).Datagram.Length);
        Assert.Equal(9_000, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void A_lost_mtu_probe_does_not_shrink_the_window_and_its_payload_goes_again_unpadded()
    {
        var c = Conversation.Established(Ceiling(9_000), Own);
        var window = c.Connection.GetStatistics().CongestionWindowBytes;
        c.Write(new byte[Full * 8]);
        c.TakeSent();
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4));
        var again = c.Expect(PacketType.Data, seq: Seq, bytes: Full);
        Assert.Equal(Base, again.Datagram.Length);
        Assert.True(c.Connection.GetStatistics().CongestionWindowBytes >= window);
    }

    [Fact]
    public void A_probe_to_a_foreign_peer_is_a_larger_packet_that_goes_again_without_dont_fragment()
    {
        var c = Conversation.Established(Ceiling(9_000));
        c.Write(new byte[Full * 8]);
        var probe = c.Expect(PacketType.Data, seq: Seq, bytes: 1_452);
        Assert.Equal((1_472, true), (probe.Datagram.Length, probe.DontFragment));
        c.TakeSent();
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Sack(4, 2, 3, 4));
        var again = c.Expect(PacketType.Data, seq: Seq, bytes: 1_452);
        Assert.Equal((1_472, false), (again.Datagram.Length, again.DontFragment));
    }

    [Fact]
    public void A_probe_whose_ack_is_lost_keeps_its_bytes()
    {
        var c = Conversation.Established(Ceiling(9_000));
        var data = new byte[Full * 2];
        Random.Shared.NextBytes(data);
        c.Write(data);
        var probe = c.Expect(PacketType.Data, seq: Seq);
        c.TakeSent();
        c.AdvanceToDeadline();
        Assert.Equal(probe.Payload, c.Expect(PacketType.Data, seq: Seq).Payload);
    }

    [Fact]
    public void The_socket_s_word_ends_the_search_at_once_and_nothing_is_lost()
    {
        var c = Conversation.Established(Ceiling(9_000), Own);
        c.Do((connection, now) => connection.Write(new byte[Full], default, now));
        Assert.Equal(9_000, c.Expect(PacketType.Data, seq: Seq).Datagram.Length);
        c.Do((connection, now) => connection.HandleTooLarge(1, now));
        c.Expect(PacketType.Data, seq: Seq, bytes: Full);
        Assert.Equal((0, 0), (c.Connection.GetStatistics().PacketsLost, c.Connection.GetStatistics().Retransmissions));
    }

    [Fact]
    public void A_socket_that_refuses_the_smallest_datagrams_ends_the_connection_with_a_sentence()
    {
        var c = Conversation.Established(Ceiling(0), Own);
        c.Do((connection, now) => connection.Write(new byte[100], default, now));
        c.TakeSent();
        c.Do((connection, now) => connection.HandleTooLarge(1, now));
        Assert.Contains("120 bytes", c.ExpectClosed(CloseCause.SocketError).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Icmp_forged_by_who_sees_our_packets_does_not_take_the_size_below_what_passes_everywhere()
    {
        var c = JumboFound(out var sent);
        c.Do((connection, now) => connection.HandlePacketTooBig(68, sent.Datagram, now));
        Assert.Equal(Base, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void Icmp_that_quotes_a_packet_on_its_way_names_the_size_that_passes()
    {
        var c = JumboFound(out var sent);
        c.Do((connection, now) => connection.HandlePacketTooBig(1_452, sent.Datagram.AsSpan(0, PacketHeader.Length), now));
        Assert.Equal(1_452, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void Icmp_that_does_not_name_a_size_takes_it_to_the_base()
    {
        var c = JumboFound(out var sent);
        c.Do((connection, now) => connection.HandlePacketTooBig(0, sent.Datagram, now));
        Assert.Equal(Base, c.Connection.PathDatagramBytes);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("too little")]
    [InlineData("another connection's id")]
    [InlineData("what was never sent")]
    [InlineData("what was acknowledged")]
    [InlineData("an acknowledgement")]
    [InlineData("a packet that is small enough")]
    [InlineData("no uTP")]
    public void Icmp_forged_by_a_stranger_quotes_no_packet_of_ours_and_changes_nothing(string quotes)
    {
        var c = JumboFound(out var sent);
        var quoted = sent.Datagram.AsSpan(0, PacketHeader.Length).ToArray();
        var passes = 1_452;
        switch (quotes)
        {
            case "nothing":
                quoted = [];
                break;
            case "too little":
                quoted = quoted[..^1];
                break;
            case "another connection's id":
                quoted[3] ^= 1;
                break;
            case "what was never sent":
                quoted[16] ^= 0x40;
                break;
            case "what was acknowledged":
                quoted[17]--;
                break;
            case "an acknowledgement":
                quoted[0] = 0x21;
                break;
            case "a packet that is small enough":
                passes = 9_000;
                break;
            default:
                quoted[0] = 0x02;
                break;
        }

        c.Do((connection, now) => connection.HandlePacketTooBig(passes, quoted, now));
        Assert.Equal(9_000, c.Connection.PathDatagramBytes);
        Assert.False(c.Connection.PollPathSize(out _));
    }

    [Fact]
    public void A_whole_burst_that_a_full_queue_dropped_says_nothing_about_size()
    {
        var c = Conversation.Established(Ceiling(1_472), Own);
        c.Write(new byte[Full * 10]);
        var last = Seq - 1 + c.TakeSent().Length;
        c.Send(PacketBuilder.State().Ack(last));
        c.Write(new byte[1_452 * 14]);
        var sent = c.TakeSent().Length;
        Assert.InRange(sent, 11, 14);
        c.Advance(20_000);

        // All but the last are lost together.
        c.Send(PacketBuilder.State().Ack(last).Sack(4, sent));
        Assert.True(c.Connection.GetStatistics().PacketsLost >= 8);
        Assert.Equal(1_472, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void Full_size_packets_that_vanish_take_the_size_down_and_what_was_cut_goes_without_dont_fragment()
    {
        var c = Conversation.Established(Ceiling(1_472), Own);
        c.Write(new byte[Full]);
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq));
        c.Write(new byte[1_452 * 3]);
        Assert.Equal(3, c.TakeSent().Length);
        var before = c.Now;
        c.AdvanceToDeadline();
        Assert.True(c.Expect(PacketType.Data, seq: Seq + 1).DontFragment);
        c.AdvanceToDeadline();
        Assert.False(c.Expect(PacketType.Data, seq: Seq + 1, bytes: 1_452).DontFragment);
        Assert.Equal(Base, c.Connection.PathDatagramBytes);
        Assert.InRange(c.Now.Since(before), 0, 1_000_000);
    }

    [Fact]
    public void A_last_packet_that_is_neither_full_nor_small_enough_goes_without_dont_fragment_in_the_end()
    {
        var c = Conversation.Established(Ceiling(0));
        c.Write(new byte[Full]);
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq));
        c.Write(new byte[800]);
        Assert.True(c.Expect(PacketType.Data, seq: Seq + 1, bytes: 800).DontFragment);
        for (var i = 1; i < 4; i++)
        {
            c.AdvanceToDeadline();
            Assert.True(c.Expect(PacketType.Data, seq: Seq + 1, bytes: 800).DontFragment);
        }

        c.AdvanceToDeadline();
        Assert.False(c.Expect(PacketType.Data, seq: Seq + 1, bytes: 800).DontFragment);
        Assert.Equal(548, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void A_size_that_nothing_has_proved_is_given_up_at_the_first_time_out_and_asked_for_again()
    {
        var c = Conversation.Established(Ceiling(Base), Own | Capabilities.PacketPieces);
        c.Write(new byte[Full]);
        c.TakeSent();
        c.AdvanceToDeadline();
        Assert.Equal([548, 548], c.TakeSent().Take(2).Select(sent => sent.Datagram.Length));
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq));
        c.Write(new byte[528 * 2]);
        Assert.Equal([Base, 548], c.TakeSent().Select(sent => sent.Datagram.Length));
        c.Send(PacketBuilder.State().Ack(Seq + 2));
        Assert.Equal(Base, c.Connection.PathDatagramBytes);
    }

    [Theory]
    [InlineData(1_199)]
    [InlineData(972)]
    [InlineData(548)]
    public void A_first_hop_that_takes_less_than_the_usual_start_is_where_the_search_begins(int firstHop)
    {
        var c = Conversation.Established(Ceiling(firstHop), Own);
        c.Write(new byte[2_000]);
        Assert.Equal(firstHop, c.TakeSent()[0].Datagram.Length);
    }

    [Fact]
    public void Icmp_names_a_size_below_the_base_and_everything_that_was_too_large_goes_again_at_once_and_costs_no_window()
    {
        var c = Conversation.Established(Ceiling(Base), Own | Capabilities.PacketPieces);
        var window = c.Connection.GetStatistics().CongestionWindowBytes;
        c.Write(new byte[Full * 3]);
        var sent = c.TakeSent();
        c.Advance(10_000);
        c.Do((connection, now) => connection.HandlePacketTooBig(972, sent[0].Datagram.AsSpan(0, PacketHeader.Length), now));
        var again = c.TakeSent();
        Assert.Equal([Seq, Seq, Seq + 1, Seq + 1, Seq + 2, Seq + 2], again.Select(s => (int)s.Packet.Header.SeqNr.Value));
        Assert.Equal(972, again.Max(s => s.Datagram.Length));
        Assert.True(c.Connection.GetStatistics().CongestionWindowBytes >= window);
        Assert.Equal(0, c.Connection.GetStatistics().Timeouts);
    }

    [Fact]
    public void What_left_before_the_packet_that_icmp_quotes_may_have_passed_and_is_not_sent_again()
    {
        var c = Conversation.Established(Ceiling(Base), Own | Capabilities.PacketPieces);
        c.Write(new byte[Full * 3]);
        var sent = c.TakeSent();
        c.Advance(10_000);
        c.Do((connection, now) => connection.HandlePacketTooBig(972, sent[2].Datagram.AsSpan(0, PacketHeader.Length), now));
        Assert.All(c.TakeSent(), s => Assert.Equal(Seq + 2, s.Packet.Header.SeqNr.Value));
    }

    [Fact]
    public void Our_own_system_s_word_of_the_first_hop_is_asked_for_next()
    {
        var c = Conversation.Established(Ceiling(Base), Own);
        c.Do((connection, now) => connection.Write(new byte[Full], default, now));
        c.TakeSent();
        c.Do((connection, now) => connection.HandleTooLarge(1, now));
        c.Do((connection, now) => connection.HandlePathError(PathError.TooLarge, now, 972));
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq));
        c.Write(new byte[528 * 2]);
        Assert.Equal([972, 548], c.TakeSent().Select(sent => sent.Datagram.Length));
    }

    [Fact]
    public void A_size_between_is_found_by_bisection()
    {
        const int Path = 1_464;
        var search = new MtuSearch(Base, 9_000);
        var probes = 0;
        while (search.NextProbe(int.MaxValue, Instant.Zero) is > 0 and var size)
        {
            search.OnProbeSent(size);
            if (size <= Path)
                search.OnProbeArrived();
            else
                search.OnProbeLost();
            Assert.InRange(++probes, 1, 40);
        }

        Assert.InRange(search.MaxDatagramBytes, Path - 15, Path);
    }

    [Fact]
    public void The_search_begins_again_after_ten_minutes()
    {
        var search = new MtuSearch(Base, 1_472);
        search.OnTooLarge(1_300, Instant.Zero);
        while (search.NextProbe(int.MaxValue, Instant.Zero) is > 0 and var size)
        {
            search.OnProbeSent(size);
            search.OnProbeArrived();
        }

        Assert.Equal(0, search.NextProbe(int.MaxValue, new Instant(599_999_999)));
        Assert.Equal(1_472, search.NextProbe(int.MaxValue, new Instant(600_000_000)));
    }

    [Fact]
    public void A_suggested_size_is_used_at_once_and_not_searched_beyond_its_bound()
    {
        var c = Conversation.Connect(Ceiling(9_000));
        c.Connection.SuggestPathSize(new PathSize(1_452, 1_460));
        Answer(c, Own);
        c.Write(new byte[20_000]);
        Assert.Equal([1_452, 1_452, 1_452], c.TakeSent().Take(3).Select(sent => sent.Datagram.Length));
    }

    [Fact]
    public void A_suggested_size_that_may_grow_is_searched_further()
    {
        var c = Conversation.Connect(Ceiling(9_000));
        c.Connection.SuggestPathSize(new PathSize(1_452, 9_000));
        Answer(c, Own);
        c.Write(new byte[1_432 * 2]);
        Assert.Equal([9_000, 1_452], c.TakeSent().Select(sent => sent.Datagram.Length));
    }

    [Fact]
    public void A_foreign_peer_gets_no_more_of_a_suggested_size_than_it_is_trusted_to_take()
    {
        var c = Conversation.Connect(Ceiling(9_000));
        c.Connection.SuggestPathSize(new PathSize(9_000, 9_000));
        Answer(c, Capabilities.None);
        c.Write(new byte[20_000]);
        Assert.Equal(1_472, c.TakeSent().Max(sent => sent.Datagram.Length));
    }

    [Fact]
    public void An_acceptor_uses_a_suggested_size_too()
    {
        var c = Conversation.EstablishedAcceptor(Ceiling(9_000), Own);
        c.Connection.SuggestPathSize(new PathSize(9_000, 9_000));
        Assert.Equal(9_000, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void A_size_that_the_user_fixed_is_not_changed_by_a_suggestion()
    {
        var c = Conversation.Connect(Ceiling(0));
        c.Connection.SuggestPathSize(new PathSize(9_000, 9_000));
        Answer(c, Own);
        Assert.Equal(Base, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void What_is_found_is_reported_once_and_taken_back_when_full_size_packets_vanish()
    {
        var c = Conversation.Established(Ceiling(1_472), Own);
        Assert.False(c.Connection.PollPathSize(out _));
        c.Write(new byte[Full]);
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq));
        Assert.True(c.Connection.PollPathSize(out var found));
        Assert.Equal(new PathSize(1_472, 1_472), found);
        Assert.False(c.Connection.PollPathSize(out _));

        c.Write(new byte[1_452 * 3]);
        c.AdvanceToDeadline();
        c.AdvanceToDeadline();
        Assert.True(c.Connection.PollPathSize(out found));
        Assert.Equal(default, found);
    }

    [Fact]
    public void The_end_of_a_search_is_reported_although_nothing_larger_passes()
    {
        var search = new MtuSearch(Base, 1_300);
        while (search.NextProbe(int.MaxValue, Instant.Zero) is > 0 and var size)
        {
            search.OnProbeSent(size);
            search.OnProbeLost();
        }

        Assert.True(search.TryTakeNews(out var found));
        Assert.Equal(Base, found.DatagramBytes);
        Assert.InRange(found.NotAbove, Base, Base + 15);
    }

    [Fact]
    public void What_was_only_suggested_is_not_reported_again()
    {
        var search = new MtuSearch(Base, 9_000);
        search.Resume(new PathSize(1_472, 1_480), int.MaxValue);
        Assert.Equal(0, search.NextProbe(int.MaxValue, Instant.Zero));
        Assert.False(search.TryTakeNews(out _));
    }

    // The path carries 9,000 bytes, as is known; one such packet is on its way.
    private static Conversation JumboFound(out SeenPacket sent)
    {
        var c = Conversation.Established(Ceiling(9_000), Own);
        c.Write(new byte[Full]);
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq));
        c.TakeSent();
        c.Write(new byte[9_000 - PacketHeader.Length]);
        sent = c.Expect(PacketType.Data, seq: Seq + 1, bytes: 9_000 - PacketHeader.Length);
        Assert.True(c.Connection.PollPathSize(out _));
        return c;
    }

    private static void Answer(Conversation c, Capabilities capabilities)
    {
        c.TakeSent();
        c.Advance(20_000);
        var answer = PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq);
        c.Send(capabilities == Capabilities.None ? answer : answer.Capable(capabilities));
        c.TakeSent();
    }
}
