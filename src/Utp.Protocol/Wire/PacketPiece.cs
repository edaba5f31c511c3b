using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Extension 5, between our own peers: the payload of this ST_DATA is a part of the packet with its seq_nr, which was cut for a larger path
/// (note 0013). On the wire offset(2), length(2), big-endian.
/// </summary>
/// <param name="Offset">Where in the packet's payload it begins.</param>
/// <param name="PacketBytes">Bytes of the whole packet's payload; 0: no piece, or one that makes no sense.</param>
public readonly record struct PacketPiece(ushort Offset, ushort PacketBytes)
{
    /// <summary>Bytes of the extension's data.</summary>
    public const int Length = 4;

    /// <summary>Reads the extension's data; of another length it makes no sense.</summary>
    public static PacketPiece Parse(ReadOnlySpan<byte> data) => data.Length == Length
        ? new PacketPiece(BinaryPrimitives.ReadUInt16BigEndian(data), BinaryPrimitives.ReadUInt16BigEndian(data[2..]))
        : default;

    /// <summary>Writes the extension's data.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, Offset);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], PacketBytes);
    }

    /// <summary>Whether a piece of so many bytes lies within its packet.</summary>
    public bool IsValid(int pieceBytes) => pieceBytes > 0 && Offset + pieceBytes <= PacketBytes;
}
