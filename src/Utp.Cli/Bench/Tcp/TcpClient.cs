using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>The client's end over kernel TCP: a task for each connection. Its writes are as large as those of the others, and all from one buffer: the kernel copies them.</summary>
internal sealed class TcpClient(EndPlan plan, Tally tally) : IBenchEnd
{
    private readonly List<(NetworkStream Stream, ConnectionTally Tally)> _connections = [];
    private readonly StreamWork _what = new(plan, tally);
    private readonly List<Task> _work = [];
    private int[] _ports = [];

    public async Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts)
    {
        _ports = [.. serverPorts];
        // Those of accept live only while it goes on.
        for (var i = 0; i < (plan.Work == BenchWork.Accept ? 0 : plan.Connections); i++)
            _connections.Add((await ConnectAsync(i).ConfigureAwait(false), tally.AddConnection()));
        return [];
    }

    public async Task GoAsync(long bytes)
    {
        if (plan.Work == BenchWork.Accept)
        {
            for (var i = 0; i < plan.Connections; i++)
                Start(() => _what.CallAsync(ConnectAsync, CloseAsync));
        }
        else if (plan.Work == BenchWork.Ping)
        {
            foreach (var (stream, _) in _connections)
                Start(() => _what.PingAsync(stream));
        }
        else if (plan.Work == BenchWork.Bulk)
        {
            for (var i = 0; i < _connections.Count; i++)
            {
                var (stream, mine) = _connections[i];
                var share = StreamWork.Share(bytes, i, _connections.Count);
                Start(() => _what.WriteAsync(stream, mine, share));
            }

            if (bytes > 0)
                await Task.WhenAll(_work).ConfigureAwait(false);
        }
    }

    public Task<PacketCount?> CountPacketsAsync() => Task.FromResult<PacketCount?>(null);

    public async Task FinishAsync()
    {
        _what.Finish();
        await Task.WhenAll(_work).ConfigureAwait(false);
        foreach (var (stream, _) in _connections)
            await CloseAsync(stream).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (stream, _) in _connections)
            stream.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Start(Func<Task> work) => _work.Add(Task.Run(async () =>
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            tally.Fail($"A TCP connection failed: {Sentences.OneLine(e.Message)}");
        }
    }));

    private async Task<NetworkStream> ConnectAsync(int number)
    {
        var socket = TcpSockets.Create(plan.Congestion);
        await socket.ConnectAsync(TcpSockets.Loopback(_ports[number % _ports.Length])).ConfigureAwait(false);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task CloseAsync(NetworkStream stream)
    {
        await using (stream.ConfigureAwait(false))
        {
            stream.Socket.Shutdown(SocketShutdown.Send);
            await StreamWork.DrainAsync(stream).ConfigureAwait(false);
        }
    }
}
