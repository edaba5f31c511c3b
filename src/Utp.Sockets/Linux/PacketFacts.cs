using System.Buffers.Binary;

namespace Utp.Sockets.Linux;

/// <summary>What the control messages of one received message say: the address it was sent to, its ECN bits, and the error if it is one.</summary>
/// <param name="LocalAddress">Our address, without port; <c>default</c> if it is not told or cannot be answered from (multicast).</param>
/// <param name="Ecn">The two ECN bits (RFC 3168 §5).</param>
/// <param name="Error">The error that the kernel queued; its number is 0 for an ordinary datagram.</param>
/// <param name="SegmentSize">Bytes of one of the datagrams that the kernel merged into this one (udp(7), UDP_GRO); 0: it merged none.</param>
internal readonly record struct PacketFacts(UdpEndPoint LocalAddress, byte Ecn, ExtendedError Error, int SegmentSize)
{
    private const byte EcnMask = 3;

    /// <summary>Reads the control messages of <paramref name="message"/>.</summary>
    public static unsafe PacketFacts Read(MessageHeader* message, bool fromErrorQueue)
    {
        var local = default(UdpEndPoint);
        byte ecn = 0;
        var error = default(ExtendedError);
        var segmentSize = 0;
        ControlHeader* header = null;
        while (ControlMessages.TryNext(message, ref header))
        {
            switch (header->Level, header->Type)
            {
                case (SocketOption.SOL_IP, SocketOption.IP_PKTINFO) when ControlMessages.TryRead<PacketInfo4>(header, out var info):
                    local = ToLocalAddress(info, fromErrorQueue);
                    break;
                case (SocketOption.SOL_IPV6, SocketOption.IPV6_PKTINFO) when ControlMessages.TryRead<PacketInfo6>(header, out var info):
                    local = ToLocalAddress(info);
                    break;
                case (SocketOption.SOL_IP, SocketOption.IP_TOS) when ControlMessages.TryRead<byte>(header, out var tos):
                    ecn = (byte)(tos & EcnMask);
                    break;
                case (SocketOption.SOL_IPV6, SocketOption.IPV6_TCLASS) when ControlMessages.TryRead<int>(header, out var trafficClass):
                    ecn = (byte)(trafficClass & EcnMask);
                    break;
                case (SocketOption.SOL_UDP, SocketOption.UDP_GRO) when ControlMessages.TryRead<int>(header, out var size):
                    segmentSize = size;
                    break;
                case (SocketOption.SOL_IP, SocketOption.IP_RECVERR) or (SocketOption.SOL_IPV6, SocketOption.IPV6_RECVERR)
                    when ControlMessages.TryRead<ExtendedError>(header, out var extended):
                    error = extended;
                    break;
            }
        }

        return new(local, ecn, error, segmentSize);
    }

    /// <summary>The control data that makes a datagram leave from the IPv4 address <paramref name="local"/>.</summary>
    public static PacketInfo4 ToPacketInfo4(in UdpEndPoint local) => new()
    {
        SpecificDestination = BinaryPrimitives.ReverseEndianness((uint)local.Address),
    };

    /// <summary>The control data that makes a datagram leave from <paramref name="local"/> on an IPv6 socket; IPv4 stays mapped.</summary>
    public static unsafe PacketInfo6 ToPacketInfo6(in UdpEndPoint local)
    {
        var info = new PacketInfo6 { InterfaceIndex = local.ScopeId };
        BinaryPrimitives.WriteUInt128BigEndian(new Span<byte>(info.Address, 16), local.Address);
        return info;
    }

    private static UdpEndPoint ToLocalAddress(PacketInfo4 info, bool fromErrorQueue)
    {
        // ip(7): for a datagram the specific destination is the address to answer from, also after a
        // broadcast; the error queue does not fill it in.
        var address = fromErrorQueue ? info.HeaderDestination : info.SpecificDestination;
        return new(MappedPrefix | BinaryPrimitives.ReverseEndianness(address), 0);
    }

    private static unsafe UdpEndPoint ToLocalAddress(PacketInfo6 info)
    {
        var address = BinaryPrimitives.ReadUInt128BigEndian(new ReadOnlySpan<byte>(info.Address, 16));
        if (IsMulticast(address))
            return default;
        return new(address, 0, IsLinkLocal(address) ? info.InterfaceIndex : 0);
    }

    private static UInt128 MappedPrefix => (UInt128)0xFFFF << 32;

    // RFC 4291 §2.7: ff00::/8; and mapped 224.0.0.0/4.
    private static bool IsMulticast(UInt128 address) =>
        (byte)(address >> 120) == 0xFF || (address >> 32 == 0xFFFF && (byte)((uint)address >> 28) == 0xE);

    // RFC 4291 §2.5.6: fe80::/10.
    private static bool IsLinkLocal(UInt128 address) => (ushort)(address >> 118) == 0x3FA;
}
