using Utp.Links;

namespace Utp.Network.Tests.Paths;

/// <summary>
/// Paths that carry less than BEP 29's peers expect, down to the least that IP promises to put together (576 bytes): nothing hangs. Everything arrives in packets that fit, in pieces or in IP
/// fragments; where neither passes the connection ends within its time-out, and the reason names the size.
/// </summary>
public sealed class SmallMtuTests
{
    private const long Bytes = 500_000;
    private static readonly LinkShape Link = LinkShape.Of(10, 20, 256_000);

    [LinkTheory]
    [InlineData(1_227)]
    [InlineData(1_000)]
    [InlineData(576)]
    public async Task Everything_arrives_from_a_device_of_a_very_small_MTU(int mtu)
    {
        await using var hosts = LinkedHosts.Start(new RealLinkOptions { Forth = Link, Back = Link, LeftMtu = mtu });

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes), Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkTheory]
    [InlineData(1_000, true)]
    [InlineData(1_000, false)]
    [InlineData(576, true)]
    [InlineData(576, false)]
    public async Task Everything_arrives_over_a_narrow_path_toward_the_receiver(int mtu, bool tells)
    {
        await using var hosts = Hosts.Start(Narrow(mtu, tells), Link);

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes), Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
        await PathMtuTests.AssertWasTooNarrowAsync(hosts);
    }

    [LinkTheory]
    [InlineData(1_000)]
    [InlineData(576)]
    public async Task Everything_arrives_over_a_path_that_falls_silent_for_large_packets_in_mid_flight(int mtu)
    {
        await using var hosts = Hosts.Start(Link);

        var transfer = hosts.TransferAsync(Hosts.Plan(3 * Bytes), Hosts.Patience);
        await Hosts.UntilPassedAsync(hosts, Bytes);
        await hosts.Link.ReshapeAsync(Narrow(mtu, tells: false));
        var result = await transfer;

        await Hosts.AssertWentWellAsync(hosts, result);
        await PathMtuTests.AssertWasTooNarrowAsync(hosts);
    }

    [LinkFact]
    public async Task The_own_device_shrinks_in_mid_flight()
    {
        await using var hosts = Hosts.Start(Link);

        var transfer = hosts.TransferAsync(Hosts.Plan(3 * Bytes), Hosts.Patience);
        await Hosts.UntilPassedAsync(hosts, Bytes);
        hosts.Link.IpOnLeft($"link set {hosts.Link.Devices.Left} mtu 1000");
        var result = await transfer;

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkFact]
    public async Task A_way_back_of_576_bytes_does_not_stop_acknowledgements()
    {
        var lossy = Link.With(static link => link with { Loss = Utp.Simulation.Ratio.Percent(3) });
        await using var hosts = Hosts.Start(lossy, Narrow(576, tells: false));

        var result = await hosts.TransferAsync(Hosts.Plan(3 * Bytes), Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkTheory]
    [InlineData(400)]
    public async Task A_path_that_takes_nothing_that_we_send_ends_the_connection_with_a_reason(int mtu)
    {
        await using var hosts = Hosts.Start(Narrow(mtu, tells: false), Link);

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes, "utp.max-timeouts = 4"), Hosts.Patience);

        Assert.False(result.Hung, result.ToString());
        Assert.NotEqual("", result.Sent.Cause);
        Assert.Matches("[0-9]+ bytes", result.Sent.Error);
    }

    private static LinkShape Narrow(int mtu, bool tells) => Link.With(link => link with { MtuBytes = mtu, ReportsMtu = tells, DropsFragments = true });
}
