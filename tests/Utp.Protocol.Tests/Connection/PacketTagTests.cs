using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>Our own peers show on each packet what the other asked for at the handshake (note 0034).</summary>
public sealed class PacketTagTests
{
    private const uint Ours = 0x1234_5678, Theirs = 0x9ABC_DEF0;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges | Capabilities.PacketPieces;

    private static readonly ConnectionSeed Seed = new(
        new(Conversation.LocalId), new(Conversation.LocalSeq), new(Conversation.FallbackId), new(Conversation.FallbackSeq), Ours, ClockOffset: 3_000_000_000);

    [Fact]
    public void A_syn_asks_for_a_tag_behind_its_capabilities_and_its_last_repeat_does_not()
    {
        var c = Conversation.Connect(seed: Seed);
        var syn = c.Expect(PacketType.Syn);
        Assert.Equal(ExtensionType.CapabilitiesOrMetadata, syn.Packet.Header.Extension);
        Assert.Equal(new PacketTag(0, Ours), syn.Packet.Tag);
        c.Advance(ConnectionOptions.Default.ConnectTimeoutMicros - 1);
        Assert.Equal(default, c.TakeSent()[^1].Packet.Tag);
    }

    [Fact]
    public void Every_packet_shows_what_its_receiver_asked_for()
    {
        var c = Established();
        c.Write("data");
        c.Send(PacketBuilder.Data("more").Tag(Ours).Seq(Conversation.PeerSeq + 1));
        c.Send(PacketBuilder.Data("first").Tag(Ours).Seq(Conversation.PeerSeq));
        c.Send(PacketBuilder.State().Tag(Ours).Ack(Conversation.LocalSeq + 1));
        c.Advance(61_000_000);
        c.Do((connection, now) => connection.Close(now));
        c.Do((connection, now) => connection.Abort(now));
        var sent = c.TakeSent();
        Assert.Equal(
            [PacketType.Data, PacketType.Fin, PacketType.State, PacketType.Reset], sent.Select(packet => packet.Type).Distinct().Order());
        Assert.All(sent, packet => Assert.Equal(new PacketTag(Theirs, 0), packet.Packet.Tag));
    }

    [Theory]
    [InlineData(PacketType.Data)]
    [InlineData(PacketType.Fin)]
    [InlineData(PacketType.State)]
    [InlineData(PacketType.Reset)]
    public void A_packet_whose_numbers_all_fit_and_whose_tag_does_not_is_nobody_s(PacketType type)
    {
        var c = Established();
        c.Write("under way");
        c.TakeSent();
        var random = new Random(6);
        var forged = new PacketBuilder(type).Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq + 1).Payload(type == PacketType.Data ? "forged" : "");
        if (type != PacketType.Reset)
            c.Send(forged);
        for (var i = 0; i < 10_000; i++)
            c.Send(forged.Seq(Conversation.PeerSeq + (type == PacketType.Reset ? 1 : 0)).Tag((uint)random.NextInt64(1L << 32)));
        c.ExpectNoEvent();
        Assert.DoesNotContain(c.TakeSent(), packet => packet.Ack != Conversation.PeerSeq - 1);

        c.PeerAck = Conversation.LocalSeq;
        c.Send(PacketBuilder.Data("from the peer").Tag(Ours).Seq(Conversation.PeerSeq)).ExpectReceived("from the peer");
    }

    [Fact]
    public void A_reset_of_who_does_not_know_us_counts_when_both_of_its_numbers_answer_our_last_packet_and_otherwise_not()
    {
        var c = Established();
        c.Write("to a process that is gone");
        var sent = c.Expect(PacketType.Data);
        for (var wrong = -3; wrong <= 3; wrong++)
        {
            if (wrong == 0)
                continue;
            c.Send(PacketBuilder.Reset().Id(Conversation.LocalId).Seq(sent.Ack + 1 + wrong).Ack(sent.Seq));
            c.ExpectNoEvent();
        }

        c.Send(PacketBuilder.Reset().Id(Conversation.LocalId + 1).Seq(sent.Ack + 1).Ack(sent.Seq));
        c.ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void A_peer_that_has_forgotten_us_is_noticed_also_by_our_keep_alive()
    {
        var router = new DatagramRouter<int, string>(new EndpointLimits(), static path => (ulong)path);
        var c = Established();
        c.Advance(29_500_000);
        var answered = 0;
        Span<byte> reset = stackalloc byte[PacketHeader.Length];
        for (; c.Connection.State == ConnectionState.Connected; answered++)
        {
            Assert.InRange(answered, 0, 2);
            var packet = c.Expect(PacketType.State);
            Assert.Equal(RouteDecision.Reset, router.Route(packet.Datagram, 1, c.Now, out var parsed, out _));
            Assert.True(router.TryWriteReset(1, parsed, reset, c.Now, out _));
            c.SendRaw(reset.ToArray());
        }

        c.ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void A_reset_of_the_peer_s_own_shows_the_tag_and_needs_not_be_exact()
    {
        var c = Established();
        c.Write("a");
        c.Write("b");
        c.Send(PacketBuilder.Reset().Tag(Ours).Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq));
        c.ExpectClosed(CloseCause.Reset);
    }

    [Fact]
    public void An_answer_that_shows_another_tag_than_we_asked_for_answers_somebody_else()
    {
        var c = Conversation.Connect(seed: Seed);
        c.Expect(PacketType.Syn);
        var answer = PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own);
        c.Send(answer.Tag(Ours + 1, Theirs)).ExpectNoEvent();
        c.Send(answer.Tag(Ours, Theirs)).ExpectEvent(ConnectionEventKind.Connected);
    }

    [Fact]
    public void A_peer_of_ours_that_knows_no_tags_is_shown_none_and_needs_none()
    {
        var c = Conversation.Connect(seed: Seed);
        c.Expect(PacketType.Syn);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own)).ExpectEvent(ConnectionEventKind.Connected);
        c.Send(PacketBuilder.Data("plain").Seq(Conversation.PeerSeq)).ExpectReceived("plain");
        c.Write("answer");
        Assert.All(c.TakeSent(), packet => Assert.Equal(default, packet.Packet.Tag));
    }

    [Fact]
    public void A_foreign_peer_is_shown_none_and_needs_none()
    {
        var c = Conversation.Connect(seed: Seed);
        c.Expect(PacketType.Syn);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Tag(Ours, Theirs)).ExpectEvent(ConnectionEventKind.Connected);
        c.Send(PacketBuilder.Data("foreign").Seq(Conversation.PeerSeq)).ExpectReceived("foreign");
        Assert.All(c.TakeSent(), packet => Assert.Equal(default, packet.Packet.Tag));
    }

    [Fact]
    public void The_predecessor_is_asked_for_nothing()
    {
        var c = Conversation.Connect(ConnectionOptions.Default with { Compatibility = PeerCompatibility.NodeUtp }, seed: Seed);
        Assert.False(c.Expect(PacketType.Syn).Packet.HasExtensions);
    }

    [Fact]
    public void Datagrams_are_as_large_as_the_path_takes_with_the_tag_in_them()
    {
        var c = Established();
        c.Write(new byte[100_000]);
        var sent = c.TakeSent();
        Assert.Equal(ConnectionOptions.Default.MaxDatagramBytes, sent.Max(packet => packet.Datagram.Length));
        Assert.Equal(ConnectionOptions.Default.MaxDatagramBytes - PacketHeader.Length - 6, sent.Max(packet => packet.Packet.PayloadLength));
    }

    [Fact]
    public void An_acceptor_asks_back_and_wants_the_tag_from_then_on()
    {
        var pair = new ConnectionPair(ConnectionOptions.Default);
        var before = pair.ReceivedBytes;
        pair.Initiator.Write(new byte[10_000], default, pair.Now);
        pair.Acceptor.Write(new byte[10_000], default, pair.Now);
        for (var i = 0; i < 20; i++)
            pair.Exchange();
        Assert.Equal(20_000, pair.ReceivedBytes - before);
        Assert.Equal(0, pair.Initiator.GetStatistics().PacketsDropped + pair.Acceptor.GetStatistics().PacketsDropped);
    }

    [Fact]
    public void The_clock_on_the_wire_is_another_for_each_connection_and_measures_the_same()
    {
        var c = Conversation.Connect(seed: Seed);
        var syn = c.Expect(PacketType.Syn);
        Assert.Equal(unchecked((uint)(c.Now.Micros + 3_000_000_000)), syn.Packet.Header.Timestamp.Micros);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq)).ExpectEvent(ConnectionEventKind.Connected);
        c.Write("ping");
        var ping = c.TakeSent()[^1];
        var left = c.Now;
        c.Advance(30_000);

        // 5 ms there; it is held for 23 ms, and 2 ms back.
        const uint PeerClock = 77;
        var measured = unchecked(PeerClock + (uint)left.Micros + 5_000 - ping.Packet.Header.Timestamp.Micros);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq + 1).Measured(measured).SentAt(unchecked(PeerClock + (uint)c.Now.Micros - 2_000)));
        Assert.Equal(7_000, c.Connection.GetStatistics().MinRttMicros);
    }

    [Fact]
    public void Two_ends_whose_clocks_are_moved_measure_the_wire()
    {
        var pair = new ConnectionPair(ConnectionOptions.Default);
        pair.Initiator.Write(new byte[1_000], default, pair.Now);
        pair.Acceptor.Write(new byte[1_000], default, pair.Now);
        for (var i = 0; i < 4; i++)
            pair.Exchange();
        Assert.Equal(40, pair.Initiator.GetStatistics().MinRttMicros);
        Assert.Equal(40, pair.Acceptor.GetStatistics().MinRttMicros);
    }

    private static Conversation Established()
    {
        var c = Conversation.Connect(seed: Seed);
        c.Expect(PacketType.Syn);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own).Tag(Ours, Theirs));
        c.ExpectEvent(ConnectionEventKind.Connected);
        Assert.Equal(new PacketTag(Theirs, 0), c.Expect(PacketType.State).Packet.Tag);
        return c;
    }
}
