using System.Buffers.Binary;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>Acknowledges each segment at once (no delayed acknowledgements), cumulatively, and names the segment that arrived.</summary>
internal sealed class TcpReceiver(SimulatedNetwork network, UdpEndPoint address) : IDatagramHost
{
    private readonly HashSet<long> _ahead = [];
    private readonly byte[] _ack = new byte[TcpSegment.AckBytes];
    private long _next;

    /// <summary>Segments that arrived, each counted once.</summary>
    public long NewSegments { get; private set; }

    void IDatagramHost.OnDatagram(in DatagramInfo datagram, ReadOnlySpan<byte> payload)
    {
        var number = BinaryPrimitives.ReadInt64BigEndian(payload);
        if (number >= _next && _ahead.Add(number))
            NewSegments++;
        while (_ahead.Remove(_next))
            _next++;
        BinaryPrimitives.WriteInt64BigEndian(_ack, _next);
        BinaryPrimitives.WriteInt32BigEndian(_ack.AsSpan(8), number < _next ? -1 : (int)(number - _next));
        network.Send(address, datagram.Source, _ack, dontFragment: true);
    }

    void IDatagramHost.OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes)
    {
    }
}
