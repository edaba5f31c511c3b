using Utp.Links;
using Utp.Links.Router;

namespace Utp.Network.Tests.Paths;

/// <summary>Paths that carry less than 1,500 bytes: told by the own device, by ICMP, or by silence; from the first packet on, or in mid-flight; toward us and from us.</summary>
public sealed class PathMtuTests
{
    private const long Bytes = 1_500_000;
    private static readonly LinkShape Link = LinkShape.Of(10, 20, 256_000);

    [LinkTheory]
    [InlineData(1_400)]
    [InlineData(1_300)]
    public async Task Everything_arrives_from_a_device_of_a_small_MTU(int mtu)
    {
        await using var hosts = LinkedHosts.Start(new RealLinkOptions { Forth = Link, Back = Link, LeftMtu = mtu });

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes), Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkTheory]
    [InlineData("10.77.2.1", true)]
    [InlineData("10.77.2.1", false)]
    [InlineData("fd77:2::1", true)]
    [InlineData("fd77:2::1", false)]
    public async Task Everything_arrives_over_a_path_of_1280_that_tells_or_is_silent(string address, bool tells)
    {
        await using var hosts = Hosts.Start(Narrow(1_280, tells), Link);

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes) with { Address = address }, Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
        await AssertWasTooNarrowAsync(hosts);
    }

    [LinkTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Everything_arrives_over_a_path_that_falls_to_1280_in_mid_flight(bool tells)
    {
        await using var hosts = Hosts.Start(Link);

        var transfer = hosts.TransferAsync(Hosts.Plan(2 * Bytes), Hosts.Patience);
        await Hosts.UntilPassedAsync(hosts, Bytes / 2);
        await hosts.Link.ReshapeAsync(Narrow(1_280, tells));
        var result = await transfer;

        await Hosts.AssertWentWellAsync(hosts, result);
        await AssertWasTooNarrowAsync(hosts);
    }

    [LinkTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Everything_arrives_toward_who_accepted_from_who_connected_and_back(bool leftSends)
    {
        await using var hosts = Hosts.Start(leftSends ? Narrow(1_280, false) : Link, leftSends ? Link : Narrow(1_280, false));
        var plan = Hosts.Plan(Bytes) with { Address = (leftSends ? RealLink.RightAddress : RealLink.LeftAddress).ToString() };

        var result = await Transfer.RunAsync(leftSends ? hosts.Left : hosts.Right, leftSends ? hosts.Right : hosts.Left, plan, Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    internal static LinkShape Narrow(int mtu, bool tells) => Link.With(link => link with { MtuBytes = mtu, ReportsMtu = tells, DropsFragments = true });

    internal static async Task AssertWasTooNarrowAsync(LinkedHosts hosts)
    {
        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.True(forth.Dropped(RoutedDrop.TooLarge) > 0, "nothing was too large for the path");
    }
}
