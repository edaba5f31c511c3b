using System.Buffers.Binary;

namespace Utp.Links.Router;

/// <summary>
/// What a router says about a packet that is too large: ICMP "fragmentation needed" (RFC 792, RFC 1191 §4), ICMPv6 "packet too big" (RFC 4443 §3.2). It comes from the address that the
/// packet was sent to, whose network the router stands before, and quotes as much as RFC 1812 §4.3.2.3 and RFC 4443 allow.
/// </summary>
internal static class IcmpReport
{
    private const int MaxBytes4 = 576;
    private const int MaxBytes6 = 1_280;
    private const int IcmpHeaderBytes = 8;
    private const int IPv4HeaderBytes = 20;
    private const byte Icmp = 1;
    private const byte Icmp6 = 58;
    private const byte HopLimit = 64;

    /// <summary>Writes the report, and gives its length.</summary>
    /// <param name="packet">The one that is too large.</param>
    /// <param name="mtuBytes">Of the next hop.</param>
    /// <param name="report">Where it goes; 1,280 bytes are enough.</param>
    public static int Write(ReadOnlySpan<byte> packet, int mtuBytes, Span<byte> report) =>
        IPPacket.IsIPv6(packet) ? Write6(packet, mtuBytes, report) : Write4(packet, mtuBytes, report);

    private static int Write4(ReadOnlySpan<byte> packet, int mtuBytes, Span<byte> report)
    {
        var quoted = Math.Min(packet.Length, MaxBytes4 - IPv4HeaderBytes - IcmpHeaderBytes);
        var length = IPv4HeaderBytes + IcmpHeaderBytes + quoted;
        report[..(IPv4HeaderBytes + IcmpHeaderBytes)].Clear();
        report[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(report[2..], (ushort)length);
        report[8] = HopLimit;
        report[9] = Icmp;
        packet.Slice(16, 4).CopyTo(report[12..]);
        packet.Slice(12, 4).CopyTo(report[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(report[10..], Checksum.Of(report[..IPv4HeaderBytes]));
        var icmp = report[IPv4HeaderBytes..length];
        (icmp[0], icmp[1]) = (3, 4);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[6..], (ushort)mtuBytes);
        packet[..quoted].CopyTo(icmp[IcmpHeaderBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum.Of(icmp));
        return length;
    }

    private static int Write6(ReadOnlySpan<byte> packet, int mtuBytes, Span<byte> report)
    {
        var quoted = Math.Min(packet.Length, MaxBytes6 - IPPacket.IPv6HeaderBytes - IcmpHeaderBytes);
        var length = IPPacket.IPv6HeaderBytes + IcmpHeaderBytes + quoted;
        report[..(IPPacket.IPv6HeaderBytes + IcmpHeaderBytes)].Clear();
        report[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(report[4..], (ushort)(IcmpHeaderBytes + quoted));
        report[6] = Icmp6;
        report[7] = HopLimit;
        packet.Slice(24, 16).CopyTo(report[8..]);
        packet.Slice(8, 16).CopyTo(report[24..]);
        var icmp = report[IPPacket.IPv6HeaderBytes..length];
        icmp[0] = 2;
        BinaryPrimitives.WriteUInt32BigEndian(icmp[4..], (uint)mtuBytes);
        packet[..quoted].CopyTo(icmp[IcmpHeaderBytes..]);
        // The pseudo-header: both addresses, length, next header. The addresses' words are summed as any others.
        var addresses = (uint)(ushort)~Checksum.Of(report[8..IPPacket.IPv6HeaderBytes]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum.Of(icmp, addresses + (uint)icmp.Length + Icmp6));
        return length;
    }
}
