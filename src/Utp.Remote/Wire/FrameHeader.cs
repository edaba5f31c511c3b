using System.Buffers.Binary;

namespace Utp.Remote;

/// <summary>
/// What stands before each PDU: its length in 30 bits and, in the highest, whether it is fenced; little-endian. Behind the header of a fenced one stands which lanes it waits for
/// (8 bits), and, for each lane of the association, how many frames had been written to it before (32 bits, modulo 2^32): the receiver holds the PDU until it has handed over so many of each that it waits for.
/// </summary>
/// <param name="PduBytes">Of the PDU alone.</param>
/// <param name="IsFenced">Whether counts follow.</param>
internal readonly record struct FrameHeader(int PduBytes, bool IsFenced)
{
    /// <summary>Bytes on the wire, without the counts.</summary>
    public const int Length = 4;

    /// <summary>Bytes of a fence of so many lanes.</summary>
    public static int FenceLength(int lanes) => 1 + (4 * lanes);

    /// <summary>The largest length that can be written.</summary>
    public const int MaxPduBytes = (1 << 30) - 1;

    private const uint FencedBit = 1u << 31;

    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)PduBytes | (IsFenced ? FencedBit : 0));

    /// <summary>Writes what stands behind the header of a fenced PDU.</summary>
    public static void WriteFence(Fence fence, Span<byte> destination)
    {
        destination[0] = fence.Mask;
        for (var lane = 0; lane < fence.Counts.Length; lane++)
            BinaryPrimitives.WriteUInt32LittleEndian(destination[(1 + (4 * lane))..], fence.Counts[lane]);
    }

    /// <summary>Reads what <see cref="WriteFence"/> wrote.</summary>
    public static Fence ReadFence(int lanes, ReadOnlySpan<byte> source)
    {
        var counts = new uint[lanes];
        for (var lane = 0; lane < lanes; lane++)
            counts[lane] = BinaryPrimitives.ReadUInt32LittleEndian(source[(1 + (4 * lane))..]);
        return new Fence(source[0], counts);
    }

    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(source);
        return new FrameHeader((int)(value & MaxPduBytes), (value & FencedBit) != 0);
    }
}
