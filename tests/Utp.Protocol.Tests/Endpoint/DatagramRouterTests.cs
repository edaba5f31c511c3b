using Utp.Protocol.Tests.Wire;
using Xunit;
using static Utp.Protocol.Tests.Endpoint.RouterHarness;

namespace Utp.Protocol.Tests.Endpoint;

public sealed class DatagramRouterTests
{
    [Theory]
    [InlineData(PacketType.Data)]
    [InlineData(PacketType.Fin)]
    [InlineData(PacketType.State)]
    [InlineData(PacketType.Reset)]
    public void A_packet_goes_to_the_connection_that_receives_on_its_id(PacketType type)
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);
        harness.AddAcceptor("theirs", 900);

        Assert.Equal((RouteDecision.Deliver, "ours"), harness.Route(Packets.Bytes(type, 500)));
        Assert.Equal((RouteDecision.Deliver, "theirs"), harness.Route(Packets.Bytes(type, 901)));
        Assert.Equal(2, harness.Router.Statistics.Delivered);
    }

    [Fact]
    public void A_run_of_packets_is_looked_up_once_and_each_is_counted()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);
        var hint = default(RouteHint<string>);
        for (ushort seqNr = 1; seqNr <= 3; seqNr++)
        {
            Assert.True(harness.Router.TryDeliver(Packets.Bytes(Packets.Header(PacketType.Data, 500, seqNr: seqNr), 9), Peer, ref hint, out var packet));
            Assert.Equal("ours", hint.Found);
            Assert.Equal(new SeqNr(seqNr), packet.Header.SeqNr);
        }

        Assert.Equal(3, harness.Router.Statistics.Delivered);
    }

    [Fact]
    public void Packets_of_several_connections_in_one_run_each_find_their_own()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);
        harness.AddAcceptor("theirs", 900);
        var hint = default(RouteHint<string>);
        (PacketType Type, ushort Id, string? Found)[] run =
        [
            (PacketType.Data, 500, "ours"), (PacketType.State, 901, "theirs"), (PacketType.Syn, 900, "theirs"), (PacketType.Data, 900, null),
            (PacketType.Data, 901, "theirs"), (PacketType.Reset, 901, "theirs"), (PacketType.Reset, 501, "ours"), (PacketType.Data, 501, null), (PacketType.Fin, 500, "ours"),
        ];
        foreach (var (type, id, found) in run)
        {
            Assert.Equal(found is not null, harness.Router.TryDeliver(Packets.Bytes(type, id), Peer, ref hint, out _));
            if (found is not null)
                Assert.Equal(found, hint.Found);
        }
    }

    [Fact]
    public void What_belongs_to_no_connection_is_left_undecided_and_uncounted()
    {
        var harness = new RouterHarness();
        var hint = default(RouteHint<string>);
        Assert.False(harness.Router.TryDeliver(Packets.Bytes(PacketType.Syn, 900), Peer, ref hint, out _));
        Assert.False(harness.Router.TryDeliver(Packets.Bytes(PacketType.Data, 900), Peer, ref hint, out _));
        Assert.False(harness.Router.TryDeliver([1, 2, 3], Peer, ref hint, out _));
        Assert.Equal(default, harness.Router.Statistics);
    }

    [Fact]
    public void The_parsed_packet_travels_with_the_decision()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);
        var datagram = Packets.Bytes(Packets.Header(PacketType.Data, 500, seqNr: 7), 1, 2, 3);

        harness.Router.Route(datagram, Peer, Now, out var packet, out _);

        Assert.Equal(new SeqNr(7), packet.Header.SeqNr);
        Assert.Equal([1, 2, 3], packet.Payload(datagram).ToArray());
    }

    [Fact]
    public void The_same_id_from_another_port_address_or_to_another_of_our_addresses_is_another_connection()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);
        var data = Packets.Bytes(PacketType.Data, 500);

        Assert.Equal((RouteDecision.Reset, null), harness.Route(data, Peer with { Port = 5_001 }));
        Assert.Equal((RouteDecision.Reset, null), harness.Route(data, Peer with { Remote = 11 }));
        Assert.Equal((RouteDecision.Reset, null), harness.Route(data, Peer with { Local = 2 }));
        Assert.Equal(3, harness.Router.Statistics.UnknownConnection);
    }

    [Fact]
    public void A_new_st_syn_is_offered_for_acceptance()
    {
        var harness = new RouterHarness();

        Assert.Equal((RouteDecision.Accept, null), harness.Route(Packets.Bytes(PacketType.Syn, 900)));
        Assert.Equal(0, harness.Router.Statistics.UnknownConnection);
    }

    [Fact]
    public void A_duplicate_st_syn_goes_to_the_connection_that_it_opened()
    {
        var harness = new RouterHarness();
        harness.AddAcceptor("theirs", 900);

        Assert.Equal((RouteDecision.Deliver, "theirs"), harness.Route(Packets.Bytes(PacketType.Syn, 900)));
    }

    [Fact]
    public void An_acceptor_receives_on_the_next_id_also_over_the_wrap()
    {
        var harness = new RouterHarness();

        var seed = harness.AddAcceptor("theirs", 0xFFFF);

        Assert.Equal(new ConnectionId(0), seed.ReceiveId);
        Assert.Equal((RouteDecision.Deliver, "theirs"), harness.Route(Packets.Bytes(PacketType.Data, 0)));
        Assert.Equal((RouteDecision.Deliver, "theirs"), harness.Route(Packets.Bytes(PacketType.Syn, 0xFFFF)));
    }

    [Fact]
    public void An_acceptors_first_seq_nr_is_the_random_one()
    {
        var seed = new RouterHarness().AddAcceptor("theirs", 900);

        Assert.Equal(new SeqNr(0x1234), seed.InitialSeqNr);
    }

    [Fact]
    public void A_st_syn_of_an_id_in_use_is_refused()
    {
        var harness = new RouterHarness();
        harness.AddAcceptor("first", 900);
        harness.AddInitiator("ours", 500);

        Assert.Equal(AcceptRefusal.IdInUse, harness.TryAddAcceptor("second", 900, null, out _));
        Assert.Equal(AcceptRefusal.IdInUse, harness.TryAddAcceptor("third", 499, null, out _));

        Assert.Equal(2, harness.Router.Count);
        Assert.Equal(2, harness.Router.Statistics.SynRefused);
        Assert.Equal((RouteDecision.Deliver, "first"), harness.Route(Packets.Bytes(PacketType.Data, 901)));
        Assert.Equal((RouteDecision.Deliver, "ours"), harness.Route(Packets.Bytes(PacketType.Data, 500)));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(0xFFFE)]
    public void Crossing_st_syns_of_the_same_id_are_two_separate_connections(int id)
    {
        // Both ends of a punched hole drew the same id: each is the initiator of one connection and the acceptor of the other.
        var harness = new RouterHarness();
        harness.AddInitiator("ours", id);

        Assert.Equal((RouteDecision.Accept, null), harness.Route(Packets.Bytes(PacketType.Syn, id)));
        harness.AddAcceptor("theirs", id);

        Assert.Equal(2, harness.Router.Count);
        Assert.Equal((RouteDecision.Deliver, "ours"), harness.Route(Packets.Bytes(PacketType.State, id)));
        Assert.Equal((RouteDecision.Deliver, "theirs"), harness.Route(Packets.Bytes(PacketType.Data, id + 1)));
        Assert.Equal((RouteDecision.Deliver, "theirs"), harness.Route(Packets.Bytes(PacketType.Syn, id)));
    }

    [Fact]
    public void A_st_reset_finds_an_initiator_by_its_send_id()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);

        Assert.Equal((RouteDecision.Deliver, "ours"), harness.Route(Packets.Bytes(PacketType.Reset, 501)));
        Assert.Equal((RouteDecision.Drop, null), harness.Route(Packets.Bytes(PacketType.Reset, 499)));
    }

    [Fact]
    public void A_st_reset_finds_an_acceptor_by_its_send_id()
    {
        var harness = new RouterHarness();
        harness.AddAcceptor("theirs", 900);

        Assert.Equal((RouteDecision.Deliver, "theirs"), harness.Route(Packets.Bytes(PacketType.Reset, 900)));
        Assert.Equal((RouteDecision.Drop, null), harness.Route(Packets.Bytes(PacketType.Reset, 902)));
    }

    [Theory]
    [InlineData(PacketType.Data)]
    [InlineData(PacketType.Fin)]
    [InlineData(PacketType.State)]
    public void Only_a_st_reset_is_found_by_our_send_id(PacketType type)
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);

        Assert.Equal((RouteDecision.Reset, null), harness.Route(Packets.Bytes(type, 501)));
    }

    [Fact]
    public void Both_ids_of_an_initiator_lead_to_it_until_it_is_removed()
    {
        var harness = new RouterHarness();
        var seed = harness.AddInitiator("ours", 500, 40_000);

        Assert.Equal((RouteDecision.Deliver, "ours"), harness.Route(Packets.Bytes(PacketType.State, 40_000)));
        Assert.Equal((RouteDecision.Deliver, "ours"), harness.Route(Packets.Bytes(PacketType.Reset, 40_001)));
        Assert.Equal(1, harness.Router.Count);

        Assert.True(harness.Router.Remove(Peer, seed));

        Assert.Equal(0, harness.Router.Count);
        Assert.Equal((RouteDecision.Reset, null), harness.Route(Packets.Bytes(PacketType.State, 500)));
        Assert.Equal((RouteDecision.Reset, null), harness.Route(Packets.Bytes(PacketType.State, 40_000)));
    }

    [Fact]
    public void A_second_removal_does_not_touch_a_later_connection_on_the_same_id()
    {
        var harness = new RouterHarness();
        Assert.True(harness.Router.TryAddInitiator(Peer, Packets.Random(500, 40_000, seqNr: 1), "first", out var first));
        Assert.True(harness.Router.Remove(Peer, first));
        Assert.True(harness.Router.TryAddInitiator(Peer, Packets.Random(500, 40_000, seqNr: 2), "second", out _));

        Assert.False(harness.Router.Remove(Peer, first));

        Assert.Equal((RouteDecision.Deliver, "second"), harness.Route(Packets.Bytes(PacketType.State, 500)));
        Assert.Equal((RouteDecision.Deliver, "second"), harness.Route(Packets.Bytes(PacketType.State, 40_000)));
    }

    [Fact]
    public void Removing_what_was_never_added_says_so()
    {
        var harness = new RouterHarness();
        var seed = harness.AddAcceptor("theirs", 900);

        Assert.False(harness.Router.Remove(Peer with { Port = 1 }, seed));
        Assert.Equal(1, harness.Router.Count);
    }

    [Theory]
    [InlineData(PacketType.Data)]
    [InlineData(PacketType.Fin)]
    [InlineData(PacketType.State)]
    public void A_packet_of_no_connection_is_to_be_reset(PacketType type)
    {
        var harness = new RouterHarness();

        Assert.Equal((RouteDecision.Reset, null), harness.Route(Packets.Bytes(type)));
        Assert.Equal(1, harness.Router.Statistics.UnknownConnection);
    }

    [Fact]
    public void A_st_reset_of_no_connection_is_dropped()
    {
        var harness = new RouterHarness();

        Assert.Equal((RouteDecision.Drop, null), harness.Route(Packets.Bytes(PacketType.Reset)));
        Assert.Equal(1, harness.Router.Statistics.UnknownConnection);
    }

    [Fact]
    public void On_a_shared_port_packets_of_no_connection_are_offered_to_the_other_protocol()
    {
        var harness = new RouterHarness(new EndpointLimits { UnknownIsNotUtp = true });

        Assert.Equal((RouteDecision.NotUtp, null), harness.Route(Packets.Bytes(PacketType.Data)));
        Assert.Equal((RouteDecision.NotUtp, null), harness.Route(Packets.Bytes(PacketType.Reset)));
        Assert.Equal((RouteDecision.Accept, null), harness.Route(Packets.Bytes(PacketType.Syn)));
    }

    [Fact]
    public void A_datagram_of_another_version_type_or_too_short_is_not_utp()
    {
        var harness = new RouterHarness();
        var version2 = Packets.Bytes(PacketType.Data);
        version2[0] = 0x02;
        var type5 = Packets.Bytes(PacketType.Data);
        type5[0] = 0x51;

        Assert.Equal((RouteDecision.NotUtp, null), harness.Route(version2));
        Assert.Equal((RouteDecision.NotUtp, null), harness.Route(type5));
        Assert.Equal((RouteDecision.NotUtp, null), harness.Route(Packets.Bytes(PacketType.Data)[..19]));
        Assert.Equal((RouteDecision.NotUtp, null), harness.Route([]));
        Assert.Equal(4, harness.Router.Statistics.NotUtp);
        Assert.Equal(0, harness.Router.Statistics.Malformed);
    }

    [Fact]
    public void A_broken_extension_chain_is_counted_as_malformed_and_offered_as_not_utp()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);
        var datagram = Packets.Bytes(Packets.Header(PacketType.State, 500, extension: 1), 0, 4, 0xFF);

        Assert.Equal((RouteDecision.NotUtp, null), harness.Route(datagram));
        Assert.Equal(1, harness.Router.Statistics.Malformed);
        Assert.Equal(0, harness.Router.Statistics.NotUtp);
    }

    [Fact]
    public void Routing_to_a_known_connection_allocates_nothing()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("ours", 500);
        harness.AddAcceptor("theirs", 900);
        byte[][] datagrams =
        [
            Packets.Bytes(PacketType.Data, 500), Packets.Bytes(PacketType.State, 901), Packets.Bytes(PacketType.Reset, 501), Packets.Bytes(PacketType.Syn, 900),
        ];
        var delivered = 0;
        foreach (var datagram in datagrams)
            delivered += RouteOnce(harness.Router, datagram);

        var runs = 0;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 1_000; i++)
                delivered += RouteOnce(harness.Router, datagrams[i % datagrams.Length]);
            runs++;
        }));
        Assert.Equal(datagrams.Length + (1_000 * runs), delivered);

        static int RouteOnce(DatagramRouter<TestPath, string> router, byte[] datagram) =>
            router.Route(datagram, Peer, Now, out _, out _) == RouteDecision.Deliver ? 1 : 0;
    }
}
