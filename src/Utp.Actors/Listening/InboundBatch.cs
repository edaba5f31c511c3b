using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// What one receive batch brought for one connection, as one message. It holds a reference on each slab that it names, from <see cref="Add"/> until
/// <see cref="Release"/>, which its receiver calls once.
/// </summary>
internal sealed class InboundBatch(InboundBatchPool pool) : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    private readonly List<DatagramSlab> _slabs = [];
    private InboundPacket[] _packets = new InboundPacket[8];
    private int _count;

    /// <summary>The packets in the order of their arrival; valid until <see cref="Release"/>.</summary>
    public ReadOnlySpan<InboundPacket> Packets => _packets.AsSpan(0, _count);

    /// <summary>What the socket's buffer leaves for the connection's receive window, in bytes.</summary>
    public long WindowLimit { get; set; }

    /// <summary>Slots of the packet array: a large one is not worth keeping.</summary>
    public int Capacity => _packets.Length;

    /// <summary>Appends a packet.</summary>
    /// <param name="packet">Where its bytes lie.</param>
    /// <param name="slab">What they lie in; null: memory of their own.</param>
    public void Add(in InboundPacket packet, DatagramSlab? slab)
    {
        // Datagrams of one slab come one after the other.
        if (slab is not null && (_slabs.Count == 0 || _slabs[^1] != slab))
        {
            slab.AddReference();
            _slabs.Add(slab);
        }

        if (_count == _packets.Length)
            Array.Resize(ref _packets, _count * 2);
        _packets[_count++] = packet;
    }

    /// <summary>Gives the slabs and the batch itself back.</summary>
    public void Release()
    {
        Array.Clear(_packets, 0, _count);
        _count = 0;
        foreach (var slab in _slabs)
            slab.Release();
        _slabs.Clear();
        pool.Return(this);
    }
}

/// <summary>Batches to use again: the listener rents, connections return.</summary>
internal sealed class InboundBatchPool
{
    // About 3 MB of packet slots: what a fast connection, or a hundred slow ones, have under way.
    private const int MaxKeptSlots = 32 << 10;

    private readonly ConcurrentQueue<InboundBatch> _free = new();
    private int _keptSlots;

    /// <summary>Packet slots of the batches that wait for use.</summary>
    public int KeptSlots => Volatile.Read(ref _keptSlots);

    public InboundBatch Rent()
    {
        if (!_free.TryDequeue(out var batch))
            return new InboundBatch(this);
        Interlocked.Add(ref _keptSlots, -batch.Capacity);
        return batch;
    }

    public void Return(InboundBatch batch)
    {
        if (Interlocked.Add(ref _keptSlots, batch.Capacity) <= MaxKeptSlots)
            _free.Enqueue(batch);
        else
            Interlocked.Add(ref _keptSlots, -batch.Capacity);
    }
}
