using Akka;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace Utp.Cli;

/// <summary>
/// An end whose work is done by streams: the client's source feeds the flow of each connection, the server's flow looks at what comes and answers nothing.
/// An element is a write of its own, of memory of its own, as streams have it.
/// </summary>
internal sealed class FlowEnd : IBenchEnd
{
    private readonly FlowCarrier _carrier;
    private readonly EndPlan _plan;
    private readonly Tally _tally;
    private readonly ActorMaterializer _materializer;
    private readonly TaskCompletionSource<long> _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _sent = [];
    private readonly List<Task> _ended = [];
    private int _alive;
    private bool _finishing;

    /// <exception cref="CliException">The work is none that flows do here.</exception>
    public FlowEnd(FlowCarrier carrier, EndPlan plan, Tally tally)
    {
        if (plan.Work != BenchWork.Bulk)
            throw new CliException("Flows are measured with bulk only: choose another --api.");
        _carrier = carrier;
        _plan = plan;
        _tally = tally;
        _materializer = carrier.System.Materializer();
    }

    public async Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts)
    {
        if (_plan.IsServer)
            return [await _carrier.BindAsync(Serve(), _materializer).ConfigureAwait(false)];
        for (var i = 0; i < _plan.Connections; i++)
        {
            var ((sent, opened), ended) = Feed(i)
                .WatchTermination((_, done) => done)
                .ViaMaterialized(_carrier.Connect(serverPorts[i % serverPorts.Count]), Keep.Both)
                .ToMaterialized(Sink.Ignore<ByteString>(), Keep.Both)
                .Run(_materializer);
            await opened.ConfigureAwait(false);
            _sent.Add(sent);
            _ended.Add(Watch(ended));
        }

        return [];
    }

    public Task GoAsync(long bytes)
    {
        _go.TrySetResult(bytes);
        return bytes > 0 && !_plan.IsServer ? Task.WhenAll(_sent) : Task.CompletedTask;
    }

    public Task<PacketCount?> CountPacketsAsync() => Task.FromResult<PacketCount?>(null);

    public Task FinishAsync()
    {
        Volatile.Write(ref _finishing, true);
        FinishIfEmpty();
        return _plan.IsServer ? _empty.Task : Task.WhenAll(_ended);
    }

    public ValueTask DisposeAsync() => _carrier.DisposeAsync();

    // Nothing before the start, then one write after the other until all is sent, or the end.
    private Source<ByteString, NotUsed> Feed(int number)
    {
        var mine = _tally.AddConnection();
        return Source.FromTask(_go.Task).ConcatMany(bytes =>
            Source.From(Writes(mine, bytes == 0 ? long.MaxValue : (bytes / _plan.Connections) + (number < bytes % _plan.Connections ? 1 : 0))));
    }

    private IEnumerable<ByteString> Writes(ConnectionTally mine, long bytes)
    {
        while (bytes > 0 && !Volatile.Read(ref _finishing))
        {
            var chunk = GC.AllocateUninitializedArray<byte>((int)Math.Min(_plan.WriteBytes, bytes));
            Stamps.Write(chunk, mine.BytesSent);
            mine.OnSent(chunk.Length);
            bytes -= chunk.Length;
            yield return ByteString.FromBytes(chunk);
        }
    }

    private Flow<ByteString, ByteString, NotUsed> Serve() => Flow.Create<ByteString>()
        .StatefulSelectMany<ByteString, ByteString, ByteString, NotUsed>(() =>
        {
            var mine = _tally.AddConnection();
            return element =>
            {
                Check(element, mine);
                return [];
            };
        })
        .WatchTermination((materialized, done) =>
        {
            Interlocked.Increment(ref _alive);
            _ = ServedAsync(done);
            return materialized;
        });

    private void Check(ByteString element, ConnectionTally mine)
    {
        if (!Stamps.Check(element.ToReadOnlySpan(), mine.BytesReceived))
            _tally.Fail("What arrived through a flow is not what was sent: please report this.");
        mine.OnReceived(element.Count);
    }

    private async Task Watch(Task done)
    {
        try
        {
            await done.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever ends a stream early is what is reported.
        catch (Exception e)
#pragma warning restore CA1031 // See above.
        {
            _tally.Fail($"A flow ended early: {Sentences.OneLine(e.GetBaseException().Message)}");
        }
    }

    private async Task ServedAsync(Task done)
    {
        await Watch(done).ConfigureAwait(false);
        Interlocked.Decrement(ref _alive);
        FinishIfEmpty();
    }

    private void FinishIfEmpty()
    {
        if (Volatile.Read(ref _finishing) && Volatile.Read(ref _alive) == 0)
            _empty.TrySetResult();
    }
}
