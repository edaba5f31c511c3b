using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>The 20 bytes that begin every uTP packet (BEP 29, "header format"), big-endian.</summary>
/// <param name="Type">The packet's type.</param>
/// <param name="Extension">The first extension's type, 0 for none.</param>
/// <param name="ConnectionId">The receiver's receive id; in a ST_SYN the sender's.</param>
/// <param name="Timestamp">The sender's clock when the packet left.</param>
/// <param name="TimestampDifference">µs: the last one-way delay that the sender measured; 0 or 0x7fffffff means none.</param>
/// <param name="WndSize">Bytes that the sender's receive window has left.</param>
/// <param name="SeqNr">This packet's number; in a ST_STATE the next one.</param>
/// <param name="AckNr">The last number that the sender received in order.</param>
public readonly record struct PacketHeader(
    PacketType Type,
    byte Extension,
    ConnectionId ConnectionId,
    WireTimestamp Timestamp,
    uint TimestampDifference,
    uint WndSize,
    SeqNr SeqNr,
    SeqNr AckNr)
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 20;

    /// <summary>The only version of the protocol.</summary>
    public const int Version = 1;

    /// <summary>Reads the header; false when it is too short, of another version or of an unknown type.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out PacketHeader header)
    {
        if (datagram.Length < Length || (datagram[0] & 0x0F) != Version || datagram[0] >> 4 > (int)PacketType.Syn)
        {
            header = default;
            return false;
        }

        header = new PacketHeader(
            (PacketType)(datagram[0] >> 4),
            datagram[1],
            new ConnectionId(BinaryPrimitives.ReadUInt16BigEndian(datagram[2..])),
            new WireTimestamp(BinaryPrimitives.ReadUInt32BigEndian(datagram[4..])),
            BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(datagram[12..]),
            new SeqNr(BinaryPrimitives.ReadUInt16BigEndian(datagram[16..])),
            new SeqNr(BinaryPrimitives.ReadUInt16BigEndian(datagram[18..])));
        return true;
    }

    /// <summary>Writes the header to the first 20 bytes of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter.</exception>
    public void Write(Span<byte> destination)
    {
        // One bounds check for all the fields below.
        destination = destination[..Length];
        destination[0] = (byte)(((int)Type << 4) | Version);
        destination[1] = Extension;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], ConnectionId.Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Timestamp.Micros);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], TimestampDifference);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], WndSize);
        BinaryPrimitives.WriteUInt16BigEndian(destination[16..], SeqNr.Value);
        BinaryPrimitives.WriteUInt16BigEndian(destination[18..], AckNr.Value);
    }
}
