using System.Collections.Concurrent;
using System.Net;
using Utp.Sockets;
using Utp.Sockets.Tests;

namespace Utp.Actors.Tests;

/// <summary>Opens real sockets behind channels that fail, or crash, as a test says.</summary>
internal sealed class FaultyPorts
{
    private readonly ConcurrentDictionary<int, FaultInjectingChannel> _faulty = new();
    private readonly ConcurrentDictionary<int, CrashingChannel> _crashing = new();

    public FaultyPorts(bool crashes = false) => Setup = new UtpChannelSetup(request => Open(request, crashes));

    public UtpChannelSetup Setup { get; }

    /// <summary>The channel of this port.</summary>
    public FaultInjectingChannel At(int port) => _faulty[port];

    /// <summary>All sends to that peer throw what no channel throws: a defect.</summary>
    public void CrashSendsTo(int port, UdpEndPoint remote) => _crashing[port].Crash(remote, int.MaxValue);

    /// <summary>The next send to that peer throws.</summary>
    public void CrashNextSend(int port, UdpEndPoint remote) => _crashing[port].Crash(remote, 1);

    private IDatagramChannel Open(ChannelRequest request, bool crashes)
    {
        var socket = UdpSocketChannel.Bind(new UdpSocketOptions
        {
            Bind = request.LocalAddress,
            ReceiveBufferBytes = request.ReceiveBufferBytes,
            SendBufferBytes = request.SendBufferBytes,
            DualMode = request.DualMode,
            Batched = true,
        });
        var port = socket.LocalEndPoint.Port;
        return crashes ? _crashing[port] = new CrashingChannel(socket) : _faulty[port] = new FaultInjectingChannel(socket);
    }

    private sealed class CrashingChannel(IDatagramChannel inner) : IDatagramChannel
    {
        private readonly ConcurrentDictionary<UdpEndPoint, int> _crashes = new();

        public IPEndPoint LocalEndPoint => inner.LocalEndPoint;

        public DatagramChannelFeatures Features => inner.Features;

        public int ReceiveBufferBytes => inner.ReceiveBufferBytes;

        public int SendBufferBytes => inner.SendBufferBytes;

        public long ReceiveDrops => inner.ReceiveDrops;

        public void Crash(UdpEndPoint remote, int times) => _crashes[remote] = times;

        public SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment)
        {
            if (_crashes.AddOrUpdate(path.Remote, -1, static (_, left) => left - 1) >= 0)
                throw new InvalidTimeZoneException("A defect that a test made.");
            return inner.Send(path, payload, segmentSize, dontFragment);
        }

        public void SetObserver(IDatagramChannelObserver observer) => inner.SetObserver(observer);

        public ReceiveStatus Receive(ReceiveBatch batch) => inner.Receive(batch);

        public bool WaitReadable() => inner.WaitReadable();

        public void RequestReadable() => inner.RequestReadable();

        public void RequestWritable() => inner.RequestWritable();

        public void Dispose() => inner.Dispose();
    }
}
