using System.Numerics;

namespace Utp.BitTorrent;

/// <summary>Which pieces somebody has (BEP 3, "bitfield"): the highest bit of the first byte is piece 0. No two threads at the same time.</summary>
internal sealed class Bitfield
{
    private readonly byte[] _bits;

    public Bitfield(int length)
    {
        Length = length;
        _bits = new byte[BytesFor(length)];
    }

    /// <summary>Pieces.</summary>
    public int Length { get; }

    /// <summary>How many of them are there.</summary>
    public int Count { get; private set; }

    public bool IsComplete => Count == Length;

    public ReadOnlySpan<byte> Bytes => _bits;

    public bool this[int piece] => (_bits[piece >> 3] & (0x80 >> (piece & 7))) != 0;

    public static int BytesFor(int length) => (length + 7) / 8;

    /// <summary>Reads a message's bitfield. A wrong length, or a bit beyond the last piece, is an error of the peer (BEP 3).</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, int length, out Bitfield field)
    {
        field = new Bitfield(length);
        if (bytes.Length != field._bits.Length || ((length & 7) != 0 && (bytes[^1] & (0xFF >> (length & 7))) != 0))
            return false;
        bytes.CopyTo(field._bits);
        foreach (var part in bytes)
            field.Count += BitOperations.PopCount(part);
        return true;
    }

    /// <summary>Whether it was not set before.</summary>
    public bool Set(int piece)
    {
        if (this[piece])
            return false;
        _bits[piece >> 3] |= (byte)(0x80 >> (piece & 7));
        Count++;
        return true;
    }

    /// <summary>Whether there is a piece here that the other, of the same length, lacks.</summary>
    public bool HasMoreThan(Bitfield other)
    {
        for (var at = 0; at < _bits.Length; at++)
        {
            if ((_bits[at] & ~other._bits[at]) != 0)
                return true;
        }

        return false;
    }

    public void SetAll()
    {
        for (var piece = 0; piece < Length; piece++)
            Set(piece);
    }
}
