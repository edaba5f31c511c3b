using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>The server's end over kernel TCP: a task for each connection, as .NET code is written.</summary>
internal sealed class TcpServer(EndPlan plan, Tally tally) : IBenchEnd
{
    // Ports of the client are used up by connections that were closed a moment ago, for each port of the server.
    private const int PortsOfAccept = 4;

    private readonly List<Socket> _listeners = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StreamWork _what = new(plan, tally);
    private int _alive;

    public Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts)
    {
        for (var i = 0; i < (plan.Work == BenchWork.Accept ? PortsOfAccept : 1); i++)
        {
            var listener = TcpSockets.Create(plan.Congestion);
            listener.Bind(TcpSockets.Loopback(0));
            listener.Listen(TcpSockets.Backlog);
            _listeners.Add(listener);
            _ = Task.Run(() => AcceptAsync(listener));
        }

        return Task.FromResult<int[]>([.. _listeners.Select(static l => ((System.Net.IPEndPoint)l.LocalEndPoint!).Port)]);
    }

    public Task GoAsync(long bytes) => Task.CompletedTask;

    public Task<PacketCount?> CountPacketsAsync() => Task.FromResult<PacketCount?>(null);

    public Task FinishAsync()
    {
        _what.Finish();
        FinishIfEmpty();
        return _empty.Task;
    }

    public ValueTask DisposeAsync()
    {
        _listeners.ForEach(static listener => listener.Dispose());
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync().ConfigureAwait(false);
                Interlocked.Increment(ref _alive);
                connection.NoDelay = true;
                _ = ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (!_what.IsFinishing && e is SocketException)
                tally.Fail($"TCP accepts no more: {Sentences.OneLine(e.Message)}");
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            var stream = new NetworkStream(connection, ownsSocket: true);
            await using (stream.ConfigureAwait(false))
            {
                if (plan.Work == BenchWork.Bulk)
                    await _what.ReadAsync(stream).ConfigureAwait(false);
                else
                    await _what.RespondAsync(stream).ConfigureAwait(false);
                connection.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            tally.Fail($"A TCP connection ended early: {Sentences.OneLine(e.Message)}");
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
