using System.Net;
using System.Net.Sockets;

namespace Utp.Interop.Tests.Relay;

/// <summary>
/// A network on loopback: the initiator sends to the relay's port, the relay sends on to the acceptor's from a socket of its own, and
/// back. Each direction has a thread and a sequence of fates of its own. Datagrams pass unchanged.
/// </summary>
internal sealed class UdpRelay : IDisposable
{
    private const int BufferBytes = 4 << 20;
    private const int OvertakenBy = 3;
    private const int HoldMicros = 10_000;
    private const int IdleMicros = 200_000;

    private readonly RelayRule _rule;
    private readonly Socket _outer = Open();
    private readonly Socket _inner = Open();
    private readonly EndPoint _target;
    private readonly Thread[] _threads;
    private volatile EndPoint? _initiator;
    private volatile bool _closed;

    public UdpRelay(int targetPort, RelayRule rule)
    {
        _rule = rule;
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _threads =
        [
            new Thread(() => Run(RelayDirection.FromInitiator, _outer, _inner)) { IsBackground = true },
            new Thread(() => Run(RelayDirection.FromAcceptor, _inner, _outer)) { IsBackground = true },
        ];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Where the initiator connects to.</summary>
    public int Port => ((IPEndPoint)_outer.LocalEndPoint!).Port;

    /// <summary>What has come in.</summary>
    public RelayWatch Watch { get; } = new();

    public void Dispose()
    {
        _closed = true;
        foreach (var thread in _threads)
            thread.Join();
        _outer.Dispose();
        _inner.Dispose();
    }

    private static Socket Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = BufferBytes,
            SendBufferSize = BufferBytes,
        };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private void Run(RelayDirection direction, Socket from, Socket to)
    {
        var buffer = new byte[65_536];
        var held = new Queue<(byte[] Datagram, int ReleaseAfter)>();
        for (var number = 0; !_closed;)
        {
            if (!from.Poll(held.Count > 0 ? HoldMicros : IdleMicros, SelectMode.SelectRead))
            {
                while (held.TryDequeue(out var late))
                    Forward(direction, to, late.Datagram);
                continue;
            }

            EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
            var datagram = buffer.AsSpan(0, from.ReceiveFrom(buffer, ref sender));
            if (direction == RelayDirection.FromInitiator)
                _initiator = sender;
            var fate = _rule(direction, number++, datagram);
            Watch.Note(direction, datagram, fate);
            if (fate == RelayFate.Overtaken)
                held.Enqueue((datagram.ToArray(), number + OvertakenBy));
            if (fate is RelayFate.Pass or RelayFate.Duplicate)
                Forward(direction, to, datagram);
            if (fate == RelayFate.Duplicate)
                Forward(direction, to, datagram);
            while (held.TryPeek(out var next) && next.ReleaseAfter <= number)
                Forward(direction, to, held.Dequeue().Datagram);
        }
    }

    private void Forward(RelayDirection direction, Socket to, ReadOnlySpan<byte> datagram)
    {
        if ((direction == RelayDirection.FromInitiator ? _target : _initiator) is { } receiver)
            to.SendTo(datagram, receiver);
    }
}
