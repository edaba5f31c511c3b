using Utp.Links;
using Utp.Network.Tests;
using Utp.Simulation;

namespace Utp.Cluster.Tests;

/// <summary>Two nodes of a cluster on a real link that is slow, loses packets, goes away, and changes addresses.</summary>
public sealed class LinkTests
{
    private const double DelayMillis = 25;
    private const int LossPercent = 2;
    private const string Together = "2 up, 2 in all, 0 unreachable";

    [LinkFact]
    public async Task A_cluster_stays_together_over_50_ms_and_2_percent_loss_and_an_absence_of_three_seconds()
    {
        using var link = RealLink.Lay(new RealLinkOptions { Forth = Shape(), Back = Shape() });
        await using var right = await OnRightAsync(link);
        await using var left = await OnLeftAsync(link, right);
        await left.UntilAsync("members", Together);
        await left.UntilAsync("entities 100", static answer => answer.Contains(" left=", StringComparison.Ordinal) && answer.Contains("right=", StringComparison.Ordinal));

        // The link's time away is the scenario itself.
        await link.SetDownAsync(true);
        await Task.Delay(TimeSpan.FromSeconds(3));
        await link.SetDownAsync(false);

        await left.UntilAsync("entities 100", static answer => answer.StartsWith("100: ", StringComparison.Ordinal));
        await left.UntilAsync("members", Together);
        await right.UntilAsync("members", Together);
    }

    [LinkFact]
    public async Task A_node_whose_address_is_translated_anew_goes_on_and_Akka_hears_nothing_of_it()
    {
        using var link = RealLink.Lay(new RealLinkOptions { Forth = LinkShape.Of(1), Back = LinkShape.Of(1), Translates = true });
        await using var right = await OnRightAsync(link);
        await using var left = await OnLeftAsync(link, right);
        await left.UntilAsync("members", Together);
        await left.UntilAsync("entities 100", static answer => answer.Contains(" left=", StringComparison.Ordinal) && answer.Contains("right=", StringComparison.Ordinal));

        var (endedLeft, endedRight) = (await left.AskAsync("ended"), await right.AskAsync("ended"));

        await link.RebindAsync();

        // Nobody can reach the left node but by what it has opened: without being resumed, the right one would talk to nobody for minutes.
        await left.UntilAsync("entities 100", static answer => answer.StartsWith("100: ", StringComparison.Ordinal));
        await right.UntilAsync("entities 100", static answer => answer.StartsWith("100: ", StringComparison.Ordinal));
        await left.UntilAsync("members", Together);
        await right.UntilAsync("members", Together);
        Assert.Equal((endedLeft, endedRight), (await left.AskAsync("ended"), await right.AskAsync("ended")));
    }

    private static LinkShape Shape()
    {
        var shape = LinkShape.Of(DelayMillis);
        return shape with { Options = shape.Options with { Loss = Ratio.Percent(LossPercent) } };
    }

    private static Task<NodeProcess> OnRightAsync(RealLink link) =>
        NodeProcess.StartAsync("right", place: new NodePlace(RealLink.RightAddress.ToString(), (program, arguments) => link.OnRight(program, arguments)));

    private static Task<NodeProcess> OnLeftAsync(RealLink link, NodeProcess seed) =>
        NodeProcess.StartAsync("left", seed.Address, place: new NodePlace(RealLink.LeftAddress.ToString(), (program, arguments) => link.OnLeft(program, arguments)));
}
