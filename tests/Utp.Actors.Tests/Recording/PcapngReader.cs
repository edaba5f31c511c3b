using System.Buffers.Binary;
using System.Text;

namespace Utp.Actors.Tests.Recording;

/// <summary>A packet of a pcapng file.</summary>
/// <param name="Micros">µs since 1970.</param>
/// <param name="Bytes">The IP packet, as far as it was kept.</param>
/// <param name="Kept">Bytes of UDP payload that were kept.</param>
/// <param name="PayloadBytes">Bytes of UDP payload that there were.</param>
/// <param name="Comment">Of the packet.</param>
/// <param name="IsInbound">Which way it went.</param>
internal sealed record PcapngPacket(long Micros, byte[] Bytes, int Kept, int PayloadBytes, string? Comment, bool IsInbound);

/// <summary>Reads what a record wrote, by the format's document and not by the writer.</summary>
internal static class PcapngReader
{
    public static IReadOnlyList<PcapngPacket> Read(string file)
    {
        var bytes = File.ReadAllBytes(file).AsSpan();
        var packets = new List<PcapngPacket>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[(at + 4)..]);
            Assert.Equal(0, length % 4);
            var block = bytes.Slice(at, length);
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(block[^4..]));
            if (BinaryPrimitives.ReadUInt32LittleEndian(block) == 6)
                packets.Add(Packet(block));
            at += length;
        }

        return packets;
    }

    private static PcapngPacket Packet(ReadOnlySpan<byte> block)
    {
        var kept = BinaryPrimitives.ReadInt32LittleEndian(block[20..]);
        var original = BinaryPrimitives.ReadInt32LittleEndian(block[24..]);
        var headers = block[28] >> 4 == 4 ? 28 : 48;
        string? comment = null;
        uint flags = 0;
        for (var options = block[(28 + ((kept + 3) & ~3))..^4]; options.Length >= 4;)
        {
            var (code, length) = (BinaryPrimitives.ReadUInt16LittleEndian(options), BinaryPrimitives.ReadUInt16LittleEndian(options[2..]));
            if (code == 1)
                comment = Encoding.UTF8.GetString(options.Slice(4, length));
            else if (code == 2)
                flags = BinaryPrimitives.ReadUInt32LittleEndian(options[4..]);
            options = options[(4 + ((length + 3) & ~3))..];
        }

        var micros = ((long)BinaryPrimitives.ReadUInt32LittleEndian(block[12..]) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(block[16..]);
        return new PcapngPacket(micros, block.Slice(28, kept).ToArray(), kept - headers, original - headers, comment, flags == 1);
    }
}
