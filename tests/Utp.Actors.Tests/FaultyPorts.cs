using System.Collections.Concurrent;
using Utp.Sockets;
using Utp.Sockets.Tests;

namespace Utp.Actors.Tests;

/// <summary>Opens real sockets behind channels that fail as a test says.</summary>
internal sealed class FaultyPorts
{
    private readonly ConcurrentQueue<FaultInjectingChannel> _opened = new();

    public FaultyPorts() => Setup = new UtpChannelSetup(Open);

    public UtpChannelSetup Setup { get; }

    /// <summary>All ports in the order in which they were opened.</summary>
    public IReadOnlyList<FaultInjectingChannel> Opened => [.. _opened];

    /// <summary>The port with this number.</summary>
    public FaultInjectingChannel At(int port) => _opened.Single(channel => channel.LocalEndPoint.Port == port);

    private FaultInjectingChannel Open(ChannelRequest request)
    {
        var channel = new FaultInjectingChannel(UdpSocketChannel.Bind(new UdpSocketOptions
        {
            Bind = request.LocalAddress,
            ReceiveBufferBytes = request.ReceiveBufferBytes,
            SendBufferBytes = request.SendBufferBytes,
            DualMode = request.DualMode,
        }));
        _opened.Enqueue(channel);
        return channel;
    }
}
