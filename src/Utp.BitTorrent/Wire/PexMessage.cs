using System.Net;
using System.Net.Sockets;

namespace Utp.BitTorrent;

/// <summary>What is said of a peer beside its address (BEP 11, "added.f").</summary>
[Flags]
internal enum PexFlags : byte
{
    None = 0,
    PrefersEncryption = 0x01,

    /// <summary>It has everything, or downloads nothing (BEP 21).</summary>
    UploadOnly = 0x02,
    Utp = 0x04,

    /// <summary>It knows ut_holepunch (BEP 55).</summary>
    Holepunch = 0x08,

    /// <summary>Whoever says so has connected to it: it can be reached.</summary>
    Reachable = 0x10,
}

/// <summary>A peer that another peer names.</summary>
internal readonly record struct PexPeer(IPEndPoint EndPoint, PexFlags Flags);

/// <summary>Which peers were connected to and lost since the last message (BEP 11): addresses of six bytes, or eighteen, with a byte of flags each.</summary>
internal sealed record PexMessage(IReadOnlyList<PexPeer> Added, IReadOnlyList<IPEndPoint> Dropped)
{
    /// <summary>Of each list; what a peer says beyond it is passed over.</summary>
    public const int MaxRead = 200;

    public static bool TryRead(ReadOnlyMemory<byte> payload, out PexMessage message)
    {
        message = new PexMessage([], []);
        if (!BencodeReader.TryReadPrefix(payload, anyOrder: true, out var value, out _, out _) || value is not BencodeDictionary root)
            return false;
        var added = new List<PexPeer>();
        foreach (var (key, addressBytes) in new[] { ("added", 4), ("added6", 16) })
        {
            // In step with the addresses, also with those of port 0, which are passed over.
            var flags = root.Bytes(key + ".f") ?? default;
            var at = 0;
            foreach (var endPoint in CompactPeers.ReadAll(root.Bytes(key) ?? default, addressBytes))
            {
                if (endPoint.Port != 0 && added.Count < MaxRead)
                    added.Add(new PexPeer(endPoint, at < flags.Length ? (PexFlags)flags.Span[at] : PexFlags.None));
                at++;
            }
        }

        var dropped = CompactPeers.Read(root.Bytes("dropped") ?? default, 4).Concat(CompactPeers.Read(root.Bytes("dropped6") ?? default, 16)).Take(MaxRead);
        message = new PexMessage(added, [.. dropped]);
        return true;
    }

    public byte[] Write() => BencodeWriter.Write(BencodeWriter.Dictionary(
        ("added", Peers(Added.Select(static peer => peer.EndPoint), AddressFamily.InterNetwork)),
        ("added.f", Flags(AddressFamily.InterNetwork)),
        ("added6", Peers(Added.Select(static peer => peer.EndPoint), AddressFamily.InterNetworkV6)),
        ("added6.f", Flags(AddressFamily.InterNetworkV6)),
        ("dropped", Peers(Dropped, AddressFamily.InterNetwork)),
        ("dropped6", Peers(Dropped, AddressFamily.InterNetworkV6))));

    private static BencodeString Peers(IEnumerable<IPEndPoint> peers, AddressFamily family) => new(CompactPeers.Write(peers.Where(peer => peer.AddressFamily == family)));

    private BencodeString Flags(AddressFamily family) => new(Added.Where(peer => peer.EndPoint.AddressFamily == family).Select(static peer => (byte)peer.Flags).ToArray());
}
