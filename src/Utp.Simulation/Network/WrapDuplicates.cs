using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// Copies of ST_DATA that come back one whole wrap of seq_nr later: a copy waits until its connection has sent about 65,536
/// more packets, so that its seq_nr lies in the receiver's window again (protocol.md §5.6). Owned by one
/// <see cref="SimulatedLink"/>.
/// </summary>
internal sealed class WrapDuplicates
{
    /// <summary>Copies that wait at most.</summary>
    public const int Capacity = 256;

    private const int Wrap = 65_536;
    private const int Spread = 64;
    private readonly Dictionary<Flow, Waiting> _flows = [];
    private int _count;

    /// <summary>Tells that a datagram passes. Returns a copy that is due, or −1.</summary>
    public int OnPassing(int slot, DatagramStore store, Ratio ratio, Prng random)
    {
        ref var entry = ref store[slot];
        if (!PacketHeader.TryParse(entry.Payload, out var header) || header.Type != PacketType.Data)
            return -1;

        var flow = new Flow(entry.Info.Source, entry.Info.Destination, header.ConnectionId);
        if (!_flows.TryGetValue(flow, out var waiting))
            _flows.Add(flow, waiting = new Waiting(header.SeqNr));
        var position = waiting.Unwrap(header.SeqNr);
        if (_count < Capacity && random.Chance(ratio))
        {
            // Around the packet that bears the same number one wrap later: before it, and after.
            waiting.Copies.Enqueue(store.TakeOut(store.Copy(slot)), position + Wrap + random.Between(-Spread, Spread));
            _count++;
        }

        if (!waiting.Copies.TryPeek(out var copy, out var releaseAt) || releaseAt > waiting.Newest)
            return -1;
        waiting.Copies.Dequeue();
        _count--;
        return store.PutBack(copy);
    }

    private readonly record struct Flow(UdpEndPoint Source, UdpEndPoint Destination, ConnectionId Id);

    /// <summary>What waits of one connection's direction, by the position at which it is due.</summary>
    private sealed class Waiting(SeqNr first)
    {
        /// <summary>The newest packet, as a number that does not wrap.</summary>
        public long Newest { get; private set; } = first.Value;

        public PriorityQueue<DatagramStore.Slot, long> Copies { get; } = new();

        public long Unwrap(SeqNr seqNr)
        {
            var position = Newest + new SeqNr((ushort)Newest).DistanceTo(seqNr);
            Newest = Math.Max(Newest, position);
            return position;
        }
    }
}
