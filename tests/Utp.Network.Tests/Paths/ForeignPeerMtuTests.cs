using Utp.Links;

namespace Utp.Network.Tests.Paths;

/// <summary>
/// Small paths toward a peer that is not ours: it takes no pieces, so what is cut too large goes in fragments of IP, where the path carries those. Over IPv6 nobody
/// fragments, and nothing is cut that a path may not carry.
/// </summary>
public sealed class ForeignPeerMtuTests
{
    private const long Bytes = 1_500_000;
    private const string Foreign = "utp.compatibility = plain";
    private static readonly LinkShape Link = LinkShape.Of(10, 20, 256_000);

    [LinkTheory]
    [InlineData("10.77.2.1", 1_000)]
    [InlineData("10.77.2.1", 576)]
    [InlineData("fd77:2::1", 1_280)]
    public async Task Everything_arrives_over_a_path_that_falls_silent_for_large_packets_in_mid_flight(string address, int mtu)
    {
        await using var hosts = Hosts.Start(Link);

        var transfer = hosts.TransferAsync(Hosts.Plan(2 * Bytes, Foreign) with { Address = address }, Hosts.Patience);
        await Hosts.UntilPassedAsync(hosts, Bytes / 2);
        await hosts.Link.ReshapeAsync(Link.With(link => link with { MtuBytes = mtu }));
        var result = await transfer;

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkFact]
    public async Task A_path_that_takes_neither_the_packets_nor_fragments_ends_the_connection_with_a_reason_that_names_the_size()
    {
        var narrow = Link.With(static link => link with { MtuBytes = 1_000, DropsFragments = true });
        await using var hosts = Hosts.Start(narrow, Link);

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes, Foreign, "utp.max-timeouts = 3"), Hosts.Patience);

        Assert.Equal("TooManyRetransmissions", result.Sent.Cause);
        Assert.Contains("datagram of 1", result.Sent.Error, StringComparison.Ordinal);
    }
}
