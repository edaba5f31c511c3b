using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Utp.Cli;

/// <summary>How a benchmark is done, whoever carries it.</summary>
internal sealed record BenchJob(EndPlan Plan)
{
    /// <summary>How long is measured, when no bytes are given.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What runs before, and does not count: compilers, windows and buffers settle.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How many bytes are moved and measured, without a warm-up; null: as many as <see cref="Duration"/> allows.</summary>
    public long? Bytes { get; init; }

    /// <summary>Where <c>utp bench serve</c> is to do the server's part; null: a process on this machine does.</summary>
    public EndPoint? Server { get; init; }

    /// <summary>Whether both processes share one core.</summary>
    public bool Pin { get; init; }
}

/// <summary>How the two processes are started: the command itself, or Node.</summary>
internal delegate ProcessStartInfo StartEnd(EndPlan plan);

/// <summary>Runs one benchmark: starts the two ends, has them work, and compares what they tell.</summary>
internal static class BenchRun
{
    // For what takes no time on any machine that is worth measuring.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private const double SlowestBytesPerSecond = 1e6;
    private const double SlowestConnectionsPerSecond = 200;

    /// <param name="job">What is measured.</param>
    /// <param name="start">How a process on this machine is started.</param>
    /// <param name="say">Hears what the processes say.</param>
    /// <param name="interrupt">Ends it.</param>
    /// <param name="startNode">Makes the actor system of the connection to <see cref="BenchJob.Server"/>, where there is one.</param>
    /// <exception cref="CliException">An end could not do its part.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public static async Task<BenchResult> RunAsync(BenchJob job, StartEnd start, Action<string> say, CancellationToken interrupt, Func<Task<UtpNode>>? startNode = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        limit.CancelAfter(Patience + job.WarmUp + job.Duration + TimeSpan.FromSeconds(
            (job.Bytes ?? 0) / SlowestBytesPerSecond + job.Plan.Connections / SlowestConnectionsPerSecond));
        try
        {
            return await RunEndsAsync(job, start, startNode, say, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!interrupt.IsCancellationRequested)
        {
            throw new CliException("The benchmark stands still: an end has not answered for a minute longer than its work may take.");
        }
    }

    private static async Task<BenchResult> RunEndsAsync(BenchJob job, StartEnd start, Func<Task<UtpNode>>? startNode, Action<string> say, CancellationToken cancellation)
    {
        int? core = job.Pin ? CoreAffinity.LastCore() : null;
        var serverPlan = job.Plan with { IsServer = true, Host = job.Plan.ServerHost };
        IEndLink server = job.Server is { } host
            ? await EndStream.ConnectAsync(await startNode!().ConfigureAwait(false), host, serverPlan, cancellation).ConfigureAwait(false)
            : await EndProcess.StartAsync("server", start(serverPlan), serverPlan, core, say).ConfigureAwait(false);
        await using var serverEnd = server.ConfigureAwait(false);
        var ports = (await server.AskAsync(new EndRequest(EndProtocol.Open), cancellation).ConfigureAwait(false)).Ports!;
        var clientPlan = server is EndStream remote ? job.Plan with { ServerHost = remote.Address.ToString() } : job.Plan;
        var client = await EndProcess.StartAsync("client", start(clientPlan), clientPlan, core, say).ConfigureAwait(false);
        await using var clientEnd = client.ConfigureAwait(false);

        var measured = await MeasureAsync(job, client, server, ports, cancellation).ConfigureAwait(false);
        var sent = await client.AskAsync(new EndRequest(EndProtocol.Finish), cancellation).ConfigureAwait(false);
        var received = await server.AskAsync(new EndRequest(EndProtocol.Finish), cancellation).ConfigureAwait(false);
        if (job.Plan.Work is BenchWork.Bulk or BenchWork.RemoteTell && sent.Mark!.BytesSent != received.Mark!.BytesReceived)
            throw new CliException(string.Create(
                CultureInfo.InvariantCulture, $"{sent.Mark.BytesSent} bytes were sent and {received.Mark.BytesReceived} arrived, though every connection was closed properly: please report this."));
        return measured;
    }

    private static async Task<BenchResult> MeasureAsync(BenchJob job, EndProcess client, IEndLink server, int[] ports, CancellationToken cancellation)
    {
        var idle = job.Plan.Work is BenchWork.Idle or BenchWork.RemoteIdle;
        // Memory before the connections is what they are compared with.
        var before = idle ? await MarkAsync(client, server, new EndRequest(EndProtocol.Mark) { Collect = true }, cancellation).ConfigureAwait(false) : default;
        var watch = Stopwatch.StartNew();
        await client.AskAsync(new EndRequest(EndProtocol.Open) { Ports = ports }, cancellation).ConfigureAwait(false);
        var opening = watch.Elapsed;
        if (job.Bytes is { } bytes)
        {
            var cold = await MarkAsync(client, server, new EndRequest(EndProtocol.Mark), cancellation).ConfigureAwait(false);
            await client.AskAsync(new EndRequest(EndProtocol.Go) { Bytes = bytes }, cancellation).ConfigureAwait(false);
            var done = await MarkAsync(client, server, new EndRequest(EndProtocol.Mark) { Bytes = bytes }, cancellation).ConfigureAwait(false);
            return new BenchResult(cold.Client, done.Client, cold.Server, done.Server) { Opening = opening };
        }

        await client.AskAsync(new EndRequest(EndProtocol.Go), cancellation).ConfigureAwait(false);
        await Task.Delay(job.WarmUp, cancellation).ConfigureAwait(false);
        var first = await MarkAsync(client, server, new EndRequest(EndProtocol.Mark) { Collect = idle }, cancellation).ConfigureAwait(false);
        await Task.Delay(job.Duration, cancellation).ConfigureAwait(false);
        // A machine that is busy with other things may not have come to the work at all: nothing can be said about no work.
        var last = await MarkAsync(client, server, AtLeastOne(job.Plan.Work, first.Client, first.Server), cancellation).ConfigureAwait(false);
        return new BenchResult(first.Client, last.Client, first.Server, last.Server)
        {
            Opening = opening,
            ClientBefore = before.Client,
            ServerBefore = before.Server,
        };
    }

    private static EndRequest AtLeastOne(BenchWork work, EndMark client, EndMark server) => new(EndProtocol.Mark)
    {
        Bytes = work is BenchWork.Bulk or BenchWork.RemoteTell or BenchWork.RemoteHeartbeat ? server.BytesReceived + 1 : 0,
        Completed = work is BenchWork.Ping or BenchWork.Accept or BenchWork.RemotePing or BenchWork.RemoteHeartbeat ? client.Completed + 1 : 0,
    };

    // Bytes arrive at the server; messages and connections are done when the client says so.
    private static async Task<(EndMark Client, EndMark Server)> MarkAsync(EndProcess client, IEndLink server, EndRequest mark, CancellationToken cancellation)
    {
        var ofServer = server.AskAsync(mark with { Completed = 0 }, cancellation);
        var ofClient = await client.AskAsync(mark with { Bytes = 0 }, cancellation).ConfigureAwait(false);
        return (ofClient.Mark!, (await ofServer.ConfigureAwait(false)).Mark!);
    }
}
