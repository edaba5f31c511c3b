using System.Buffers.Binary;
using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>The client's end over kernel TCP: a task for each connection. Its writes are as large as those of the others, and all from one buffer: the kernel copies them.</summary>
internal sealed class TcpClient(EndPlan plan, Tally tally) : IBenchEnd
{
    private readonly List<(Socket Socket, ConnectionTally Tally)> _connections = [];
    private readonly List<Task> _work = [];
    private int[] _ports = [];
    private bool _finishing;

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
                Start(CallAsync);
        }
        else if (plan.Work == BenchWork.Ping)
        {
            foreach (var (socket, _) in _connections)
                Start(() => PingAsync(socket));
        }
        else if (plan.Work == BenchWork.Bulk)
        {
            for (var i = 0; i < _connections.Count; i++)
            {
                var (socket, mine) = _connections[i];
                var share = bytes == 0 ? long.MaxValue : bytes / _connections.Count + (i < bytes % _connections.Count ? 1 : 0);
                Start(() => WriteAsync(socket, mine, share));
            }

            if (bytes > 0)
                await Task.WhenAll(_work).ConfigureAwait(false);
        }
    }

    public Task<PacketCount?> CountPacketsAsync() => Task.FromResult<PacketCount?>(null);

    public async Task FinishAsync()
    {
        Volatile.Write(ref _finishing, true);
        await Task.WhenAll(_work).ConfigureAwait(false);
        foreach (var (socket, _) in _connections)
            await CloseAsync(socket).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (socket, _) in _connections)
            socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Start(Func<Task> work) => _work.Add(Task.Run(async () =>
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            tally.Fail($"A TCP connection failed: {Sentences.OneLine(e.Message)}");
        }
    }));

    private async Task<Socket> ConnectAsync(int number)
    {
        var socket = TcpSockets.Create(plan.Congestion);
        await socket.ConnectAsync(TcpSockets.Loopback(_ports[number % _ports.Length])).ConfigureAwait(false);
        return socket;
    }

    private async Task WriteAsync(Socket socket, ConnectionTally mine, long bytes)
    {
        var chunk = new byte[plan.WriteBytes];
        while (bytes > 0 && !Volatile.Read(ref _finishing))
        {
            var count = (int)Math.Min(chunk.Length, bytes);
            Stamps.Write(chunk.AsSpan(0, count), mine.BytesSent);
            await TcpServer.SendAllAsync(socket, chunk.AsMemory(0, count)).ConfigureAwait(false);
            mine.OnSent(count);
            bytes -= count;
        }
    }

    private async Task PingAsync(Socket socket)
    {
        var message = new byte[plan.MessageBytes];
        var answer = new byte[plan.MessageBytes];
        for (long number = 1; !Volatile.Read(ref _finishing); number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            var sent = Moment.Now;
            await TcpServer.SendAllAsync(socket, message).ConfigureAwait(false);
            await ReceiveAllAsync(socket, answer).ConfigureAwait(false);
            tally.OnCompleted(sent.Elapsed);
            if (BinaryPrimitives.ReadInt64LittleEndian(answer) != number)
                tally.Fail("An answer by TCP is not what was asked: please report this.");
        }
    }

    private async Task CallAsync()
    {
        var message = new byte[plan.MessageBytes];
        var answer = new byte[plan.MessageBytes];
        for (var number = 0; !Volatile.Read(ref _finishing); number++)
        {
            var start = Moment.Now;
            using var socket = await ConnectAsync(number).ConfigureAwait(false);
            await TcpServer.SendAllAsync(socket, message).ConfigureAwait(false);
            await ReceiveAllAsync(socket, answer).ConfigureAwait(false);
            await CloseAsync(socket).ConfigureAwait(false);
            tally.OnCompleted(start.Elapsed);
        }
    }

    private static async Task ReceiveAllAsync(Socket socket, Memory<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = await socket.ReceiveAsync(buffer).ConfigureAwait(false);
            if (count == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            buffer = buffer[count..];
        }
    }

    private static async Task CloseAsync(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        while (await socket.ReceiveAsync(new byte[1]).ConfigureAwait(false) > 0)
        {
        }

        socket.Dispose();
    }
}
