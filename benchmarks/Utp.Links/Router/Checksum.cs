using System.Buffers.Binary;

namespace Utp.Links.Router;

/// <summary>The Internet checksum (RFC 1071), and its change when a word changes (RFC 1624, equation 3).</summary>
internal static class Checksum
{
    public static ushort Of(ReadOnlySpan<byte> bytes, uint start = 0)
    {
        var sum = (ulong)start;
        for (; bytes.Length >= 2; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes.Length == 1)
            sum += (uint)bytes[0] << 8;
        return (ushort)~Fold(sum);
    }

    /// <summary>Writes <paramref name="value"/> over a word that the checksum covers, and corrects the checksum.</summary>
    public static void Replace(Span<byte> word, ushort value, Span<byte> checksum)
    {
        var sum = (ulong)(ushort)~BinaryPrimitives.ReadUInt16BigEndian(checksum) + (ushort)~BinaryPrimitives.ReadUInt16BigEndian(word) + value;
        BinaryPrimitives.WriteUInt16BigEndian(checksum, (ushort)~Fold(sum));
        BinaryPrimitives.WriteUInt16BigEndian(word, value);
    }

    private static ushort Fold(ulong sum)
    {
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)sum;
    }
}
