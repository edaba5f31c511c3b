using System.Buffers.Binary;
using System.Net;
using Utp.Messages;
using Utp.Streams;

namespace Utp.Cli;

/// <summary>The client's end over <see cref="UtpStream"/>: a task for each connection. Its writes are as large as those of the others, and all from one buffer.</summary>
internal sealed class StreamClient(UtpNode node, EndPlan plan, Tally tally) : StreamEnd(node, plan, tally)
{
    private const int MaxOpening = 256;

    private readonly List<UtpListener> _ports = [];
    private readonly List<(UtpStream Stream, ConnectionTally Tally)> _connections = [];
    private readonly List<Task> _work = [];
    private int[] _serverPorts = [];
    private bool _finishing;

    public override async Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts)
    {
        _serverPorts = [.. serverPorts];
        for (var i = 0; i < Plan.Ports; i++)
            _ports.Add(await BindAsync().ConfigureAwait(false));

        // Those of accept live only while it goes on.
        for (var i = 0; i < (Plan.Work == BenchWork.Accept ? 0 : Plan.Connections); i += MaxOpening)
        {
            foreach (var stream in await Task.WhenAll(Enumerable.Range(i, Math.Min(MaxOpening, Plan.Connections - i)).Select(ConnectAsync)).ConfigureAwait(false))
            {
                OnLasting(stream);
                _connections.Add((stream, Tally.AddConnection()));
            }
        }

        return [];
    }

    public override async Task GoAsync(long bytes)
    {
        switch (Plan.Work)
        {
            case BenchWork.Accept:
                for (var i = 0; i < Plan.Connections; i++)
                    _work.Add(StartAsync(CallAsync));
                break;

            case BenchWork.Ping:
                foreach (var (stream, _) in _connections)
                    _work.Add(StartAsync(() => PingAsync(stream)));
                break;

            case BenchWork.Bulk:
                for (var i = 0; i < _connections.Count; i++)
                {
                    var (stream, mine) = _connections[i];
                    var share = bytes == 0 ? long.MaxValue : bytes / _connections.Count + (i < bytes % _connections.Count ? 1 : 0);
                    _work.Add(StartAsync(() => WriteAsync(stream, mine, share)));
                }

                if (bytes > 0)
                    await Task.WhenAll(_work).ConfigureAwait(false);
                break;
        }
    }

    public override async Task FinishAsync()
    {
        Volatile.Write(ref _finishing, true);
        await Task.WhenAll(_work).ConfigureAwait(false);
        await Task.WhenAll(_connections.Select(connection => StartAsync(() => CloseAsync(connection.Stream)))).ConfigureAwait(false);
    }

    // All connections together hold about as much as four single ones may, as those of the actors do.
    private Task<UtpStream> ConnectAsync(int number) => _ports[number % _ports.Count].ConnectAsync(
        new IPEndPoint(IPAddress.Loopback, _serverPorts[number % _serverPorts.Length]),
        new UtpClientOptions { Protocol = new UtpOptions { SendBufferBytes = (int)Math.Min(SendBufferBytes, 4L * SendBufferBytes / Plan.Connections) } });

    private async Task WriteAsync(UtpStream stream, ConnectionTally mine, long bytes)
    {
        var chunk = new byte[Plan.WriteBytes];
        while (bytes > 0 && !Volatile.Read(ref _finishing))
        {
            var count = (int)Math.Min(chunk.Length, bytes);
            Stamps.Write(chunk.AsSpan(0, count), mine.BytesSent);
            await stream.WriteAsync(chunk.AsMemory(0, count)).ConfigureAwait(false);
            mine.OnSent(count);
            bytes -= count;
        }
    }

    private async Task PingAsync(UtpStream stream)
    {
        var message = new byte[Plan.MessageBytes];
        var answer = new byte[Plan.MessageBytes];
        for (long number = 1; !Volatile.Read(ref _finishing); number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            var sent = Moment.Now;
            await stream.WriteAsync(message).ConfigureAwait(false);
            await stream.ReadExactlyAsync(answer).ConfigureAwait(false);
            Tally.OnCompleted(sent.Elapsed);
            if (BinaryPrimitives.ReadInt64LittleEndian(answer) != number)
                Tally.Fail("An answer is not what was asked: please report this, with the command line and the machine.");
        }
    }

    private async Task CallAsync()
    {
        var message = new byte[Plan.MessageBytes];
        var answer = new byte[Plan.MessageBytes];
        for (var number = 0; !Volatile.Read(ref _finishing); number++)
        {
            var start = Moment.Now;
            var stream = await ConnectAsync(number).ConfigureAwait(false);
            await stream.WriteAsync(message).ConfigureAwait(false);
            await stream.ReadExactlyAsync(answer).ConfigureAwait(false);
            await CloseAsync(stream).ConfigureAwait(false);
            Tally.OnCompleted(start.Elapsed);
        }
    }

    // Both directions, in turn: what the peer still sends is nothing.
    private static async Task CloseAsync(UtpStream stream)
    {
        await using (stream.ConfigureAwait(false))
        {
            await stream.CompleteWritesAsync().ConfigureAwait(false);
            while (await stream.ReadAsync(new byte[1]).ConfigureAwait(false) > 0)
            {
            }
        }
    }
}
