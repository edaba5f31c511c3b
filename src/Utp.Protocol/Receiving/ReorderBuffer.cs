using System.Buffers;
using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Packets that arrived before one that is missing, by distance from it. Each is copied to a rented buffer of its own size,
/// so it pins nothing of the receive memory. Owned by the connection; <see cref="Clear"/> returns everything.
/// </summary>
internal sealed class ReorderBuffer
{
    /// <summary>Bytes of one range on the wire.</summary>
    public const int BytesPerRange = 4;

    private readonly int _maxPackets;
    private readonly MemoryBudget? _budget;
    private readonly ReceivedRanges _ranges = new();
    private Entry[] _ring = [];

    /// <summary>Holds at most <paramref name="maxPackets"/> packets beyond the missing one; bytes also count against <paramref name="budget"/>.</summary>
    public ReorderBuffer(int maxPackets, MemoryBudget? budget)
    {
        _maxPackets = maxPackets;
        _budget = budget;
    }

    /// <summary>Packets held.</summary>
    public int Count { get; private set; }

    /// <summary>Payload bytes held.</summary>
    public long Bytes { get; private set; }

    /// <summary>The packet farthest ahead, if any is held.</summary>
    public SeqNr Farthest { get; private set; }

    /// <summary>Whether the packet is held.</summary>
    public bool Contains(SeqNr seqNr)
    {
        if (Count == 0)
            return false;
        ref var entry = ref this[seqNr];
        return entry.IsUsed && entry.SeqNr == seqNr;
    }

    /// <summary>Keeps a packet that lies beyond <paramref name="expected"/>; false when it lies too far or memory is at its limit.</summary>
    public bool TryAdd(SeqNr expected, SeqNr seqNr, PacketType type, ReadOnlySpan<byte> extension2, bool hasExtension2, ReadOnlySpan<byte> payload)
    {
        var distance = expected.DistanceTo(seqNr);
        if (distance <= 0 || distance > _maxPackets)
            return false;
        var bytes = extension2.Length + payload.Length;
        if (_budget?.TryTake(bytes) == false)
            return false;
        if (distance >= _ring.Length)
            Grow(distance);

        var buffer = bytes == 0 ? [] : ArrayPool<byte>.Shared.Rent(bytes);
        extension2.CopyTo(buffer);
        payload.CopyTo(buffer.AsSpan(extension2.Length));
        this[seqNr] = new Entry(buffer, seqNr, type, hasExtension2 ? extension2.Length : -1, payload.Length, IsUsed: true);
        _ranges.Add(seqNr);
        if (Count++ == 0 || seqNr.IsAfter(Farthest))
            Farthest = seqNr;
        Bytes += payload.Length;
        return true;
    }

    /// <summary>Takes out the nearest packet if it is this one. The caller gives it back with <see cref="Return"/>.</summary>
    public bool TryTake(SeqNr seqNr, out Entry entry)
    {
        if (!Contains(seqNr))
        {
            entry = default;
            return false;
        }

        entry = this[seqNr];
        this[seqNr] = default;
        _ranges.RemoveFirst();
        Count--;
        Bytes -= entry.PayloadLength;
        return true;
    }

    /// <summary>Gives back the memory of a packet that was taken out.</summary>
    public void Return(in Entry entry)
    {
        _budget?.Return(Math.Max(0, entry.Extension2Length) + entry.PayloadLength);
        if (entry.Buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(entry.Buffer);
    }

    /// <summary>
    /// Writes the SACK bit mask (BEP 29 "selective ack"; bit 0 is ack_nr + 2, least significant first).
    /// </summary>
    /// <param name="expected">The missing packet, ack_nr + 1.</param>
    /// <param name="mask">Zeroed by this call; as wide as the mask is to be.</param>
    public void WriteMask(SeqNr expected, Span<byte> mask)
    {
        mask.Clear();
        var bits = mask.Length * 8;
        foreach (var range in _ranges.Ranges)
        {
            var first = expected.DistanceTo(range.Start) - 1;
            for (var bit = first; bit < Math.Min(bits, first + range.Length); bit++)
                mask[bit >> 3] |= (byte)(1 << (bit & 7));
        }
    }

    /// <summary>How many bytes the range form needs.</summary>
    public int RangeBytes => _ranges.Count * BytesPerRange;

    /// <summary>
    /// Writes the range form (protocol.md §2): offset from ack_nr and length, 16 bits each, the farthest range first, because that is
    /// where news is.
    /// </summary>
    public void WriteRanges(SeqNr expected, Span<byte> destination)
    {
        var ranges = _ranges.Ranges;
        for (var i = ranges.Length - 1; i >= 0 && destination.Length >= BytesPerRange; i--)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(expected.DistanceTo(ranges[i].Start) + 1));
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)ranges[i].Length);
            destination = destination[BytesPerRange..];
        }
    }

    /// <summary>Gives everything back.</summary>
    public void Clear()
    {
        foreach (ref var entry in _ring.AsSpan())
        {
            if (entry.IsUsed)
                Return(entry);
        }

        _ring = [];
        _ranges.Clear();
        Count = 0;
        Bytes = 0;
    }

    private ref Entry this[SeqNr seqNr] => ref _ring[seqNr.Value & (_ring.Length - 1)];

    private void Grow(int distance)
    {
        var old = _ring;
        _ring = new Entry[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, distance + 1))];
        foreach (ref var entry in old.AsSpan())
        {
            if (entry.IsUsed)
                this[entry.SeqNr] = entry;
        }
    }

    /// <summary>A held packet: extension 2 (if any), then payload, in a rented buffer.</summary>
    internal readonly record struct Entry(byte[] Buffer, SeqNr SeqNr, PacketType Type, int Extension2Length, int PayloadLength, bool IsUsed)
    {
        public bool HasExtension2 => Extension2Length >= 0;

        public ReadOnlySpan<byte> Extension2 => Buffer.AsSpan(0, Math.Max(0, Extension2Length));

        public ReadOnlySpan<byte> Payload => Buffer.AsSpan(Math.Max(0, Extension2Length), PayloadLength);
    }
}
