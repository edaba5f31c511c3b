using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Utp.Interop.Tests;

/// <summary>Bytes of a seed, the same here and in <c>node/peer.js</c>: Marsaglia's xorshift32, little-endian words.</summary>
internal static class TestData
{
    public const int OneMegabyte = 1 << 20;
    public const int TenMegabytes = 10 << 20;

    public static byte[] Of(uint seed, int bytes)
    {
        var words = new byte[(bytes + 3) & ~3];
        var state = seed;
        for (var i = 0; i < words.Length; i += 4)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            BinaryPrimitives.WriteUInt32LittleEndian(words.AsSpan(i), state);
        }

        return words[..bytes];
    }

    public static string Sha256(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));
}
