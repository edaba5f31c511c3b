using System.Net;
using System.Net.Sockets;

namespace Utp.Streams.Tests;

/// <summary>Stands between one client and one server, and can fall silent: what a peer whose machine has died looks like.</summary>
internal sealed class Relay : IDisposable
{
    private readonly Socket _front = Bound();
    private readonly Socket _back = Bound();
    private readonly IPEndPoint _server;
    private EndPoint? _client;
    private volatile bool _silent;

    public Relay(IPEndPoint server)
    {
        _server = server;
        _ = Task.Run(() => ForwardAsync(_front, from =>
        {
            _client = from;
            return (_back, _server);
        }));
        _ = Task.Run(() => ForwardAsync(_back, _ => (_front, _client!)));
    }

    public IPEndPoint EndPoint => (IPEndPoint)_front.LocalEndPoint!;

    public void FallSilent() => _silent = true;

    public void Dispose()
    {
        _front.Dispose();
        _back.Dispose();
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        socket.Bind(StreamPair.Loopback);
        return socket;
    }

    private async Task ForwardAsync(Socket socket, Func<EndPoint, (Socket Through, EndPoint To)> route)
    {
        var buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                var (through, to) = route(received.RemoteEndPoint);
                if (!_silent)
                    await through.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), SocketFlags.None, to);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
