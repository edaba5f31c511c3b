using System.Net;

namespace Utp.BitTorrent;

/// <summary>Peers in six bytes each, or eighteen (BEP 23, BEP 7): the address, then the port, big-endian.</summary>
internal static class CompactPeers
{
    /// <summary>Reads them; what is too short at the end, and who has no port, is left out.</summary>
    public static IEnumerable<IPEndPoint> Read(ReadOnlyMemory<byte> bytes, int addressBytes) => ReadAll(bytes, addressBytes).Where(static endPoint => endPoint.Port != 0);

    /// <summary>As <see cref="Read"/>, with those that have no port, where a list beside it must stay in step.</summary>
    public static IEnumerable<IPEndPoint> ReadAll(ReadOnlyMemory<byte> bytes, int addressBytes)
    {
        for (var at = 0; at + addressBytes + 2 <= bytes.Length; at += addressBytes + 2)
        {
            var port = (bytes.Span[at + addressBytes] << 8) | bytes.Span[at + addressBytes + 1];
            yield return new IPEndPoint(new IPAddress(bytes.Span.Slice(at, addressBytes)), port);
        }
    }

    /// <summary>Writes peers of one family.</summary>
    public static byte[] Write(IEnumerable<IPEndPoint> endPoints)
    {
        var bytes = new List<byte>();
        foreach (var endPoint in endPoints)
        {
            bytes.AddRange(endPoint.Address.GetAddressBytes());
            bytes.Add((byte)(endPoint.Port >> 8));
            bytes.Add((byte)endPoint.Port);
        }

        return [.. bytes];
    }
}
