using System.Numerics;
using System.Security.Cryptography;

namespace Utp.BitTorrent;

/// <summary>The binary tree of SHA-256 hashes over blocks of 16 KiB (BEP 52, "merkle tree").</summary>
internal static class MerkleTree
{
    public const int LeafBytes = 16 << 10;

    /// <summary>A tree's width for so many bytes: their blocks, up to a power of two.</summary>
    public static int LeavesFor(long bytes) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (bytes + LeafBytes - 1) / LeafBytes));

    /// <summary>The root over these bytes; leaves beyond them are 32 zeros, not the hash of anything.</summary>
    public static void Root(ReadOnlySpan<byte> bytes, int leaves, Span<byte> root)
    {
        var layer = new byte[leaves * SHA256.HashSizeInBytes];
        for (var leaf = 0; leaf * LeafBytes < bytes.Length; leaf++)
            SHA256.HashData(bytes.Slice(leaf * LeafBytes, Math.Min(LeafBytes, bytes.Length - (leaf * LeafBytes))), layer.AsSpan(leaf * SHA256.HashSizeInBytes));
        Reduce(layer, leaves);
        layer.AsSpan(0, SHA256.HashSizeInBytes).CopyTo(root);
    }

    /// <summary>The root over a layer of hashes of pieces; beyond them stand roots of pieces without a byte.</summary>
    public static byte[] RootOfLayer(ReadOnlySpan<byte> hashes, int leavesOfEach)
    {
        var pad = new byte[leavesOfEach * SHA256.HashSizeInBytes];
        Reduce(pad, leavesOfEach);
        var width = (int)BitOperations.RoundUpToPowerOf2((uint)(hashes.Length / SHA256.HashSizeInBytes));
        var layer = new byte[width * SHA256.HashSizeInBytes];
        hashes.CopyTo(layer);
        for (var at = hashes.Length; at < layer.Length; at += SHA256.HashSizeInBytes)
            pad.AsSpan(0, SHA256.HashSizeInBytes).CopyTo(layer.AsSpan(at));
        Reduce(layer, width);
        return layer[..SHA256.HashSizeInBytes];
    }

    private static void Reduce(Span<byte> layer, int width)
    {
        for (; width > 1; width /= 2)
        {
            for (var pair = 0; pair < width / 2; pair++)
                SHA256.HashData(layer.Slice(pair * 2 * SHA256.HashSizeInBytes, 2 * SHA256.HashSizeInBytes), layer.Slice(pair * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes));
        }
    }
}
