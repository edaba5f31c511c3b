using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>Something that owns an address of a <see cref="SimulatedNetwork"/>: an end point of uTP, a channel, a model of other traffic.</summary>
public interface IDatagramHost
{
    /// <summary>A datagram has arrived.</summary>
    /// <param name="datagram">Where it comes from, and how large it was on the wire.</param>
    /// <param name="payload">Its UDP payload; borrowed until the call returns.</param>
    void OnDatagram(in DatagramInfo datagram, ReadOnlySpan<byte> payload);

    /// <summary>An ICMP error concerning datagrams to <paramref name="remote"/> has arrived.</summary>
    /// <param name="remote">Whom they were for.</param>
    /// <param name="error">What it says.</param>
    /// <param name="pathMtuBytes">Too large: bytes of IP packet that pass; otherwise 0.</param>
    void OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes);

    /// <summary>The same, with what it quotes.</summary>
    /// <param name="remote">Whom they were for.</param>
    /// <param name="error">What it says.</param>
    /// <param name="pathMtuBytes">Too large: bytes of IP packet that pass; otherwise 0.</param>
    /// <param name="quoted">The beginning of the datagram's UDP payload; borrowed until the call returns.</param>
    void OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes, ReadOnlySpan<byte> quoted) => OnPathError(remote, error, pathMtuBytes);
}

/// <summary>A datagram on its way.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">Whom it is for.</param>
/// <param name="Length">Bytes of UDP payload.</param>
/// <param name="WireBytes">Bytes of the IP packet, which is what links and queues count.</param>
/// <param name="DontFragment">Whether it must not be fragmented.</param>
/// <param name="SentAt">When it was sent, by the simulation's clock.</param>
public readonly record struct DatagramInfo(
    UdpEndPoint Source, UdpEndPoint Destination, int Length, int WireBytes, bool DontFragment, Instant SentAt);
