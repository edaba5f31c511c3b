using System.Buffers.Binary;

namespace Utp.Protocol.Tests.Wire;

/// <summary>Datagrams as a peer would send them.</summary>
internal static class Packets
{
    public static PacketHeader Header(
        PacketType type, int id = 4_711, int seqNr = 100, int ackNr = 200, byte extension = 0, uint timestamp = 0, uint difference = 0, uint wndSize = 65_536) =>
        new(type, extension, new ConnectionId((ushort)id), new WireTimestamp(timestamp), difference, wndSize, new SeqNr((ushort)seqNr), new SeqNr((ushort)ackNr));

    public static byte[] Bytes(PacketHeader header, params ReadOnlySpan<byte> afterHeader)
    {
        var datagram = new byte[PacketHeader.Length + afterHeader.Length];
        header.Write(datagram);
        afterHeader.CopyTo(datagram.AsSpan(PacketHeader.Length));
        return datagram;
    }

    public static byte[] Bytes(PacketType type, int id = 4_711, int seqNr = 100, int ackNr = 200, uint timestamp = 0) =>
        Bytes(Header(type, id, seqNr, ackNr, timestamp: timestamp));

    public static ParsedPacket Parse(byte[] datagram) =>
        ParsedPacket.TryParse(datagram, out var packet) ? packet : throw new ArgumentException("malformed");

    /// <summary>32 "random" bytes that make the router probe from <paramref name="id"/> and <paramref name="fallback"/>, with <paramref name="stride"/>.</summary>
    public static byte[] Random(int id, int fallback, int stride = 1, int seqNr = 1_000, int fallbackSeqNr = 2_000)
    {
        var random = new byte[32];
        BinaryPrimitives.WriteUInt16BigEndian(random, (ushort)stride);
        BinaryPrimitives.WriteUInt16BigEndian(random.AsSpan(2), (ushort)id);
        BinaryPrimitives.WriteUInt16BigEndian(random.AsSpan(4), (ushort)fallback);
        BinaryPrimitives.WriteUInt16BigEndian(random.AsSpan(6), (ushort)seqNr);
        BinaryPrimitives.WriteUInt16BigEndian(random.AsSpan(8), (ushort)fallbackSeqNr);
        return random;
    }
}
