using System.Diagnostics;
using Utp.Links.Agents;
using Utp.Links.Hostile;
using Utp.Network.Tests;

namespace Utp.Hostile.Tests;

/// <summary>
/// Attacks by hand-made datagrams from another network namespace, with everything known but what is secret: transfers go on, and users' connections open and move their bytes. What they leave of the
/// speed is measured by <c>dotnet run -c Release --project benchmarks/Utp.Links -- hostile</c>, and not here.
/// </summary>
public sealed class AttackTests(AttackedHosts attacked) : IClassFixture<AttackedHosts>
{
    private const int UserBytes = 10_000;
    private static readonly TimeSpan Attacked = TimeSpan.FromSeconds(1.5);

    // Reached only by what hangs, on the busiest machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    [LinkTheory]
    [InlineData("SynFlood", 2_000)]
    [InlineData("SynFlood", 20_000)]
    [InlineData("SynInName", 2_000)]
    [InlineData("ForgedIcmp", 300)]
    [InlineData("Injection", 5_000)]
    [InlineData("FarTimestamps", 5_000)]
    [InlineData("Garbage", 10_000)]
    [InlineData("FarAhead", 1)]
    [InlineData("All", 5_000)]
    public async Task A_transfer_goes_on_and_new_connections_open(string kind, int packetsPerSecond)
    {
        var hosts = attacked.Hosts;
        var start = Stopwatch.GetTimestamp();
        var (listening, port) = await hosts.Victim.ListenAsync(new FlowPlan { Address = "0.0.0.0" });
        var plan = new FlowPlan { Address = HostileHosts.VictimAddress, Port = port };
        var (transfer, end) = hosts.User.Send(plan);
        await UntilAsync(
            async () => end.IsCompleted || (await hosts.Victim.ReadAsync(listening)).Any(static flow => flow.Bytes > 1_000_000), "the transfer is under way");
        await GoesOnAsync();

        var attack = hosts.AttackAsync(new Attack(Enum.Parse<AttackKind>(kind), HostileHosts.VictimAddress, port, HostileHosts.UserAddress, packetsPerSecond, Attacked));
        var users = 0;
        do
        {
            var (user, done) = hosts.User.Send(plan with { Bytes = UserBytes });
            Assert.Equal("", (await done.WaitAsync(Patience)).Error);
            users++;
            await hosts.User.StopAsync(user);
        }
        while (!attack.IsCompleted);

        Assert.True((await attack).Packets > 0 || kind == "FarAhead", "nothing was sent");
        await UntilAsync(
            async () => (await hosts.Victim.ReadAsync(listening)).Count(static flow => flow is { Ended: true, Intact: true, Bytes: UserBytes }) == users,
            "everything that the users sent has arrived");
        await GoesOnAsync();
        var before = await LargestAsync();
        Assert.True(before.Intact);
        await UntilAsync(async () => (await LargestAsync()).Bytes > before.Bytes, "the transfer goes on");

        // A line a minute for each limit, with the key that sets it, and nothing else.
        if (kind == "SynFlood" && packetsPerSecond > 4_096)
            await UntilAsync(async () => (await hosts.Victim.ReadLinesAsync(listening)).Any(static line => line.Contains("utp.limits.half-open", StringComparison.Ordinal)), "the limit is named");
        var minutes = 1 + (int)(Stopwatch.GetElapsedTime(start).TotalMinutes);
        Assert.All((await hosts.Victim.ReadLinesAsync(listening)).Where(static line => !line.Contains("kernel granted", StringComparison.Ordinal)).GroupBy(static line => line), line =>
        {
            Assert.Contains("utp.", line.Key, StringComparison.Ordinal);
            Assert.InRange(line.Count(), 1, minutes);
        });

        await hosts.User.StopAsync(transfer);
        await hosts.Victim.StopAsync(listening);

        // An agent that has ended, or a connection: tells why.
        async Task GoesOnAsync() => Assert.False(end.IsCompleted, end.IsCompleted ? (await end).Error : "");

        async Task<FlowReport> LargestAsync() => (await hosts.Victim.ReadAsync(listening)).MaxBy(static flow => flow.Bytes)!;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var end = DateTime.UtcNow + Patience; !await condition(); await Task.Delay(20))
            Assert.True(DateTime.UtcNow < end, $"not within {Patience.TotalSeconds} s: {what}");
    }
}

/// <summary>One pair of hosts for all the attacks; nothing is laid where it cannot be.</summary>
public sealed class AttackedHosts : IAsyncLifetime
{
    private HostileHosts? _hosts;

    internal HostileHosts Hosts => _hosts ?? throw new InvalidOperationException("There are no hosts on this machine.");

    public Task InitializeAsync()
    {
        if (LinkRequirement.ReasonToSkip is null)
            _hosts = HostileHosts.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_hosts is not null)
            await _hosts.DisposeAsync();
    }
}
