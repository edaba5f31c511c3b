using Utp.Streams;

namespace Utp.Cli;

/// <summary>The server's end over <see cref="UtpStream"/>: a task for each connection, as .NET code is written. Reads into a buffer of the size of a write.</summary>
internal sealed class StreamServer(UtpNode node, EndPlan plan, Tally tally) : StreamEnd(node, plan, tally)
{
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _alive;
    private bool _finishing;

    public override async Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts)
    {
        var listener = await BindAsync().ConfigureAwait(false);
        _ = StartAsync(async () =>
        {
            await foreach (var stream in listener.AcceptAllAsync().ConfigureAwait(false))
            {
                Interlocked.Increment(ref _alive);
                _ = StartAsync(() => ServeAsync(stream));
            }
        });
        return [listener.LocalEndPoint.Port];
    }

    public override Task GoAsync(long bytes) => Task.CompletedTask;

    public override Task FinishAsync()
    {
        Volatile.Write(ref _finishing, true);
        FinishIfEmpty();
        return _empty.Task;
    }

    private async Task ServeAsync(UtpStream stream)
    {
        if (Plan.Work is BenchWork.Bulk or BenchWork.Ping)
            OnLasting(stream);
        await using (stream.ConfigureAwait(false))
        {
            if (Plan.Work == BenchWork.Bulk)
                await ReadAsync(stream).ConfigureAwait(false);
            else
                await RespondAsync(stream).ConfigureAwait(false);
        }

        Interlocked.Decrement(ref _alive);
        FinishIfEmpty();
    }

    private async Task ReadAsync(UtpStream stream)
    {
        var mine = Tally.AddConnection();
        var buffer = new byte[Plan.WriteBytes];
        int count;
        while ((count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            if (!Stamps.Check(buffer.AsSpan(0, count), mine.BytesReceived))
                Tally.Fail("What arrived is not what was sent: please report this, with the command line and the machine.");
            mine.OnReceived(count);
        }
    }

    private async Task RespondAsync(UtpStream stream)
    {
        var buffer = new byte[Plan.MessageBytes];
        int count;
        while ((count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            await stream.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
    }

    private void FinishIfEmpty()
    {
        if (Volatile.Read(ref _finishing) && Volatile.Read(ref _alive) == 0)
            _empty.TrySetResult();
    }
}
