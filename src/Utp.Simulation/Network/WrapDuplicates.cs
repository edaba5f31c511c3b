using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// Copies of ST_DATA that come back one whole wrap of seq_nr later: a copy waits until its connection has sent about 65,536
/// more packets, so that its seq_nr lies in the receiver's window again (protocol.md §5, "Wraps"). Owned by one
/// <see cref="SimulatedLink"/>.
/// </summary>
public sealed class WrapDuplicates
{
    /// <summary>Copies that wait at most.</summary>
    public const int Capacity = 256;

    private const int Wrap = 65_536;
    private const int Spread = 64;
    private readonly Dictionary<Flow, long> _newest = [];
    private readonly List<(Flow Flow, long ReleaseAt, int Slot)> _waiting = [];

    internal WrapDuplicates()
    {
    }

    /// <summary>Tells that a datagram passes. Returns a copy that is due, or −1.</summary>
    internal int OnPassing(int slot, DatagramStore store, Ratio ratio, Prng random)
    {
        ref var entry = ref store[slot];
        if (!PacketHeader.TryParse(entry.Payload, out var header) || header.Type != PacketType.Data)
            return -1;

        var flow = new Flow(entry.Info.Source, entry.Info.Destination, header.ConnectionId);
        var position = Unwrap(flow, header.SeqNr);
        if (_waiting.Count < Capacity && random.Chance(ratio))
        {
            // Around the packet that bears the same number one wrap later: before it, and after.
            var releaseAt = position + Wrap + random.Between(-Spread, Spread);
            _waiting.Add((flow, releaseAt, store.Copy(slot)));
        }

        return TakeDue(flow);
    }

    private long Unwrap(Flow flow, SeqNr seqNr)
    {
        if (!_newest.TryGetValue(flow, out var newest))
            return _newest[flow] = seqNr.Value;
        var position = newest + new SeqNr((ushort)newest).DistanceTo(seqNr);
        if (position > newest)
            _newest[flow] = position;
        return position;
    }

    private int TakeDue(Flow flow)
    {
        var newest = _newest[flow];
        for (var i = 0; i < _waiting.Count; i++)
        {
            if (_waiting[i].Flow != flow || _waiting[i].ReleaseAt > newest)
                continue;
            var slot = _waiting[i].Slot;
            _waiting[i] = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            return slot;
        }

        return -1;
    }

    private readonly record struct Flow(UdpEndPoint Source, UdpEndPoint Destination, ConnectionId Id);
}
