using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>The server's end over kernel TCP: a task for each connection, as .NET code is written. Reads into a buffer of the size of a write.</summary>
internal sealed class TcpServer(EndPlan plan, Tally tally) : IBenchEnd
{
    // Ports of the client are used up by connections that were closed a moment ago, for each port of the server.
    private const int PortsOfAccept = 4;

    private readonly List<Socket> _listeners = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _alive;
    private bool _finishing;

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
        Volatile.Write(ref _finishing, true);
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
            if (!Volatile.Read(ref _finishing) && e is SocketException)
                tally.Fail($"TCP accepts no more: {Sentences.OneLine(e.Message)}");
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            using (connection)
            {
                if (plan.Work == BenchWork.Bulk)
                    await ReadAsync(connection).ConfigureAwait(false);
                else
                    await RespondAsync(connection).ConfigureAwait(false);
                connection.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException e)
        {
            tally.Fail($"A TCP connection ended early: {Sentences.OneLine(e.Message)}");
        }

        Interlocked.Decrement(ref _alive);
        FinishIfEmpty();
    }

    private async Task ReadAsync(Socket connection)
    {
        var mine = tally.AddConnection();
        var buffer = new byte[plan.WriteBytes];
        int count;
        while ((count = await connection.ReceiveAsync(buffer).ConfigureAwait(false)) > 0)
        {
            if (!Stamps.Check(buffer.AsSpan(0, count), mine.BytesReceived))
                tally.Fail("What arrived by TCP is not what was sent: please report this.");
            mine.OnReceived(count);
        }
    }

    private async Task RespondAsync(Socket connection)
    {
        var buffer = new byte[plan.MessageBytes];
        int count;
        while ((count = await connection.ReceiveAsync(buffer).ConfigureAwait(false)) > 0)
            await SendAllAsync(connection, buffer.AsMemory(0, count)).ConfigureAwait(false);
    }

    internal static async Task SendAllAsync(Socket connection, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await connection.SendAsync(bytes).ConfigureAwait(false)..];
    }

    private void FinishIfEmpty()
    {
        if (Volatile.Read(ref _finishing) && Volatile.Read(ref _alive) == 0)
            _empty.TrySetResult();
    }
}
