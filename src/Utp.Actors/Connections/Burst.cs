using Utp.Protocol;

namespace Utp.Actors;

/// <summary>Datagrams of equal size, one behind the other, that leave as one send; only the last may be shorter. A value of one turn.</summary>
/// <param name="maxBytes">What one segmented send to this peer may have (<see cref="Utp.Sockets.SegmentationLimit"/>). A single datagram may be larger.</param>
internal struct Burst(int maxBytes)
{
    private const int MaxDatagrams = 64;

    private bool _isClosed;

    /// <summary>Datagrams.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all.</summary>
    public int Bytes { get; private set; }

    /// <summary>Bytes of each but the last.</summary>
    public int SegmentBytes { get; private set; }

    /// <summary>Whether they must not be fragmented.</summary>
    public bool DontFragment { get; private set; }

    /// <summary>Whether nothing can follow that is as large as what it holds.</summary>
    public readonly bool IsFull => Count > 0 && (_isClosed || Count == MaxDatagrams || Bytes + SegmentBytes > maxBytes);

    /// <summary>Whether the datagram can follow.</summary>
    public readonly bool Takes(in Transmit datagram) =>
        Count == 0
        || (!_isClosed && Count < MaxDatagrams && datagram.Length <= SegmentBytes && Bytes + datagram.Length <= maxBytes && datagram.DontFragment == DontFragment);

    /// <summary>Appends a datagram that it <see cref="Takes"/>.</summary>
    public void Add(in Transmit datagram)
    {
        if (Count == 0)
            (SegmentBytes, DontFragment) = (datagram.Length, datagram.DontFragment);
        _isClosed = datagram.Length < SegmentBytes;
        Count++;
        Bytes += datagram.Length;
    }
}
