namespace Utp.Cluster.Tests;

/// <summary>Akka.Cluster over uTP: five nodes, five processes.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private readonly List<NodeProcess> _nodes = [];

    [Fact]
    public async Task Nodes_leave_are_killed_and_stand_still_and_the_others_go_on_and_take_new_ones()
    {
        var first = await StartAsync("a");
        await Task.WhenAll(StartAsync("b", first), StartAsync("c", first), StartAsync("d", first), StartAsync("e", first));
        var (c, d, e) = (Node("c"), Node("d"), Node("e"));
        await first.UntilAsync("members", "5 up, 5 in all, 0 unreachable");

        // One that stands still for a while is missed, and then is there again.
        await c.StopAsync();
        await first.UntilAsync("members", "5 up, 5 in all, 1 unreachable");
        await c.ContinueAsync();
        await first.UntilAsync("members", "5 up, 5 in all, 0 unreachable");

        // One leaves, one is killed, one stands still for good: who is missed is put out.
        await d.LeaveAsync();
        await first.UntilAsync("members", "4 up, 4 in all, 0 unreachable");
        e.Kill();
        await c.StopAsync();
        await first.UntilAsync("members", "4 up, 4 in all, 2 unreachable");
        foreach (var lost in new[] { c, e })
            Assert.Equal("downed", await first.AskAsync("down " + lost.Address));
        await first.UntilAsync("members", "2 up, 2 in all, 0 unreachable");

        // On the killed one's port comes another; the one that stood still wakes up, and does not come back by itself.
        var again = await StartAsync("e2", first, e.Port);
        await c.ContinueAsync();
        await again.UntilAsync("members", "3 up, 3 in all, 0 unreachable");
        await first.UntilAsync("members", "3 up, 3 in all, 0 unreachable");
    }

    [Fact]
    public async Task A_singleton_moves_a_thousand_entities_are_spread_and_data_converges()
    {
        var first = await StartAsync("a");
        var others = await Task.WhenAll(StartAsync("b", first), StartAsync("c", first), StartAsync("d", first));
        await first.UntilAsync("members", "4 up, 4 in all, 0 unreachable");
        await first.UntilAsync("entities 1000", static answer => answer.StartsWith("1000: ", StringComparison.Ordinal));
        foreach (var node in others.Prepend(first))
            Assert.Equal("added", await node.AskAsync("add of-" + node.Name));
        foreach (var node in others)
            await node.UntilAsync("singleton", "a");

        // A fifth gets its share of the entities, and all of the data.
        var fifth = await StartAsync("e", first);
        await fifth.UntilAsync("set", "of-a of-b of-c of-d");
        await fifth.UntilAsync("entities 1000", static answer => answer.StartsWith("1000: ", StringComparison.Ordinal) && answer.Contains(" e=", StringComparison.Ordinal));

        // The oldest leaves: singleton and entities move.
        await first.LeaveAsync();
        await fifth.UntilAsync("singleton", static answer => answer is "b" or "c" or "d");
        await fifth.UntilAsync("entities 1000", static answer => answer.StartsWith("1000: ", StringComparison.Ordinal) && !answer.Contains(" a=", StringComparison.Ordinal));
        await fifth.UntilAsync("members", "4 up, 4 in all, 0 unreachable");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private NodeProcess Node(string name) => _nodes.Single(node => node.Name == name);

    private async Task<NodeProcess> StartAsync(string name, NodeProcess? seed = null, int port = 0)
    {
        var node = await NodeProcess.StartAsync(name, seed?.Address, port);
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }
}
