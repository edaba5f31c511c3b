using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>ST_SYNs beyond the half-open limits are answered without remembering them (note 0033).</summary>
public sealed class StatelessAnswerTests
{
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow;
    private static readonly byte[] Key = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
    private static readonly Instant Start = new(1_000_000_000);

    [Fact]
    public void The_hash_is_siphash_2_4()
    {
        // Appendix A of its paper: the key 00…0f, the message of 15 bytes is no whole word; the reference's vectors of 8 and 16 bytes.
        var hash = new SipHash(Key);
        Assert.Equal(0x93F5F5799A932462UL, hash.Compute([0x0706050403020100]));
        Assert.Equal(0x3F2ACC7F57C29BDBUL, hash.Compute([0x0706050403020100, 0x0F0E0D0C0B0A0908]));
    }

    [Fact]
    public void While_few_are_half_open_nothing_is_answered_statelessly()
    {
        var router = Router(1);
        Assert.False(Answer(router, 1, Syn(10, 77), Start, out _));
        Assert.False(router.IsStateless(Start));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_acknowledges_the_answer_is_accepted_and_who_does_not_is_not(bool own)
    {
        var router = Flooded();
        Assert.True(Answer(router, 2, own ? Syn(10, 77).Capable(Own) : Syn(10, 77), Start, out var answer));
        Assert.Equal((10, 77), (answer.Header.ConnectionId.Value, answer.Header.AckNr.Value));

        var proof = PacketBuilder.State().Id(11).Seq(78).Ack(answer.Header.SeqNr.Value - 1);
        if (own)
            proof = proof.Capable(Own);
        var later = Start.Plus(7_000_000);
        Assert.Equal(RouteDecision.Drop, Decide(router, 2, proof.Ack(answer.Header.SeqNr.Value), later));
        Assert.Equal(RouteDecision.Drop, Decide(router, 2, proof.Seq(79), later));
        Assert.Equal(RouteDecision.Drop, Decide(router, 2, proof.Id(12), later));
        Assert.Equal(RouteDecision.Drop, Decide(router, 3, proof, later));
        Assert.Equal(RouteDecision.AcceptProved, Decide(router, 2, proof, later));
    }

    [Fact]
    public void Our_own_initiator_is_accepted_by_the_packet_that_shows_its_capabilities_again_and_by_no_other()
    {
        var router = Flooded();
        Answer(router, 2, Syn(10, 77).Capable(Own), Start, out var answer);
        var data = PacketBuilder.Data("x").Id(11).Seq(78).Ack(answer.Header.SeqNr.Value - 1);
        Assert.Equal(RouteDecision.Drop, Decide(router, 2, data, Start));
        Assert.Equal(RouteDecision.AcceptProved, Decide(router, 2, PacketBuilder.State().Id(11).Seq(78).Ack(answer.Header.SeqNr.Value - 1).Capable(Own), Start));
    }

    [Fact]
    public void An_answer_is_worth_nothing_after_two_slots_and_unknown_packets_are_reset_again()
    {
        var router = Flooded();
        Answer(router, 2, Syn(10, 77), Start, out var answer);
        var proof = PacketBuilder.Data("x").Id(11).Seq(78).Ack(answer.Header.SeqNr.Value - 1);
        Assert.Equal(RouteDecision.Reset, Decide(router, 2, proof, Start.Plus(2 * SynCookie.SlotMicros)));
    }

    [Fact]
    public void Guessing_costs_some_thirty_thousand_packets_for_each_connection()
    {
        var router = Flooded();
        Answer(router, 2, Syn(10, 77), Start, out _);
        var accepted = Enumerable.Range(0, 65_536).Count(ack => Decide(router, 2, PacketBuilder.State().Id(11).Seq(78).Ack(ack), Start) == RouteDecision.AcceptProved);
        Assert.InRange(accepted, 1, 2);
    }

    [Fact]
    public void The_answer_is_never_larger_than_the_syn()
    {
        var router = Flooded();
        Span<byte> answer = stackalloc byte[StatelessAnswer.LargestBytes];
        foreach (var syn in new[] { Syn(10, 77), Syn(10, 77).Capable(Own), Syn(10, 77).Capable(Own).Tag(0, 5) })
        {
            Parse(router, 2, syn, out var packet, out var datagram);
            Assert.True(router.TryAnswerStateless(2, packet, datagram, answer, Start, out var length));
            Assert.Equal(datagram.Length, length);
        }
    }

    [Fact]
    public void A_million_syns_leave_nothing_behind()
    {
        var router = Flooded();
        Span<byte> answer = stackalloc byte[StatelessAnswer.LargestBytes];
        Parse(router, 2, Syn(10, 77), out var packet, out var datagram);
        router.TryAnswerStateless(2, packet, datagram, answer, Start, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000_000; i++)
            router.TryAnswerStateless(i, packet, datagram, answer, Start, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.Equal(1, router.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_initiator_whose_syn_nobody_remembers_is_connected_by_its_next_packets(bool withData)
    {
        var (client, server) = Meet(withData ? "hello" : "");
        server.ExpectEvent(ConnectionEventKind.Connected);
        if (withData)
            server.ExpectReceived("hello");
        Assert.Equal(client.PeerCapabilities, server.Connection.PeerCapabilities);
        Assert.True(server.Connection.IsAddressConfirmed);
    }

    [Fact]
    public void The_initiator_shows_its_capabilities_again_until_it_is_heard()
    {
        var c = Conversation.Connect();
        c.Expect(PacketType.Syn);
        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq).Capable(Own | Capabilities.Stateless));
        var confirmation = c.Expect(PacketType.State, seq: Conversation.LocalSeq + 1, ack: Conversation.PeerSeq - 1);
        Assert.True(confirmation.Capabilities.HasFlag(Capabilities.OwnPeer));
        c.Write("dropped with the confirmation");
        c.Expect(PacketType.Data, seq: Conversation.LocalSeq + 1);
        c.Advance(1_500_000);
        Assert.Contains(c.TakeSent(), packet => packet.Type == PacketType.State && packet.Seq == Conversation.LocalSeq + 1 && packet.Capabilities.HasFlag(Capabilities.OwnPeer));

        c.Send(PacketBuilder.State().Seq(Conversation.PeerSeq).Ack(Conversation.LocalSeq + 1));
        c.TakeSent();
        c.Send(PacketBuilder.Data("heard").Seq(Conversation.PeerSeq));
        Assert.Null(c.Expect(PacketType.State).Extension2);
    }

    [Fact]
    public void Who_was_asked_for_a_tag_proves_it_by_the_tag()
    {
        var router = Flooded();
        Assert.True(Answer(router, 2, Syn(10, 77).Capable(Own).Tag(0, 5), Start, out var answer));
        Assert.Equal(5u, answer.Tag.Shown);
        var proof = PacketBuilder.State().Id(11).Seq(78).Ack(answer.Header.SeqNr.Value - 1).Capable(Own);
        Assert.Equal(RouteDecision.Drop, Decide(router, 2, proof.Tag(answer.Tag.Asked ^ 1, 5), Start));
        Assert.Equal(RouteDecision.AcceptProved, Decide(router, 2, proof.Tag(answer.Tag.Asked, 5), Start));
    }

    [Fact]
    public void The_answer_and_the_connection_that_follows_show_one_clock()
    {
        var router = Flooded();
        var client = Conversation.Connect();
        Answer(router, 2, client.Expect(PacketType.Syn).Datagram, client.Now, out var answer, out var bytes);
        client.SendRaw(bytes);
        var proof = client.Expect(PacketType.State);
        router.Route(proof.Datagram, 2, client.Now, out var packet, out _);
        Assert.True(router.TryAddProved(2, new InboundPacket(packet, proof.Datagram, client.Now), "client", out var seed));
        Assert.NotEqual(0u, seed.ClockOffset);
        var server = Conversation.AcceptProved(seed, proof.Datagram, client.Now);
        Assert.Equal(answer.Header.Timestamp, server.Expect(PacketType.State).Packet.Header.Timestamp);
    }

    // The client's packets, as they would arrive at a listener that remembers nothing.
    private static (Served Client, Conversation Server) Meet(string data)
    {
        var router = Flooded();
        var client = Conversation.Connect(initialData: data);
        var syn = client.Expect(PacketType.Syn);
        Assert.True(Answer(router, 2, syn.Datagram, client.Now, out _, out var answer));
        client.SendRaw(answer);
        var proof = client.Expect(PacketType.State);
        Assert.Equal(RouteDecision.AcceptProved, router.Route(proof.Datagram, 2, client.Now, out var packet, out _));
        Assert.True(router.TryAddProved(2, new InboundPacket(packet, proof.Datagram, client.Now), "client", out var seed));
        var server = Conversation.AcceptProved(seed, proof.Datagram, client.Now);
        foreach (var sent in client.TakeSent())
            server.SendRaw(sent.Datagram);
        return (new Served(UtpConnection.CapabilitiesOf(ConnectionOptions.Default)), server);
    }

    private static DatagramRouter<int, string> Router(int halfOpen)
    {
        var router = new DatagramRouter<int, string>(new EndpointLimits { MaxHalfOpen = halfOpen }, static path => (ulong)path);
        router.UseStatelessAnswers(
            Key, static path => new SynPath((UInt128)path, 1, default), new StatelessAnswer(UtpConnection.CapabilitiesOf(ConnectionOptions.Default), 100_000));
        return router;
    }

    private static DatagramRouter<int, string> Flooded()
    {
        var router = Router(1);
        Parse(router, 1, Syn(500, 1), out var packet, out _);
        Assert.True(router.TryAddAcceptor(1, packet, new byte[10], "half open", out _, out _));
        return router;
    }

    private static PacketBuilder Syn(int id, int seq) => PacketBuilder.Syn().Id(id).Seq(seq);

    private static void Parse(DatagramRouter<int, string> router, int path, PacketBuilder builder, out ParsedPacket packet, out byte[] datagram)
    {
        datagram = builder.Build();
        var hint = default(RouteHint<string>);
        Assert.False(router.TryDeliver(datagram, path, ref hint, out packet));
    }

    private static bool Answer(DatagramRouter<int, string> router, int path, PacketBuilder syn, Instant now, out ParsedPacket answer) =>
        Answer(router, path, syn.Build(), now, out answer, out _);

    private static bool Answer(DatagramRouter<int, string> router, int path, byte[] syn, Instant now, out ParsedPacket answer, out byte[] bytes)
    {
        var hint = default(RouteHint<string>);
        Assert.False(router.TryDeliver(syn, path, ref hint, out var packet));
        Span<byte> buffer = stackalloc byte[StatelessAnswer.LargestBytes];
        var answered = router.TryAnswerStateless(path, packet, syn, buffer, now, out var length);
        bytes = buffer[..length].ToArray();
        answer = default;
        return answered && ParsedPacket.TryParse(bytes, out answer);
    }

    private static RouteDecision Decide(DatagramRouter<int, string> router, int path, PacketBuilder packet, Instant now) =>
        router.Route(packet.Build(), path, now, out _, out _);

    private sealed record Served(Capabilities PeerCapabilities);
}
