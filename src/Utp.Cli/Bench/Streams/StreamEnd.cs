using Utp.Streams;

namespace Utp.Cli;

/// <summary>What both ends over <see cref="UtpStream"/> have in common: the actor system, the connections that last, and tasks whose failure ends the benchmark.</summary>
internal abstract class StreamEnd(UtpNode node, EndPlan plan, Tally tally) : IBenchEnd
{
    private readonly List<UtpStream> _lasting = [];
    private readonly List<UtpListener> _listeners = [];
    private readonly Lock _lock = new();

    protected EndPlan Plan => plan;

    protected Tally Tally => tally;

    protected Akka.Actor.ActorSystem System => node.System;

    /// <summary>How many bytes of writes a connection holds, as configured.</summary>
    protected int SendBufferBytes => node.SendBufferBytes;

    public abstract Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts);

    public abstract Task GoAsync(long bytes);

    public abstract Task FinishAsync();

    public async Task<PacketCount?> CountPacketsAsync()
    {
        UtpStream[] streams;
        lock (_lock)
            streams = [.. _lasting];
        var all = await Task.WhenAll(streams.Select(static stream => stream.GetStatisticsAsync())).ConfigureAwait(false);
        return new PacketCount(all.Sum(static s => s.PacketsSent), all.Sum(static s => s.Retransmissions), all.Sum(static s => s.Timeouts));
    }

    public async ValueTask DisposeAsync()
    {
        _listeners.ForEach(static listener => listener.Dispose());
        await node.DisposeAsync().ConfigureAwait(false);
    }

    protected async Task<UtpListener> BindAsync()
    {
        var listener = await UtpListener.BindAsync(
            plan.Local, new UtpListenerOptions { ActorSystem = node.System, Backlog = TcpSockets.Backlog }).ConfigureAwait(false);
        _listeners.Add(listener);
        return listener;
    }

    /// <summary>A connection that lives as long as the benchmark does, so that its packets may be asked for.</summary>
    protected void OnLasting(UtpStream stream)
    {
        lock (_lock)
            _lasting.Add(stream);
    }

    protected Task StartAsync(Func<Task> work) => Task.Run(async () =>
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            tally.Fail(Sentences.OneLine(e.Message));
        }
    });
}
