namespace Utp.Links.Commands;

/// <summary>Work on several links side by side. What comes out is printed as it comes, in the order of the work.</summary>
internal static class LinkLanes
{
    private const long WarmUpBytes = 10_000_000;
    private static readonly TimeSpan WarmUpPatience = TimeSpan.FromSeconds(60);

    /// <summary>Does the work, each lane on a link of its own whose processes have compiled what is hot.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync<T>(IReadOnlyList<T> work, int lanes, Func<LinkedHosts, T, Task<string>> run)
    {
        var lines = new string?[work.Count];
        var gate = new Lock();
        var (next, printed) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Math.Clamp(lanes, 1, work.Count)).Select(_ => Task.Run(LaneAsync))).ConfigureAwait(false);
        return lines!;

        async Task LaneAsync()
        {
            await using var hosts = LinkedHosts.Start(new RealLinkOptions());
            await hosts.TransferAsync(new Agents.FlowPlan { Bytes = WarmUpBytes }, WarmUpPatience).ConfigureAwait(false);
            while (true)
            {
                int mine;
                lock (gate)
                    mine = next++;
                if (mine >= work.Count)
                    return;
                var line = await run(hosts, work[mine]).ConfigureAwait(false);
                lock (gate)
                {
                    lines[mine] = line;
                    for (; printed < lines.Length && lines[printed] is { } ready; printed++)
                        Console.WriteLine(ready);
                }
            }
        }
    }
}
