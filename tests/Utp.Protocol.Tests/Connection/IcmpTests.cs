using Xunit;
using Utp.Testing;

namespace Utp.Protocol.Tests.Connection;

/// <summary>What ICMP says is believed by what it quotes, and by nothing else (note 0030).</summary>
public sealed class IcmpTests
{
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.SynPayload;

    [Fact]
    public void Refusals_that_quote_the_right_addresses_and_random_bytes_end_nothing()
    {
        var c = Conversation.Established();
        c.Write("under way");
        var random = new Random(12);
        for (var i = 0; i < 10_000; i++)
        {
            var quoted = new byte[PacketHeader.Length];
            random.NextBytes(quoted);
            Refuse(c, quoted);
        }

        Refuse(c, []);
        c.ExpectNoEvent();
        Assert.Equal(ConnectionState.Connected, c.Connection.State);
    }

    [Fact]
    public void A_refusal_that_quotes_a_packet_in_flight_ends_the_connection_at_once()
    {
        var c = Conversation.Established();
        c.Write("to nobody");
        var sent = c.Expect(PacketType.Data);
        c.Advance(10_000);
        Refuse(c, sent.Datagram);
        c.ExpectClosed(CloseCause.Reset);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    [InlineData(16, 1)]
    [InlineData(4, 0x80)]
    public void A_quote_whose_id_stamp_or_number_is_wrong_by_one_proves_nothing(int offset, byte flip)
    {
        var c = Conversation.Established();
        c.Write("under way");
        var quoted = c.Expect(PacketType.Data).Datagram;
        quoted[offset + 1] ^= flip;
        Refuse(c, quoted);
        c.ExpectNoEvent();
    }

    [Fact]
    public void A_refusal_that_quotes_what_the_peer_has_acknowledged_is_old_news()
    {
        var c = Conversation.Established();
        c.Write("heard");
        var sent = c.Expect(PacketType.Data);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq + 1)).ExpectEvent(ConnectionEventKind.WritesDelivered);
        Refuse(c, sent.Datagram);
        c.ExpectNoEvent();
    }

    [Fact]
    public void A_packet_that_was_sent_twice_is_known_by_either_stamp()
    {
        var c = Conversation.Established(ConnectionOptions.Default with { TailLossProbe = false });
        c.Write("to nobody");
        c.Expect(PacketType.Data);
        c.AdvanceToDeadline();
        var again = c.Expect(PacketType.Data);
        Refuse(c, again.Datagram);
        c.ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void An_idle_connection_learns_from_its_own_keep_alive_that_the_peer_is_gone()
    {
        var c = Conversation.Established();
        c.Advance(ConnectionOptions.Default.KeepAliveMicros + 1);
        var keepAlive = c.Expect(PacketType.State);
        Refuse(c, keepAlive.Datagram);
        c.ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void An_unreachable_network_is_no_reason_to_end_an_established_connection()
    {
        var c = Conversation.Established();
        c.Write("under way");
        var sent = c.Expect(PacketType.Data);
        c.Do((connection, now) => connection.HandleIcmpError(PathError.Unreachable, sent.Datagram, now)).ExpectNoEvent();
    }

    [Theory]
    [InlineData(PathError.Refused, CloseCause.Refused)]
    [InlineData(PathError.Unreachable, CloseCause.Unreachable)]
    public void An_error_that_quotes_our_syn_ends_the_connect_with_its_own_cause(PathError error, CloseCause cause)
    {
        var c = Conversation.Connect();
        var syn = c.Expect(PacketType.Syn);
        c.Do((connection, now) => connection.HandleIcmpError(error, syn.Datagram, now));
        c.ExpectClosed(cause);
    }

    [Fact]
    public void An_error_that_quotes_nothing_is_told_when_the_connect_time_is_over()
    {
        var c = Conversation.Connect();
        c.Do((connection, now) => connection.HandleIcmpError(PathError.Refused, [], now)).ExpectNoEvent();
        c.Advance(ConnectionOptions.Default.ConnectTimeoutMicros);
        c.ExpectClosed(CloseCause.Refused);
    }

    [Fact]
    public void A_stranger_who_guesses_the_syn_s_id_and_not_its_number_stops_no_connect()
    {
        var c = Conversation.Connect();
        var quoted = c.Expect(PacketType.Syn).Datagram;
        quoted[17] ^= 1;
        Refuse(c, quoted);
        c.ExpectNoEvent();
    }

    [Fact]
    public void What_a_send_says_of_refusals_may_be_another_packet_s_error_and_ends_nothing()
    {
        var c = Conversation.Established();
        c.Write("under way");
        for (var i = 0; i < 10; i++)
            c.Do((connection, now) => connection.HandlePathError(PathError.Refused, now));
        c.ExpectNoEvent();
    }

    [Fact]
    public void A_peer_that_is_gone_when_only_our_fin_is_unacknowledged_has_closed_normally()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Fin()).ExpectEvent(ConnectionEventKind.PeerFinished);
        c.TakeSent();
        c.Do((connection, now) => connection.CloseWrite(now));
        Refuse(c, c.Expect(PacketType.Fin).Datagram);
        c.ExpectClosed(CloseCause.ConfirmedClosed);
    }

    [Fact]
    public void A_peer_that_is_gone_with_our_data_unacknowledged_is_a_reset_also_after_both_fins()
    {
        var c = Conversation.Established(capabilities: Own);
        c.Send(PacketBuilder.Fin()).ExpectEvent(ConnectionEventKind.PeerFinished);
        c.TakeSent();
        c.Write("lost");
        c.Do((connection, now) => connection.CloseWrite(now));
        Refuse(c, c.Expect(PacketType.Data).Datagram);
        c.ExpectClosed(CloseCause.Reset);
    }

    private static void Refuse(Conversation c, byte[] quoted) =>
        c.Do((connection, now) => connection.HandleIcmpError(PathError.Refused, quoted, now));
}
