using System.Buffers.Binary;
using System.Numerics;

namespace Utp.Protocol;

/// <summary>SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed hash for short messages: who does not have the key cannot tell its values from random ones.</summary>
internal readonly struct SipHash
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 16;

    private readonly ulong _k0;
    private readonly ulong _k1;

    public SipHash(ReadOnlySpan<byte> key)
    {
        _k0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _k1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <summary>The hash of a message of whole words, as if it were written in little-endian order.</summary>
    public ulong Compute(ReadOnlySpan<ulong> words)
    {
        var v0 = _k0 ^ 0x736F_6D65_7073_6575;
        var v1 = _k1 ^ 0x646F_7261_6E64_6F6D;
        var v2 = _k0 ^ 0x6C79_6765_6E65_7261;
        var v3 = _k1 ^ 0x7465_6462_7974_6573;
        foreach (var word in words)
            Absorb(word, ref v0, ref v1, ref v2, ref v3);
        Absorb((ulong)words.Length << 59, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xFF;
        for (var i = 0; i < 4; i++)
            Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Absorb(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
