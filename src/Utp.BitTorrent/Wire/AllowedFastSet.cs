using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Utp.BitTorrent;

/// <summary>
/// The pieces that a peer may have while it is choked, so that it has something to give (BEP 6, "allowed fast set generation"): they follow from its address, so that nobody gets
/// more by connecting again.
/// </summary>
internal static class AllowedFastSet
{
    public const int Size = 10;

    /// <summary>The set; empty for an address of IPv6, for which BEP 6 says nothing.</summary>
    public static List<int> Of(IPAddress address, InfoHash infoHash, int pieces, int size = Size)
    {
        var set = new List<int>();
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetwork)
            return set;
        Span<byte> x = stackalloc byte[4 + InfoHash.Length];
        address.TryWriteBytes(x, out _);
        // Neighbours of one network have the same set.
        x[3] = 0;
        infoHash.Span.CopyTo(x[4..]);
        size = Math.Min(size, pieces);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(x, hash);
        while (set.Count < size)
        {
            for (var at = 0; at < SHA1.HashSizeInBytes && set.Count < size; at += 4)
            {
                var piece = (int)(BinaryPrimitives.ReadUInt32BigEndian(hash[at..]) % (uint)pieces);
                if (!set.Contains(piece))
                    set.Add(piece);
            }

            SHA1.HashData(hash, hash);
        }

        return set;
    }
}
