using System.Buffers;

namespace Utp.Protocol;

/// <summary>What became of a piece.</summary>
internal enum PieceResult
{
    /// <summary>Kept; more are missing.</summary>
    Kept,

    /// <summary>Its packet is whole now.</summary>
    Completes,

    /// <summary>It contradicts what is known of its packet, or there is no memory for it.</summary>
    Refused,
}

/// <summary>
/// Puts packets together whose pieces arrive one by one (extension 5, note 0013), in any order, cut at different sizes, more than once. A
/// packet's memory is taken with its first piece and is its own size, whatever that piece says; the caller holds it against the
/// receive window. Owned by the connection; <see cref="Clear"/> returns everything.
/// </summary>
internal sealed class PieceAssembler(MemoryBudget? budget)
{
    // Of 65,487 bytes in the smallest pieces with the longest metadata every other one may be missing: 124. More is no honest peer.
    private const int MaxRanges = 256;

    // What a packet costs beside its bytes: its ranges as they grow, metadata, objects.
    private const int OverheadBytes = 3_072;

    private readonly Dictionary<SeqNr, PartialPacket> _packets = [];

    /// <summary>Bytes of the packets that are not whole.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether a piece of this packet is held.</summary>
    public bool Contains(SeqNr seqNr) => _packets.ContainsKey(seqNr);

    /// <summary>Takes a piece.</summary>
    /// <param name="seqNr">Its packet.</param>
    /// <param name="place">Where it belongs; must have been found <see cref="PacketPiece.IsValid"/>.</param>
    /// <param name="payload">Copied.</param>
    /// <param name="extension2">Of the first piece; copied.</param>
    /// <param name="hasExtension2">Whether the piece has extension 2 at all.</param>
    /// <param name="isNext">Its packet is the next one in order: that one must get through when others have used up the shared memory.</param>
    public PieceResult Add(
        SeqNr seqNr, PacketPiece place, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2, bool isNext)
    {
        if (!_packets.TryGetValue(seqNr, out var packet))
        {
            packet = new PartialPacket(place.PacketBytes);
            if (budget is not null && !(isNext ? budget.TryTakeNext(Cost(packet)) : budget.TryTake(Cost(packet))))
            {
                ArrayPool<byte>.Shared.Return(packet.Buffer);
                return PieceResult.Refused;
            }

            _packets.Add(seqNr, packet);
            Bytes += place.PacketBytes;
        }

        if (packet.PayloadLength != place.PacketBytes || !packet.TryMark(place.Offset, place.Offset + payload.Length, MaxRanges))
            return PieceResult.Refused;
        payload.CopyTo(packet.Buffer.AsSpan(place.Offset));
        if (place.Offset == 0)
            packet.Extension2 = hasExtension2 ? extension2.ToArray() : null;
        return packet.IsWhole ? PieceResult.Completes : PieceResult.Kept;
    }

    /// <summary>Takes out what is held of a packet, if anything. The caller gives it back with <see cref="Return"/>.</summary>
    public bool TryTake(SeqNr seqNr, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PartialPacket? packet)
    {
        if (!_packets.Remove(seqNr, out packet))
            return false;
        Bytes -= packet.PayloadLength;
        return true;
    }

    /// <summary>Gives back the memory of a packet that was taken out.</summary>
    public void Return(PartialPacket packet)
    {
        budget?.Return(Cost(packet));
        ArrayPool<byte>.Shared.Return(packet.Buffer);
    }

    /// <summary>Gives everything back.</summary>
    public void Clear()
    {
        foreach (var packet in _packets.Values)
            Return(packet);
        _packets.Clear();
        Bytes = 0;
    }

    private static int Cost(PartialPacket packet) => packet.Buffer.Length + OverheadBytes;

    /// <summary>A packet of which some pieces have arrived.</summary>
    internal sealed class PartialPacket(int payloadLength)
    {
        // What has arrived: in order, apart from each other.
        private readonly List<(int Start, int End)> _ranges = [];

        /// <summary>Rented; the payload is its beginning.</summary>
        public byte[] Buffer { get; } = ArrayPool<byte>.Shared.Rent(payloadLength);

        public int PayloadLength { get; } = payloadLength;

        /// <summary>Metadata or frame header; null for none.</summary>
        public byte[]? Extension2 { get; set; }

        public ReadOnlySpan<byte> Payload => Buffer.AsSpan(0, PayloadLength);

        public bool IsWhole => _ranges is [(0, var end)] && end == PayloadLength;

        /// <summary>Notes that these bytes have arrived; false when that makes too many ranges.</summary>
        public bool TryMark(int start, int end, int maxRanges)
        {
            var first = 0;
            while (first < _ranges.Count && _ranges[first].End < start)
                first++;
            var next = first;
            for (; next < _ranges.Count && _ranges[next].Start <= end; next++)
                (start, end) = (Math.Min(start, _ranges[next].Start), Math.Max(end, _ranges[next].End));
            if (next == first && _ranges.Count == maxRanges)
                return false;
            _ranges.RemoveRange(first, next - first);
            _ranges.Insert(first, (start, end));
            return true;
        }
    }
}
