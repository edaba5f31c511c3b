namespace Utp.Protocol;

/// <summary>
/// How large a datagram may be on this path: a fixed start, and one step down when the path or the socket refuses it
/// (protocol.md §8; RFC 8899 §5.1.2). The one component that a path MTU search replaces.
/// </summary>
internal struct PathMtu
{
    // What every IPv4 host must take (576) less the largest usual headers: the size after a black hole.
    private const int Smallest = 548;

    public PathMtu(int maxDatagramBytes) => MaxDatagramBytes = maxDatagramBytes;

    /// <summary>Bytes of UDP payload of the largest datagram to be cut from now on.</summary>
    public int MaxDatagramBytes { get; private set; }

    /// <summary>
    /// Whether a datagram of this size goes with don't-fragment. Packets that were cut before the path shrank never change
    /// their bytes, so they go without.
    /// </summary>
    public readonly bool DontFragment(int datagramBytes) => datagramBytes <= MaxDatagramBytes;

    /// <summary>A datagram was too large; returns whether the size fell.</summary>
    public bool OnTooLarge()
    {
        if (MaxDatagramBytes <= Smallest)
            return false;
        MaxDatagramBytes = Smallest;
        return true;
    }
}
