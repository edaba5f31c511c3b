namespace Utp.Cli;

/// <summary>Runs a work of <c>bench remote</c> over <see cref="DirectTransport"/>: both nodes are in this process.</summary>
internal static class RemoteDirect
{
    /// <exception cref="CliException">It takes two processes.</exception>
    public static async Task<BenchResult> RunAsync(BenchJob job, CommandRun run)
    {
        if (job.Plan.Work == BenchWork.RemoteIdle)
            throw new CliException("What a transport keeps cannot be seen without one.");
        Tally sent = new(), received = new();
        var server = new RemoteEnd(job.Plan with { IsServer = true }, received, run.Configuration);
        await using var serverEnd = server.ConfigureAwait(false);
        var ports = await server.OpenAsync([]).ConfigureAwait(false);
        var client = new RemoteEnd(job.Plan, sent, run.Configuration);
        await using var clientEnd = client.ConfigureAwait(false);
        await client.OpenAsync(ports).ConfigureAwait(false);
        await client.GoAsync(0).ConfigureAwait(false);
        await Task.Delay(job.WarmUp, run.Interrupt).ConfigureAwait(false);
        var first = Mark(sent, received);
        await Task.Delay(job.Duration, run.Interrupt).ConfigureAwait(false);
        var last = Mark(sent, received);
        await client.FinishAsync().ConfigureAwait(false);
        return new BenchResult(first.Client, last.Client, first.Server, last.Server);
    }

    // The process is both: what it used counts once.
    private static (EndMark Client, EndMark Server) Mark(Tally sent, Tally received) =>
        (sent.Mark(null, collect: false), received.Mark(null, collect: false) with { CpuSeconds = 0, AllocatedBytes = 0, GcPauseSeconds = 0, Collections = 0 });
}
