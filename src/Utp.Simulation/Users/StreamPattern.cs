using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Utp.Simulation;

/// <summary>
/// The bytes of an endless stream that a key decides: any byte of it can be computed from its position, so a byte that is lost, doubled,
/// misplaced or of another stream is found where it stands, and nothing has to be kept to compare with.
/// </summary>
/// <param name="Key">Which stream.</param>
public readonly record struct StreamPattern(ulong Key)
{
    private const int WordBytes = 8;
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>Writes the stream's bytes from <paramref name="position"/> on.</summary>
    public void Fill(Span<byte> destination, long position)
    {
        var index = 0;
        for (; index < destination.Length && (position + index) % WordBytes != 0; index++)
            destination[index] = ByteAt(position + index);
        var words = MemoryMarshal.Cast<byte, ulong>(destination[index..]);
        var word = (ulong)(position + index) / WordBytes;
        for (var i = 0; i < words.Length; i++)
            words[i] = Little(Word(word++));
        for (index += words.Length * WordBytes; index < destination.Length; index++)
            destination[index] = ByteAt(position + index);
    }

    /// <summary>Where <paramref name="bytes"/> first differ from the stream's bytes from <paramref name="position"/> on; −1 when they do not.</summary>
    public int FindMismatch(ReadOnlySpan<byte> bytes, long position)
    {
        var index = 0;
        for (; index < bytes.Length && (position + index) % WordBytes != 0; index++)
        {
            if (bytes[index] != ByteAt(position + index))
                return index;
        }

        var words = MemoryMarshal.Cast<byte, ulong>(bytes[index..]);
        var word = (ulong)(position + index) / WordBytes;
        var same = 0;
        while (same < words.Length && words[same] == Little(Word(word)))
        {
            same++;
            word++;
        }

        for (index += same * WordBytes; index < bytes.Length; index++)
        {
            if (bytes[index] != ByteAt(position + index))
                return index;
        }

        return -1;
    }

    /// <summary>Where in the stream <paramref name="bytes"/> stand, within <paramref name="range"/> bytes of <paramref name="position"/>; −1 for nowhere. For messages about misplaced bytes.</summary>
    public long Locate(ReadOnlySpan<byte> bytes, long position, int range)
    {
        var probe = bytes[..Math.Min(bytes.Length, 2 * WordBytes)];
        for (var candidate = Math.Max(0, position - range); candidate <= position + range; candidate++)
        {
            if (FindMismatch(probe, candidate) < 0)
                return candidate;
        }

        return -1;
    }

    private byte ByteAt(long position) => (byte)(Word((ulong)position / WordBytes) >> (int)(position % WordBytes * 8));

    private ulong Word(ulong index)
    {
        var z = (Key ^ (Key >> 29)) + (index * Gamma);
        z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93;
        z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93;
        return z ^ (z >> 32);
    }

    private static ulong Little(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
}
