using Utp.Protocol;

namespace Utp.Actors;

/// <summary>Datagrams of equal size, one behind the other, that leave as one send; only the last may be shorter. A value of one turn.</summary>
internal struct Burst
{
    /// <summary>The kernel segments what fits one IP packet.</summary>
    public const int MaxBytes = 65_000;

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
    public readonly bool IsFull => Count > 0 && (_isClosed || Count == MaxDatagrams || Bytes + SegmentBytes > MaxBytes);

    /// <summary>Whether the datagram can follow.</summary>
    public readonly bool Takes(in Transmit datagram) =>
        Count == 0
        || (!_isClosed && Count < MaxDatagrams && datagram.Length <= SegmentBytes && Bytes + datagram.Length <= MaxBytes && datagram.DontFragment == DontFragment);

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
