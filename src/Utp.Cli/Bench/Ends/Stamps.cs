using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Utp.Cli;

/// <summary>
/// The payload of bulk: at each whole kilobyte of the stream stands its offset (64 bits, little endian), so that every full packet shows whether its
/// bytes are the right ones in the right place, for next to no work. What is between is never written.
/// </summary>
internal static class Stamps
{
    public const int Distance = 1_024;

    /// <summary>Stamps a chunk that stands at <paramref name="offset"/>.</summary>
    public static void Write(Span<byte> chunk, long offset)
    {
        for (var at = (int)(-offset & (Distance - 1)); at < chunk.Length; at += Distance)
        {
            for (var i = at; i < Math.Min(at + sizeof(long), chunk.Length); i++)
                chunk[i] = ByteAt(offset + at, i - at);
        }

        // A stamp that the chunk before has begun.
        for (var i = 0; i < chunk.Length && IsInside(offset + i, out var stamp, out var index) && index > 0; i++)
            chunk[i] = ByteAt(stamp, index);
    }

    /// <summary>Whether a piece that stands at <paramref name="offset"/> has its stamps.</summary>
    public static bool Check(ReadOnlySpan<byte> piece, long offset)
    {
        for (var i = 0; i < piece.Length && IsInside(offset + i, out var stamp, out var index) && index > 0; i++)
        {
            if (piece[i] != ByteAt(stamp, index))
                return false;
        }

        var at = (int)(-offset & (Distance - 1));
        for (; at <= piece.Length - sizeof(long); at += Distance)
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(piece[at..]) != offset + at)
                return false;
        }

        for (var i = at; i < piece.Length; i++)
        {
            if (piece[i] != ByteAt(offset + at, i - at))
                return false;
        }

        return true;
    }

    private static bool IsInside(long position, out long stamp, out int index)
    {
        index = (int)(position & (Distance - 1));
        stamp = position - index;
        return index < sizeof(long);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ByteAt(long stamp, int index) => (byte)(stamp >> (8 * index));
}
