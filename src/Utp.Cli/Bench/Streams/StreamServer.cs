using Utp.Streams;

namespace Utp.Cli;

/// <summary>The server's end over <see cref="UtpStream"/>: a task for each connection, as .NET code is written. Reads into a buffer of the size of a write.</summary>
internal sealed class StreamServer(UtpNode node, EndPlan plan, Tally tally) : StreamEnd(node, plan, tally)
{
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StreamWork _what = new(plan, tally);
    private int _alive;

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
        _what.Finish();
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
                await _what.ReadAsync(stream).ConfigureAwait(false);
            else
                await _what.RespondAsync(stream).ConfigureAwait(false);
        }

        Interlocked.Decrement(ref _alive);
        FinishIfEmpty();
    }

    private void FinishIfEmpty()
    {
        if (_what.IsFinishing && Volatile.Read(ref _alive) == 0)
            _empty.TrySetResult();
    }
}
