using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// How large a datagram the route to a peer may carry at most (protocol.md §8), kept for a while per address: asking costs a socket, and a listener may accept
/// many connections from one peer. Any thread.
/// </summary>
internal sealed class PathCeilings(bool canProbe)
{
    // An Ethernet's, where the system does not tell.
    private const int UsualMtu = 1_500;
    private const int MaxIPv4Payload = 65_507;
    private const int MaxIPv6Payload = 65_527;
    private const int MaxKept = 1_024;
    private const long KeptMicros = 60_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, (int Bytes, Instant Until)> _kept = [];

    /// <summary>Bytes of UDP payload; 0 where larger datagrams cannot be tried, because they would be fragmented.</summary>
    public int For(UdpEndPoint remote, Instant now)
    {
        if (!canProbe)
            return 0;
        lock (_gate)
        {
            if (_kept.TryGetValue(remote.Address, out var kept) && kept.Until > now)
                return kept.Bytes;
        }

        var mtu = RouteProbe.FindMtu(remote);
        var bytes = Math.Min((mtu > 0 ? mtu : UsualMtu) - PathErrors.HeaderBytes(remote), remote.IsIPv4 ? MaxIPv4Payload : MaxIPv6Payload);
        lock (_gate)
        {
            if (_kept.Count >= MaxKept)
                _kept.Clear();
            _kept[remote.Address] = (bytes, now.Plus(KeptMicros));
        }

        return bytes;
    }
}
