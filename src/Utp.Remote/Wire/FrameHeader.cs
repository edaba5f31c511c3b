using System.Buffers.Binary;

namespace Utp.Remote;

/// <summary>
/// What stands before each PDU: its length in 30 bits and, in the highest, whether it is fenced; little-endian. Behind the header of a fenced one stands, for each lane of the association,
/// how many frames had been written to it before (32 bits, modulo 2^32): the receiver holds the PDU until it has handed over so many of each.
/// </summary>
/// <param name="PduBytes">Of the PDU alone.</param>
/// <param name="IsFenced">Whether counts follow.</param>
internal readonly record struct FrameHeader(int PduBytes, bool IsFenced)
{
    /// <summary>Bytes on the wire, without the counts.</summary>
    public const int Length = 4;

    /// <summary>Bytes of one lane's count.</summary>
    public const int CountLength = 4;

    /// <summary>The largest length that can be written.</summary>
    public const int MaxPduBytes = (1 << 30) - 1;

    private const uint FencedBit = 1u << 31;

    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)PduBytes | (IsFenced ? FencedBit : 0));

    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(source);
        return new FrameHeader((int)(value & MaxPduBytes), (value & FencedBit) != 0);
    }
}
