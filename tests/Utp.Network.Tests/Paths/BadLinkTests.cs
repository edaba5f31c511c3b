using Utp.Links;
using Utp.Links.Router;
using Utp.Simulation;

namespace Utp.Network.Tests.Paths;

/// <summary>Links that lose, double, reorder and limit: everything arrives, in order, once.</summary>
public sealed class BadLinkTests
{
    private const long Megabyte = 1_000_000;

    [LinkTheory]
    [InlineData("10.77.2.1")]
    [InlineData("fd77:2::1")]
    public async Task Everything_arrives_over_a_link_of_a_home(string address)
    {
        await using var hosts = Hosts.Start(LinkShape.Of(20, 20, 256_000));

        var result = await hosts.TransferAsync(Hosts.Plan(3 * Megabyte) with { Address = address }, Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkFact]
    public async Task Everything_arrives_over_a_link_without_a_rate_that_loses_reorders_and_doubles()
    {
        var bad = LinkShape.Of(20).With(static link => link with
        {
            Loss = Ratio.Percent(5),
            Reordering = Ratio.Percent(5),
            ReorderDelayMicros = 20_000,
            Duplication = Ratio.Percent(2),
        }) with
        { ReorderLeastMicros = 10_000 };
        await using var hosts = Hosts.Start(bad);

        var result = await hosts.TransferAsync(Hosts.Plan(2 * Megabyte), Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.True(forth.Dropped(RoutedDrop.Loss) > 0 && forth.Reordered > 0 && forth.Duplicated > 0, "the link was bad");
    }

    [LinkFact]
    public async Task Everything_arrives_where_losses_come_in_bursts_and_a_policer_drops()
    {
        var shape = LinkShape.Of(10).With(static link => link with
        {
            BurstLoss = new BurstLossOptions(Ratio.Percent(0.2), Ratio.Percent(20), Ratio.Always),
            Policer = new PolicerOptions(20 * Megabyte / 8, 16_000),
        });
        await using var hosts = Hosts.Start(shape, LinkShape.Of(10));

        var result = await hosts.TransferAsync(Hosts.Plan(3 * Megabyte), Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
        var (forth, _) = await hosts.Link.ReadAsync();
        Assert.True(forth.Dropped(RoutedDrop.BurstLoss) > 0 && forth.Dropped(RoutedDrop.Policer) > 0, "the link was bad");
    }

    [LinkFact]
    public async Task Everything_arrives_through_a_queue_of_four_packets_below_a_millisecond()
    {
        var shape = LinkShape.Of(0.2, 50, long.MaxValue) with { QueuePackets = 4 };
        await using var hosts = Hosts.Start(shape, LinkShape.Of(0.2));

        var result = await hosts.TransferAsync(Hosts.Plan(10 * Megabyte), Hosts.Patience);

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkFact]
    public async Task A_rate_that_falls_from_50_to_1_Mbit_and_back_is_followed()
    {
        var fast = LinkShape.Of(20, 50, 64_000);
        var slow = LinkShape.Of(20, 1, 64_000);
        await using var hosts = Hosts.Start(fast);

        var transfer = hosts.TransferAsync(Hosts.Plan(24 * Megabyte), Hosts.Patience);
        await Hosts.UntilPassedAsync(hosts, 2 * Megabyte);
        await hosts.Link.ReshapeAsync(slow);
        await Task.Delay(4_000);
        Assert.False(transfer.IsCompleted, "the rate fell while there was something to send");
        await hosts.Link.ReshapeAsync(fast);
        var result = await transfer;

        await Hosts.AssertWentWellAsync(hosts, result);
    }
}
