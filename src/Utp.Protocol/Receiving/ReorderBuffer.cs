using System.Buffers;
using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Packets that arrived before one that is missing, by seq_nr. Each is copied to a rented buffer of its own size, so it pins nothing of the receive
/// memory. The table grows with how many wait, not with how far ahead they are: a stranger chooses that (note 0031). All of it counts against the budget. Owned by the
/// connection; <see cref="Clear"/> returns everything.
/// </summary>
internal sealed class ReorderBuffer
{
    /// <summary>Bytes of one range on the wire.</summary>
    public const int BytesPerRange = 4;

    // A slot of the table: entry, hash, links, bucket, and its place in the list of ranges. An array's own header comes with each buffer.
    private const int SlotBytes = 64;
    private const int ArrayOverheadBytes = 24;
    private const int SmallestCapacity = 11;

    private readonly int _maxPackets;
    private readonly MemoryBudget? _budget;
    private readonly ReceivedRanges _ranges = new();
    private Dictionary<ushort, Entry>? _entries;
    private int _capacity;
    private int _mostWaiting;

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
    public bool Contains(SeqNr seqNr) => Count > 0 && _entries!.ContainsKey(seqNr.Value);

    /// <summary>Keeps a packet that lies beyond <paramref name="expected"/>; false when it lies too far or memory is at its limit.</summary>
    public bool TryAdd(SeqNr expected, SeqNr seqNr, PacketType type, ReadOnlySpan<byte> extension2, bool hasExtension2, ReadOnlySpan<byte> payload)
    {
        var distance = expected.DistanceTo(seqNr);
        if (distance <= 0 || distance > _maxPackets)
            return false;
        var bytes = extension2.Length + payload.Length;
        if (Count == _capacity && !TryGrow())
            return false;
        var buffer = bytes == 0 ? [] : ArrayPool<byte>.Shared.Rent(bytes);
        if (_budget?.TryTake(Cost(buffer)) == false)
        {
            if (bytes > 0)
                ArrayPool<byte>.Shared.Return(buffer);
            return false;
        }

        extension2.CopyTo(buffer);
        payload.CopyTo(buffer.AsSpan(extension2.Length));
        _entries!.Add(seqNr.Value, new Entry(buffer, type, hasExtension2 ? extension2.Length : -1, payload.Length));
        _ranges.Add(seqNr);
        if (Count++ == 0 || seqNr.IsAfter(Farthest))
            Farthest = seqNr;
        Bytes += payload.Length;
        _mostWaiting = Math.Max(_mostWaiting, Count);
        return true;
    }

    /// <summary>Takes out the nearest packet if it is this one. The caller gives it back with <see cref="Return"/>.</summary>
    public bool TryTake(SeqNr seqNr, out Entry entry)
    {
        entry = default;
        if (Count == 0 || !_entries!.Remove(seqNr.Value, out entry))
            return false;
        _ranges.RemoveFirst();
        Bytes -= entry.PayloadLength;
        if (--Count == 0)
            Shrink();
        return true;
    }

    /// <summary>Gives back the memory of a packet that was taken out.</summary>
    public void Return(in Entry entry)
    {
        _budget?.Return(Cost(entry.Buffer));
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
    /// Writes the range form (protocol.md §2.2): offset from ack_nr and length, 16 bits each, the farthest range first, because that is
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
        if (Count > 0)
        {
            foreach (var entry in _entries!.Values)
                Return(entry);
        }

        Release();
        _ranges.Clear();
        Count = 0;
        Bytes = 0;
    }

    private static int Cost(byte[] buffer) => buffer.Length == 0 ? 0 : buffer.Length + ArrayOverheadBytes;

    private bool TryGrow()
    {
        var capacity = Math.Max(SmallestCapacity, 2 * _capacity);
        if (_budget?.TryTake((capacity - _capacity) * SlotBytes) == false)
            return false;
        (_entries ??= []).EnsureCapacity(capacity);
        _capacity = capacity;
        return true;
    }

    // The gap is closed. A table that this one did not need is not kept for the next.
    private void Shrink()
    {
        if (_capacity > SmallestCapacity && _mostWaiting <= _capacity / 8)
            Release();
        _mostWaiting = 0;
    }

    private void Release()
    {
        _budget?.Return(_capacity * SlotBytes);
        _entries = null;
        _capacity = 0;
        _ranges.Clear();
        _ranges.TrimExcess();
    }

    /// <summary>A held packet: extension 2 (if any), then payload, in a rented buffer.</summary>
    internal readonly record struct Entry(byte[] Buffer, PacketType Type, int Extension2Length, int PayloadLength)
    {
        public bool HasExtension2 => Extension2Length >= 0;

        public ReadOnlySpan<byte> Extension2 => Buffer.AsSpan(0, Math.Max(0, Extension2Length));

        public ReadOnlySpan<byte> Payload => Buffer.AsSpan(Math.Max(0, Extension2Length), PayloadLength);
    }
}
