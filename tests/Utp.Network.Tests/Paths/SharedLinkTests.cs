using Utp.Links;
using Utp.Links.Agents;

namespace Utp.Network.Tests.Paths;

/// <summary>Two connections on one link. The bounds are far from what is measured (docs/network.md): a machine that is busy must not fail them.</summary>
public sealed class SharedLinkTests
{
    private static readonly string Right = RealLink.RightAddress.ToString();

    [LinkFact]
    public async Task Two_of_ours_share_a_link()
    {
        await using var hosts = Hosts.Start(LinkShape.Of(20, 10, 256_000));
        var plan = new FlowPlan { Address = Right };
        var (receiving, port) = await hosts.Right.ListenAsync(plan);
        var first = hosts.Left.Send(plan with { Port = port });
        var second = hosts.Left.Send(plan with { Port = port });
        await Hosts.UntilPassedAsync(hosts, 3_000_000);
        var before = await hosts.Right.ReadAsync(receiving);
        await Task.Delay(6_000);
        var after = await hosts.Right.ReadAsync(receiving);
        await hosts.Left.StopAsync(first.Job);
        await hosts.Left.StopAsync(second.Job);

        var (one, other) = (after[0].Bytes - before[0].Bytes, after[1].Bytes - before[1].Bytes);
        Assert.True(one > other / 5 && other > one / 5, $"{one:N0} and {other:N0} bytes");
        Assert.All(after, static flow => Assert.True(flow.Intact, flow.ToString()));
    }

    [LinkFact]
    public async Task Kernel_TCP_beside_ours_keeps_most_of_a_link_and_ours_goes_on_after_it()
    {
        await using var hosts = Hosts.Start(LinkShape.Of(20, 10, 64_000));
        var ours = new FlowPlan { Address = Right };
        var tcp = ours with { Carrier = Carrier.Tcp, Law = "cubic" };
        var (receivingOurs, ourPort) = await hosts.Right.ListenAsync(ours);
        var (receivingTcp, tcpPort) = await hosts.Right.ListenAsync(tcp);
        var our = hosts.Left.Send(ours with { Port = ourPort });
        await Hosts.UntilPassedAsync(hosts, 1_000_000);
        var their = hosts.Left.Send(tcp with { Port = tcpPort });
        await Task.Delay(3_000);
        var (ourBefore, tcpBefore) = ((await hosts.Right.ReadAsync(receivingOurs))[0].Bytes, (await hosts.Right.ReadAsync(receivingTcp))[0].Bytes);
        await Task.Delay(6_000);
        var (ourAfter, tcpAfter) = ((await hosts.Right.ReadAsync(receivingOurs))[0].Bytes, (await hosts.Right.ReadAsync(receivingTcp))[0].Bytes);
        await hosts.Left.StopAsync(their.Job);

        Assert.True(tcpAfter - tcpBefore > 2 * (ourAfter - ourBefore), $"TCP {tcpAfter - tcpBefore:N0} bytes, ours {ourAfter - ourBefore:N0}");
        await Hosts.UntilAsync(async () => (await hosts.Right.ReadAsync(receivingOurs))[0].Bytes > ourAfter + 2_000_000, "ours has the link for itself again");
        await hosts.Left.StopAsync(our.Job);
    }
}
