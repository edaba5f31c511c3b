namespace Utp.Sockets;

/// <summary>
/// What one drain of a socket brought: datagrams whose bytes lie in pooled slabs. One reader fills and
/// empties it; it holds one reference on each slab it names until <see cref="Clear"/>. Whoever keeps a
/// datagram's bytes beyond that calls <see cref="DatagramSlab.AddReference"/> first.
/// </summary>
public sealed class ReceiveBatch
{
    private readonly ReceivedDatagram[] _datagrams;
    private readonly List<DatagramSlab> _slabs = [];

    /// <summary>Creates a batch for up to <paramref name="capacity"/> datagrams, whose slabs come from <paramref name="pool"/>.</summary>
    public ReceiveBatch(int capacity, SlabPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _datagrams = new ReceivedDatagram[capacity];
        Pool = pool;
    }

    /// <summary>Where drivers rent the slabs they receive into.</summary>
    public SlabPool Pool { get; }

    /// <summary>How many datagrams it holds at most.</summary>
    public int Capacity => _datagrams.Length;

    /// <summary>How many it holds now.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no further datagram fits.</summary>
    public bool IsFull => Count == _datagrams.Length;

    /// <summary>The datagrams, in the order of their arrival.</summary>
    public ReadOnlySpan<ReceivedDatagram> Datagrams => _datagrams.AsSpan(0, Count);

    /// <summary>Takes over the caller's reference on <paramref name="slab"/>; released by <see cref="Clear"/>. For drivers.</summary>
    public void Own(DatagramSlab slab) => _slabs.Add(slab);

    /// <summary>Adds a datagram that lies in an owned slab. For drivers.</summary>
    public void Add(in ReceivedDatagram datagram) => _datagrams[Count++] = datagram;

    /// <summary>Forgets the datagrams and releases the slabs.</summary>
    public void Clear()
    {
        Array.Clear(_datagrams, 0, Count);
        Count = 0;
        foreach (var slab in _slabs)
            slab.Release();
        _slabs.Clear();
    }
}

/// <summary>One datagram (or several of equal size, as the kernel merged them) in a slab.</summary>
/// <param name="Path">Who sent it, and to which of our addresses.</param>
/// <param name="Slab">Where its bytes lie.</param>
/// <param name="Offset">Where in the slab it begins.</param>
/// <param name="Length">Bytes in all.</param>
/// <param name="SegmentSize">Bytes of one datagram; <paramref name="Length"/> when there is one only.</param>
/// <param name="ArrivalMicros">When it arrived, in µs of <see cref="MonotonicClock"/>.</param>
/// <param name="Ecn">The two ECN bits of the IP header, 0 where unknown.</param>
/// <param name="Truncated">Whether the datagram was longer than the space for it.</param>
public readonly record struct ReceivedDatagram(
    UdpPath Path, DatagramSlab Slab, int Offset, int Length, int SegmentSize, long ArrivalMicros, byte Ecn, bool Truncated)
{
    /// <summary>The bytes; valid as long as a reference on the slab is held.</summary>
    public ReadOnlySpan<byte> Span => Slab.Array.AsSpan(Offset, Length);
}
