using System.Buffers.Binary;
using System.Text;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// The blocks of a pcapng file (draft-ietf-opsawg-pcapng), in the byte order of x86: one section, one interface of raw IP packets, and a block for each datagram, in front of
/// which IP and UDP headers are put that its socket did not show us. A UDP checksum of 0 says that there is none.
/// </summary>
internal static class PcapngBlocks
{
    private const uint SectionHeader = 0x0A0D_0D0A;
    private const uint ByteOrder = 0x1A2B_3C4D;
    private const uint InterfaceDescription = 1;
    private const uint EnhancedPacket = 6;
    private const uint InterfaceStatistics = 5;

    // LINKTYPE_RAW: the packet begins with an IP header, whose version tells which.
    private const ushort RawIp = 101;
    private const ushort Comment = 1;
    private const ushort Flags = 2;
    private const ushort IfDrop = 5;
    private const int UdpHeader = 8;
    private const int IPv4Header = 20;
    private const int IPv6Header = 40;

    // Block type, two lengths, interface, time stamp, two packet lengths.
    private const int PacketOverhead = 32;

    /// <summary>The options of every packet of a direction: the connection's name, and which way it went.</summary>
    public static byte[] PacketOptions(string name, bool isInbound)
    {
        var text = Encoding.UTF8.GetBytes(name);
        var options = new byte[4 + Padded(text.Length) + 8 + 4];
        Option(options, Comment, text);
        var flags = options.AsSpan(4 + Padded(text.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(flags, Flags);
        BinaryPrimitives.WriteUInt16LittleEndian(flags[2..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(flags[4..], isInbound ? 1u : 2u);
        return options;
    }

    /// <summary>What every file begins with.</summary>
    public static byte[] Header(string application, string name, int snapBytes)
    {
        var app = Encoding.UTF8.GetBytes(application);
        var ifName = Encoding.UTF8.GetBytes(name);
        var section = 24 + 4 + Padded(app.Length) + 4 + 4;
        var device = 16 + 4 + Padded(ifName.Length) + 4 + 4;
        var header = new byte[section + device];
        var span = header.AsSpan(0, section);
        Frame(span, SectionHeader);
        BinaryPrimitives.WriteUInt32LittleEndian(span[8..], ByteOrder);
        BinaryPrimitives.WriteUInt16LittleEndian(span[12..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], -1);

        // shb_userappl
        Option(span[24..], 4, app);
        span = header.AsSpan(section);
        Frame(span, InterfaceDescription);
        BinaryPrimitives.WriteUInt16LittleEndian(span[8..], RawIp);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], snapBytes);

        // if_name
        Option(span[16..], 2, ifName);
        return header;
    }

    /// <summary>How many packets of the record are missing.</summary>
    public static byte[] Statistics(long micros, long dropped)
    {
        var block = new byte[24 + 12 + 4];
        Frame(block, InterfaceStatistics);
        Time(block.AsSpan(12), micros);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(20), IfDrop);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(22), 8);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(24), dropped);
        return block;
    }

    /// <summary>Bytes of IP and UDP header.</summary>
    public static int HeaderBytes(bool isIPv4) => (isIPv4 ? IPv4Header : IPv6Header) + UdpHeader;

    /// <summary>Bytes of a packet's block.</summary>
    public static int PacketBytes(int kept, bool isIPv4, byte[] options) => PacketOverhead + Padded(HeaderBytes(isIPv4) + kept) + options.Length;

    /// <summary>Writes a packet's block.</summary>
    /// <param name="block">Of <see cref="PacketBytes"/> bytes.</param>
    /// <param name="micros">When, µs since 1970.</param>
    /// <param name="from">Its sender.</param>
    /// <param name="to">Its receiver.</param>
    /// <param name="payload">The beginning of the datagram that is kept.</param>
    /// <param name="bytes">Bytes of the whole datagram.</param>
    /// <param name="options">Of its direction.</param>
    public static void WritePacket(Span<byte> block, long micros, in UdpEndPoint from, in UdpEndPoint to, ReadOnlySpan<byte> payload, int bytes, byte[] options)
    {
        var headers = HeaderBytes(from.IsIPv4);
        Frame(block, EnhancedPacket);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], 0);
        Time(block[12..], micros);
        BinaryPrimitives.WriteInt32LittleEndian(block[20..], headers + payload.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[24..], headers + bytes);
        var packet = block[28..];
        if (from.IsIPv4)
            WriteIPv4(packet, from, to, bytes);
        else
            WriteIPv6(packet, from, to, bytes);
        var udp = packet[(headers - UdpHeader)..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(UdpHeader + bytes));
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], 0);
        payload.CopyTo(packet[headers..]);
        var end = headers + payload.Length;
        packet[end..Padded(end)].Clear();
        options.CopyTo(packet[Padded(end)..]);
    }

    private static void WriteIPv4(Span<byte> packet, in UdpEndPoint from, in UdpEndPoint to, int bytes)
    {
        packet[..IPv4Header].Clear();
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(IPv4Header + UdpHeader + bytes));

        // Don't fragment, 64 hops, UDP.
        packet[6] = 0x40;
        packet[8] = 64;
        packet[9] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], (uint)from.Address);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], (uint)to.Address);
        uint sum = 0;
        for (var i = 0; i < IPv4Header; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], (ushort)~sum);
    }

    private static void WriteIPv6(Span<byte> packet, in UdpEndPoint from, in UdpEndPoint to, int bytes)
    {
        packet[..8].Clear();
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(UdpHeader + bytes));
        packet[6] = 17;
        packet[7] = 64;
        BinaryPrimitives.WriteUInt128BigEndian(packet[8..], from.Address);
        BinaryPrimitives.WriteUInt128BigEndian(packet[24..], to.Address);
    }

    private static void Frame(Span<byte> block, uint type)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], block.Length);
    }

    private static void Option(Span<byte> to, ushort code, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, code);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], (ushort)value.Length);
        value.CopyTo(to[4..]);
    }

    private static void Time(Span<byte> to, long micros)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)(micros >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)micros);
    }

    private static int Padded(int bytes) => (bytes + 3) & ~3;
}
