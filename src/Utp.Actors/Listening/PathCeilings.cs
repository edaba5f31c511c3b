using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// What the first hop to a peer takes: how large a datagram may be at most (protocol.md §8.1), and a burst of them. Kept for a while per address: asking costs a
/// socket, and a listener may accept many connections from one peer. Any thread.
/// </summary>
/// <param name="canProbe">Whether datagrams can be sent that nobody fragments.</param>
/// <param name="segments">Whether the kernel cuts bursts.</param>
internal sealed class PathCeilings(bool canProbe, bool segments)
{
    // An Ethernet's, where the system does not tell.
    private const int UsualMtu = 1_500;
    private const int MaxIPv4Payload = 65_507;
    private const int MaxIPv6Payload = 65_527;
    private const int MaxKept = 1_024;
    private const long KeptMicros = 60_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, (int Bytes, int BurstBytes, Instant Until)> _kept = [];

    /// <summary>Bytes of UDP payload; 0 where larger datagrams cannot be tried, because they would be fragmented.</summary>
    public int For(UdpEndPoint remote, Instant now) => canProbe ? Find(remote, now).Bytes : 0;

    /// <summary>Bytes of UDP payload in one burst.</summary>
    public int BurstFor(UdpEndPoint remote, Instant now) => segments ? Find(remote, now).BurstBytes : SegmentationLimit.Usual(remote.IsIPv4);

    private (int Bytes, int BurstBytes, Instant Until) Find(UdpEndPoint remote, Instant now)
    {
        lock (_gate)
        {
            if (_kept.TryGetValue(remote.Address, out var kept) && kept.Until > now)
                return kept;
        }

        var mtu = RouteProbe.FindMtu(remote);
        var bytes = Math.Min((mtu > 0 ? mtu : UsualMtu) - PathErrors.HeaderBytes(remote), remote.IsIPv4 ? MaxIPv4Payload : MaxIPv6Payload);
        var found = (bytes, segments ? SegmentationLimit.For(remote) : SegmentationLimit.Usual(remote.IsIPv4), now.Plus(KeptMicros));
        lock (_gate)
        {
            if (_kept.Count >= MaxKept)
                _kept.Clear();
            _kept[remote.Address] = found;
        }

        return found;
    }
}
