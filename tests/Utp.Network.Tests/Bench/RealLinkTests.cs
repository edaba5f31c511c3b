using Utp.Links;
using Utp.Links.Agents;
using Utp.Links.Router;
using Utp.Simulation;

namespace Utp.Network.Tests.Bench;

/// <summary>The bench itself, held by what the kernel makes of it: its TCP and its plain UDP sockets know nothing of us.</summary>
public sealed class RealLinkTests
{
    private static readonly FlowPlan Tcp = new() { Carrier = Carrier.Tcp, Law = "cubic", Bytes = 1_000_000 };
    private static readonly FlowPlan Probe = new() { Carrier = Carrier.Probe, Megabits = 5, Bytes = 1_372 * 300, Address = RealLink.RightAddress.ToString() };

    [LinkTheory]
    [InlineData("10.77.2.1")]
    [InlineData("fd77:2::1")]
    public async Task Kernel_TCP_takes_the_word_of_the_router_about_the_MTU(string address)
    {
        var narrow = LinkShape.Of(5, 20, 256_000).With(static link => link with { MtuBytes = 1_280, ReportsMtu = true });
        await using var hosts = Hosts.Start(narrow, LinkShape.Of(5));

        var result = await hosts.TransferAsync(Tcp with { Address = address }, Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.InRange(forth.Reports, 1, 100);
    }

    [LinkFact]
    public async Task Kernel_TCP_passes_the_address_translation_until_it_forgets()
    {
        var shape = LinkShape.Of(5, 20, 256_000);
        await using var hosts = LinkedHosts.Start(new RealLinkOptions { Forth = shape, Back = shape, Translates = true });

        await Hosts.AssertWentWellAsync(hosts, await hosts.TransferAsync(Tcp, Hosts.Patience));

        await hosts.Link.RebindAsync();
        await Hosts.AssertWentWellAsync(hosts, await hosts.TransferAsync(Tcp, Hosts.Patience));
    }

    [LinkFact]
    public async Task The_kernel_puts_fragments_together_that_the_router_has_cut()
    {
        var narrow = LinkShape.Of(1).With(static link => link with { MtuBytes = 576 });
        await using var hosts = Hosts.Start(narrow, LinkShape.Of(1));
        // The kernel discovers path MTUs for plain UDP, too, and so forbids fragments, unless it is told not to.
        Utp.Links.Kernel.NetworkNamespace.Run("ip", "netns", "exec", hosts.Link.LeftNamespace, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_no_pmtu_disc");

        var result = await hosts.TransferAsync(Probe, Hosts.Patience);

        Assert.Equal(result.Sent.PacketsSent, result.Received.PacketsSent);
        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.Equal(300, forth.Fragmented);
    }

    [LinkFact]
    public async Task A_packet_takes_as_long_as_the_link_is_and_no_shorter()
    {
        await using var hosts = Hosts.Start(LinkShape.Of(30), LinkShape.Of(1));

        var result = await hosts.TransferAsync(Probe, Hosts.Patience);

        var delays = result.Received.Delays!;
        Assert.True(delays.Min is >= 30_000 and < 35_000, delays.ToString());
        Assert.Equal(0, await hosts.Link.OwnDropsAsync());
    }

    [LinkFact]
    public async Task The_queue_holds_what_it_is_said_to_and_what_is_beyond_it_is_counted()
    {
        // 300 packets at once before a rate at which they take 3.4 s; 10 fit besides the one that is being sent.
        var shape = LinkShape.Of(1, 1, 14_000);
        await using var hosts = Hosts.Start(shape, LinkShape.Of(1));

        var result = await hosts.TransferAsync(Probe with { Megabits = 0 }, Hosts.Patience);

        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.Equal(300, forth.Of(FlowKey.Udp).Packets);
        Assert.Equal(300 - forth.Of(FlowKey.Udp).Arrived, forth.Dropped(RoutedDrop.Queue));
        Assert.InRange(forth.Of(FlowKey.Udp).Arrived, 11, 30);
        Assert.True(result.Received.Delays is null || result.Received.Delays.Max < 200_000, $"{result.Received.Delays}");
    }

    [LinkFact]
    public async Task Chance_strikes_as_often_as_it_is_said_to()
    {
        var shape = LinkShape.Of(1).With(static link => link with { Loss = Ratio.Percent(10), Duplication = Ratio.Percent(20) });
        await using var hosts = Hosts.Start(shape, LinkShape.Of(1));

        await hosts.TransferAsync(Probe with { Megabits = 50, Bytes = 1_372 * 5_000 }, Hosts.Patience);

        // 500 and 900 are expected; the seed is fixed, and so are the draws.
        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.InRange(forth.Dropped(RoutedDrop.Loss), 400, 600);
        Assert.InRange(forth.Duplicated, 780, 1_020);
        Assert.Equal(forth.Total.Packets + forth.Duplicated, forth.Total.Arrived + forth.DroppedTotal);
    }

    [LinkFact]
    public async Task A_link_that_is_away_passes_nothing_and_says_so()
    {
        await using var hosts = Hosts.Start(LinkShape.Of(1));
        await hosts.Link.SetDownAsync(true);

        var result = await hosts.TransferAsync(Probe, Hosts.Patience);

        Assert.Equal(0, result.Received.PacketsSent);
        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.Equal(300, forth.Dropped(RoutedDrop.Down));
    }

    [Fact]
    public void What_only_the_simulator_can_do_is_refused() =>
        Assert.Contains("only the simulator", Assert.Throws<ArgumentException>(static () => LinkShape.Perfect.With(static link => link with { Corruption = Ratio.Percent(1) })).Message, StringComparison.Ordinal);
}
