namespace Utp.Protocol;

/// <summary>What a connection found out about the size of datagrams on a path.</summary>
/// <param name="DatagramBytes">Bytes of UDP payload that passed; 0: nothing is known, or what was known holds no more.</param>
/// <param name="NotAbove">Bytes of UDP payload above which nothing is worth trying for a while; <paramref name="DatagramBytes"/> or more.</param>
public readonly record struct PathSize(int DatagramBytes, int NotAbove);

/// <summary>
/// The sizes that were found, by destination, so that the next connection to the same address need not search again (protocol.md §8.1;
/// RFC 8201 §5.2). Bounded: the address that was not used for longest is forgotten first. One end point's alone; not for several threads.
/// </summary>
public sealed class PathSizeCache
{
    /// <summary>Addresses that are kept.</summary>
    public const int Capacity = 4_096;

    // As long as a connection believes its own search (RFC 8899 §5.1.1, PMTU_RAISE_TIMER).
    private const long KeptMicros = MtuSearch.SearchAgainMicros;

    private readonly Dictionary<UInt128, LinkedListNode<Entry>> _byAddress = [];

    // The address that was used last comes first.
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>Addresses that are known.</summary>
    public int Count => _byUse.Count;

    /// <summary>What is known of the way to an address; <c>default</c> for nothing.</summary>
    /// <param name="address">The destination's address, without its port: one path serves all ports.</param>
    /// <param name="now">The time.</param>
    public PathSize Find(UInt128 address, Instant now)
    {
        if (!_byAddress.TryGetValue(address, out var node))
            return default;
        _byUse.Remove(node);
        if (node.Value.Until <= now)
        {
            _byAddress.Remove(address);
            return default;
        }

        _byUse.AddFirst(node);
        return node.Value.Size;
    }

    /// <summary>Takes what a connection reported (<see cref="UtpConnection.PollPathSize"/>).</summary>
    /// <param name="address">The destination's address.</param>
    /// <param name="size">What it found; <c>default</c> forgets the address.</param>
    /// <param name="now">The time.</param>
    public void Report(UInt128 address, PathSize size, Instant now)
    {
        if (_byAddress.Remove(address, out var node))
            _byUse.Remove(node);
        if (size.DatagramBytes == 0)
            return;
        if (_byUse.Count == Capacity)
        {
            _byAddress.Remove(_byUse.Last!.Value.Address);
            _byUse.RemoveLast();
        }

        _byAddress[address] = _byUse.AddFirst(new Entry(address, size, now.Plus(KeptMicros)));
    }

    private readonly record struct Entry(UInt128 Address, PathSize Size, Instant Until);
}
