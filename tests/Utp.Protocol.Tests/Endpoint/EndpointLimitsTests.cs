using Utp.Protocol.Tests.Wire;
using Xunit;
using static Utp.Protocol.Tests.Endpoint.RouterHarness;

namespace Utp.Protocol.Tests.Endpoint;

public sealed class EndpointLimitsTests
{
    private static readonly TestPath OtherHost = Peer with { Remote = 11 };

    [Fact]
    public void Half_open_connections_are_bounded_per_address()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxHalfOpenPerAddress = 2 });
        harness.AddAcceptor("a", 10);
        harness.AddAcceptor("b", 20, Peer with { Port = 1 });

        Assert.Equal(AcceptRefusal.HalfOpenLimit, harness.TryAddAcceptor("c", 30, null, out _));
        Assert.Equal(AcceptRefusal.None, harness.TryAddAcceptor("d", 30, OtherHost, out _));
        Assert.Equal(3, harness.Router.HalfOpenCount);
        Assert.Equal(1, harness.Router.Statistics.SynRefused);
    }

    [Fact]
    public void Half_open_connections_are_bounded_in_all()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxHalfOpen = 2 });
        harness.AddAcceptor("a", 10);
        harness.AddAcceptor("b", 10, OtherHost);

        Assert.Equal(AcceptRefusal.HalfOpenLimit, harness.TryAddAcceptor("c", 10, Peer with { Remote = 12 }, out _));
    }

    [Fact]
    public void Strangers_that_fill_the_half_open_table_do_not_keep_us_from_connecting()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxHalfOpen = 1, MaxHalfOpenPerAddress = 1 });
        harness.AddAcceptor("theirs", 10);

        harness.AddInitiator("ours", 500);

        Assert.Equal(1, harness.Router.HalfOpenCount);
    }

    [Fact]
    public void A_confirmed_connection_is_half_open_no_more()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxHalfOpenPerAddress = 1 });
        var seed = harness.AddAcceptor("a", 10);

        harness.Router.OnConfirmed(Peer, seed.ReceiveId);
        harness.Router.OnConfirmed(Peer, seed.ReceiveId);

        Assert.Equal(0, harness.Router.HalfOpenCount);
        harness.AddAcceptor("b", 20);
        Assert.Equal(AcceptRefusal.HalfOpenLimit, harness.TryAddAcceptor("c", 30, null, out _));
    }

    [Fact]
    public void Confirming_what_is_not_half_open_changes_nothing()
    {
        var harness = new RouterHarness();
        var seed = harness.AddInitiator("ours", 500);

        harness.Router.OnConfirmed(Peer, seed.ReceiveId);
        harness.Router.OnConfirmed(Peer, new ConnectionId(999));

        Assert.Equal(0, harness.Router.HalfOpenCount);
        Assert.Equal(1, harness.Router.Count);
    }

    [Fact]
    public void A_removed_half_open_connection_makes_room()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxHalfOpenPerAddress = 1 });
        var seed = harness.AddAcceptor("a", 10);

        Assert.True(harness.Router.Remove(Peer, seed));

        Assert.Equal(0, harness.Router.HalfOpenCount);
        harness.AddAcceptor("b", 20);
    }

    [Fact]
    public void A_removed_confirmed_connection_makes_room_among_the_connections_only()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxConnectionsPerAddress = 1 });
        var seed = harness.AddAcceptor("a", 10);
        harness.Router.OnConfirmed(Peer, seed.ReceiveId);
        Assert.Equal(AcceptRefusal.ConnectionLimit, harness.TryAddAcceptor("b", 20, null, out _));

        Assert.True(harness.Router.Remove(Peer, seed));

        Assert.Equal(0, harness.Router.HalfOpenCount);
        harness.AddAcceptor("b", 20);
        Assert.Equal(1, harness.Router.HalfOpenCount);
    }

    [Fact]
    public void Connections_are_bounded_per_address_for_both_roles()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxConnectionsPerAddress = 2 });
        harness.AddInitiator("a", 500);
        harness.AddAcceptor("b", 900);

        Assert.Equal(AcceptRefusal.ConnectionLimit, harness.TryAddAcceptor("c", 950, null, out _));
        Assert.False(harness.Router.TryAddInitiator(Peer, Packets.Random(1, 2), "d", out _));
        harness.AddInitiator("e", 500, path: OtherHost);
    }

    [Fact]
    public void Connections_are_bounded_in_all_for_both_roles()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxConnections = 2 });
        harness.AddInitiator("a", 500);
        harness.AddAcceptor("b", 900);

        Assert.Equal(AcceptRefusal.ConnectionLimit, harness.TryAddAcceptor("c", 10, OtherHost, out _));
        Assert.False(harness.Router.TryAddInitiator(OtherHost, Packets.Random(1, 2), "d", out _));
        Assert.Equal(2, harness.Router.Count);
    }

    [Fact]
    public void An_initiator_counts_once_though_it_has_two_ids()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxConnections = 2 });
        harness.AddInitiator("a", 500);

        harness.AddInitiator("b", 600);

        Assert.Equal(2, harness.Router.Count);
    }
}
