using System.Net;
using System.Net.Sockets;

namespace Utp.Remote.Tests.Contract;

/// <summary>
/// A path between two UDP ports through an address translation that forgets: <see cref="Rebind"/> gives the inner host another port outside. Only what comes to the present one is let in.
/// </summary>
internal sealed class MovingPath : IAsyncDisposable
{
    private readonly Socket _inner = Bound();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _pumps = [];
    private volatile Socket _outer = Bound();
    private volatile IPEndPoint? _client;
    private volatile IPEndPoint _server;

    /// <summary>Between the port of a host outside, and of one behind the translation; null: whoever sends to <see cref="Inside"/>.</summary>
    public MovingPath(IPEndPoint server, IPEndPoint? client = null)
    {
        (_server, _client) = (server, client);
        Inside = (IPEndPoint)_inner.LocalEndPoint!;
        _pumps.Add(Task.Run(PumpOutAsync));
        _pumps.Add(Task.Run(() => PumpInAsync(_outer)));
    }

    /// <summary>Where the host behind it reaches the other.</summary>
    public IPEndPoint Inside { get; }

    /// <summary>Where the host behind it is reached, until the next <see cref="Rebind"/>.</summary>
    public IPEndPoint Outside => (IPEndPoint)_outer.LocalEndPoint!;

    /// <summary>Another host takes the outer one's place.</summary>
    public void Replace(IPEndPoint server) => _server = server;

    /// <summary>The inner host gets another port outside with its next packet.</summary>
    public void Rebind()
    {
        var old = _outer;
        var next = Bound();
        _pumps.Add(Task.Run(() => PumpInAsync(next)));
        _outer = next;
        old.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _inner.Dispose();
        _outer.Dispose();
        await Task.WhenAll(_pumps);
        _stop.Dispose();
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20, SendBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task PumpOutAsync()
    {
        var buffer = new byte[1 << 16];
        await PumpAsync(_inner, buffer, (count, from) =>
        {
            _client = from;
            _outer.SendTo(buffer.AsSpan(0, count), SocketFlags.None, _server);
        });
    }

    private async Task PumpInAsync(Socket outer)
    {
        var buffer = new byte[1 << 16];
        await PumpAsync(outer, buffer, (count, _) =>
        {
            if (_client is { } client)
                _inner.SendTo(buffer.AsSpan(0, count), SocketFlags.None, client);
        });
    }

    // What cannot be sent is lost, as on any path; who lost it sends it again.
    private async Task PumpAsync(Socket from, byte[] buffer, Action<int, IPEndPoint> send)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var received = await from.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                send(received.ReceivedBytes, (IPEndPoint)received.RemoteEndPoint);
            }
            catch (SocketException) when (from != _inner && from != _outer)
            {
                return;
            }
            catch (SocketException)
            {
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
                if (from != _inner && from != _outer)
                    return;
            }
        }
    }
}
