using CsCheck;
using Utp.Protocol.Tests.Wire;
using Xunit;
using static Utp.Protocol.Tests.Endpoint.RouterHarness;

namespace Utp.Protocol.Tests.Endpoint;

public sealed class InitiatorIdsTests
{
    [Fact]
    public void Ids_and_seq_nrs_come_from_the_random_bytes()
    {
        var harness = new RouterHarness();

        Assert.True(harness.Router.TryAddInitiator(Peer, Packets.Random(500, 40_000, seqNr: 11, fallbackSeqNr: 22), "ours", out var seed));

        Assert.Equal(new ConnectionSeed(new(500), new(11), new(40_000), new(22), Tag: 1), seed);
    }

    [Fact]
    public void The_id_that_libutp_cannot_wrap_is_never_picked()
    {
        var harness = new RouterHarness();

        var seed = harness.AddInitiator("ours", 0xFFFF, 0xFFFF);

        Assert.True(seed.ReceiveId.IsUsableByInitiator);
        Assert.True(seed.FallbackReceiveId.IsUsableByInitiator);
    }

    [Fact]
    public void A_taken_id_is_probed_past()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("first", 500, 40_000);

        var seed = harness.AddInitiator("second", 500, 40_000);

        Assert.Equal((RouteDecision.Deliver, "first"), harness.Route(Packets.Bytes(PacketType.State, 500)));
        Assert.Equal((RouteDecision.Deliver, "second"), harness.Route(Packets.Bytes(PacketType.State, seed.ReceiveId.Value)));
        Assert.Equal((RouteDecision.Deliver, "second"), harness.Route(Packets.Bytes(PacketType.Reset, seed.ReceiveId.Next.Value)));
    }

    [Fact]
    public void The_next_id_is_not_one_that_the_peer_already_receives_on()
    {
        // The peer began a connection with R = 501: it receives on 501, so our ST_SYN with R = 500 would hit that one.
        var harness = new RouterHarness();
        harness.AddAcceptor("theirs", 501);

        var seed = harness.AddInitiator("ours", 500);

        Assert.NotEqual(new ConnectionId(500), seed.ReceiveId);
    }

    [Fact]
    public void Another_path_does_not_take_ids_from_this_one()
    {
        var harness = new RouterHarness();
        harness.AddInitiator("first", 500, 40_000);

        var seed = harness.AddInitiator("second", 500, 40_000, Peer with { Port = 6_000 });

        Assert.Equal(new ConnectionId(500), seed.ReceiveId);
    }

    [Fact]
    public void Ids_of_any_number_of_initiators_lead_to_them_alone()
    {
        Gen.Byte.Array[32].Array[200].Sample(
            static draws =>
            {
                var harness = new RouterHarness();
                var seeds = new Dictionary<string, ConnectionSeed>();
                foreach (var random in draws)
                {
                    var name = $"c{seeds.Count}";
                    Assert.True(harness.Router.TryAddInitiator(Peer, random, name, out var seed));
                    seeds.Add(name, seed);
                }

                foreach (var (name, seed) in seeds)
                {
                    foreach (var id in (ConnectionId[])[seed.ReceiveId, seed.FallbackReceiveId])
                    {
                        // Our receive id, and our send id in a ST_RESET.
                        Assert.Equal((RouteDecision.Deliver, name), harness.Route(Packets.Bytes(PacketType.State, id.Value)));
                        Assert.Equal((RouteDecision.Deliver, name), harness.Route(Packets.Bytes(PacketType.Reset, id.Value)));
                        Assert.Equal((RouteDecision.Deliver, name), harness.Route(Packets.Bytes(PacketType.Reset, id.Next.Value)));
                    }
                }
            },
            iter: 50);
    }

    [Fact]
    public void Ten_thousand_connections_to_one_remote_port_find_their_ids()
    {
        var harness = new RouterHarness();
        var random = new Random(4_711);
        var bytes = new byte[32];
        for (var i = 0; i < 10_000; i++)
        {
            random.NextBytes(bytes);
            Assert.True(harness.Router.TryAddInitiator(Peer, bytes, $"c{i}", out _));
        }

        Assert.Equal(10_000, harness.Router.Count);
    }

    [Fact]
    public void Exhausted_ids_are_refused_and_not_searched_for_ever()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxConnectionsPerAddress = 100_000, MaxHalfOpen = 100_000, MaxHalfOpenPerAddress = 100_000 });
        for (var synId = 0; synId < 65_536; synId++)
            harness.AddAcceptor("theirs", synId);

        Assert.False(harness.Router.TryAddInitiator(Peer, Packets.Random(500, 40_000), "ours", out _));
        Assert.Equal(65_536, harness.Router.Count);
    }

    [Fact]
    public void Too_few_random_bytes_are_the_callers_mistake()
    {
        var harness = new RouterHarness();

        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Router.TryAddInitiator(Peer, new byte[31], "ours", out _));
    }
}
