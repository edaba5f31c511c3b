using Utp.Messages;
using Utp.Streams;

namespace Utp.Cli;

/// <summary>The client's end over <see cref="UtpStream"/>: a task for each connection. Its writes are as large as those of the others, and all from one buffer.</summary>
internal sealed class StreamClient(UtpNode node, EndPlan plan, Tally tally) : StreamEnd(node, plan, tally)
{
    private const int MaxOpening = 256;

    private readonly List<UtpListener> _ports = [];
    private readonly List<(UtpStream Stream, ConnectionTally Tally)> _connections = [];
    private readonly StreamWork _what = new(plan, tally);
    private readonly List<Task> _work = [];
    private int[] _serverPorts = [];

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
                    _work.Add(StartAsync(() => _what.CallAsync(ConnectAsync, CloseAsync)));
                break;

            case BenchWork.Ping:
                foreach (var (stream, _) in _connections)
                    _work.Add(StartAsync(() => _what.PingAsync(stream)));
                break;

            case BenchWork.Bulk:
                for (var i = 0; i < _connections.Count; i++)
                {
                    var (stream, mine) = _connections[i];
                    var share = StreamWork.Share(bytes, i, _connections.Count);
                    _work.Add(StartAsync(() => _what.WriteAsync(stream, mine, share)));
                }

                if (bytes > 0)
                    await Task.WhenAll(_work).ConfigureAwait(false);
                break;
        }
    }

    public override async Task FinishAsync()
    {
        _what.Finish();
        await Task.WhenAll(_work).ConfigureAwait(false);
        await Task.WhenAll(_connections.Select(connection => StartAsync(() => CloseAsync(connection.Stream)))).ConfigureAwait(false);
    }

    // All connections together hold about as much as four single ones may, as those of the actors do.
    private Task<UtpStream> ConnectAsync(int number)
    {
        var server = Plan.ServerAt(_serverPorts[number % _serverPorts.Length]);
        var options = new UtpClientOptions
        {
            ActorSystem = System,
            Protocol = new UtpOptions { SendBufferBytes = (int)Math.Min(SendBufferBytes, 4L * SendBufferBytes / Plan.Connections) },
        };
        return _ports.Count == 0 ? UtpClient.ConnectAsync(server, options) : _ports[number % _ports.Count].ConnectAsync(server, options);
    }

    // Both directions, in turn: what the peer still sends is nothing.
    private static async Task CloseAsync(UtpStream stream)
    {
        await using (stream.ConfigureAwait(false))
        {
            await stream.CompleteWritesAsync().ConfigureAwait(false);
            await StreamWork.DrainAsync(stream).ConfigureAwait(false);
        }
    }
}
