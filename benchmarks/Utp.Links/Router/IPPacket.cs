using System.Buffers.Binary;

namespace Utp.Links.Router;

/// <summary>Whose packet it is: protocol number and ports; ports 0 where it has none (ICMP, all fragments but the first).</summary>
public readonly record struct FlowKey(byte Protocol, ushort SourcePort, ushort DestinationPort)
{
    public const byte Tcp = 6;
    public const byte Udp = 17;
}

/// <summary>Reads an IP packet in place (RFC 791, RFC 8200). The kernel wrote it, so its lengths are right; what is no unicast IP is refused.</summary>
internal static class IPPacket
{
    public const int IPv6HeaderBytes = 40;
    private const int ProtocolOffset4 = 9;
    private const int NextHeaderOffset6 = 6;
    private const int FlagsOffset4 = 6;
    private const int DestinationOffset4 = 16;
    private const int DestinationOffset6 = 24;
    private const int IPv6FragmentHeader = 44;
    private const int IPv6FragmentHeaderBytes = 8;

    public static bool IsIPv6(ReadOnlySpan<byte> packet) => packet[0] >> 4 == 6;

    /// <summary>Whether it is to travel: IP, and to one host. Neighbours are not looked for on such a device, and nobody is told of groups.</summary>
    public static bool IsRoutable(ReadOnlySpan<byte> packet) => packet.Length >= 20 && (packet[0] >> 4) switch
    {
        4 => packet[DestinationOffset4] < 224,
        6 => packet.Length >= IPv6HeaderBytes && packet[DestinationOffset6] != 0xff && !IsLinkLocal(packet),
        _ => false,
    };

    public static bool MayBeFragmented(ReadOnlySpan<byte> packet) => !IsIPv6(packet) && (packet[FlagsOffset4] & 0x40) == 0;

    public static bool IsFragment(ReadOnlySpan<byte> packet) => IsIPv6(packet)
        ? packet[NextHeaderOffset6] == IPv6FragmentHeader
        : (BinaryPrimitives.ReadUInt16BigEndian(packet[FlagsOffset4..]) & 0x3fff) != 0;

    /// <summary>Bytes before what the protocol of <see cref="Flow"/> wrote.</summary>
    public static int HeaderBytes(ReadOnlySpan<byte> packet) => !IsIPv6(packet) ? (packet[0] & 0xf) * 4
        : packet[NextHeaderOffset6] == IPv6FragmentHeader ? IPv6HeaderBytes + IPv6FragmentHeaderBytes : IPv6HeaderBytes;

    public static FlowKey Flow(ReadOnlySpan<byte> packet)
    {
        var protocol = !IsIPv6(packet) ? packet[ProtocolOffset4]
            : packet[NextHeaderOffset6] == IPv6FragmentHeader ? packet[IPv6HeaderBytes] : packet[NextHeaderOffset6];
        var ports = packet[HeaderBytes(packet)..];
        return protocol is FlowKey.Tcp or FlowKey.Udp && ports.Length >= 4 && !IsLaterFragment(packet)
            ? new FlowKey(protocol, BinaryPrimitives.ReadUInt16BigEndian(ports), BinaryPrimitives.ReadUInt16BigEndian(ports[2..]))
            : new FlowKey(protocol, 0, 0);
    }

    private static bool IsLaterFragment(ReadOnlySpan<byte> packet) => IsIPv6(packet)
        ? packet[NextHeaderOffset6] == IPv6FragmentHeader && (BinaryPrimitives.ReadUInt16BigEndian(packet[(IPv6HeaderBytes + 2)..]) & 0xfff8) != 0
        : (BinaryPrimitives.ReadUInt16BigEndian(packet[FlagsOffset4..]) & 0x1fff) != 0;

    private static bool IsLinkLocal(ReadOnlySpan<byte> packet) => packet[DestinationOffset6] == 0xfe && (packet[DestinationOffset6 + 1] & 0xc0) == 0x80;
}
