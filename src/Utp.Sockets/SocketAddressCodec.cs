using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets;

/// <summary>
/// Reads and writes the address part of a <c>sockaddr_in</c> or <c>sockaddr_in6</c> as a
/// <see cref="UdpEndPoint"/>, without allocating. The first two bytes (the family, and on BSD the
/// length) are the platform's and are left alone. An IPv6 socket takes IPv4 peers in their IPv4-mapped
/// form (RFC 3493 §3.7), which is how <see cref="UdpEndPoint"/> keeps them already.
/// </summary>
internal static class SocketAddressCodec
{
    /// <summary>Bytes of a sockaddr_in.</summary>
    public const int IPv4Bytes = 16;

    /// <summary>Bytes of a sockaddr_in6.</summary>
    public const int IPv6Bytes = 28;

    private const int PortOffset = 2;
    private const int IPv4AddressOffset = 4;
    private const int IPv6FlowInfoOffset = 4;
    private const int IPv6AddressOffset = 8;
    private const int IPv6ScopeOffset = 24;

    private static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    /// <summary>The end point that <paramref name="sockaddr"/> of <paramref name="family"/> holds.</summary>
    public static UdpEndPoint Read(AddressFamily family, ReadOnlySpan<byte> sockaddr)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(sockaddr[PortOffset..]);
        return family == AddressFamily.InterNetwork
            ? new(FromIPv4(sockaddr[IPv4AddressOffset..]), port)
            : new(
                BinaryPrimitives.ReadUInt128BigEndian(sockaddr[IPv6AddressOffset..]),
                port,
                MemoryMarshal.Read<uint>(sockaddr[IPv6ScopeOffset..]));
    }

    /// <summary>Writes <paramref name="endPoint"/> for a socket of <paramref name="family"/>; false if an IPv4 socket cannot reach it.</summary>
    public static bool TryWrite(AddressFamily family, Span<byte> sockaddr, in UdpEndPoint endPoint)
    {
        BinaryPrimitives.WriteUInt16BigEndian(sockaddr[PortOffset..], endPoint.Port);
        if (family == AddressFamily.InterNetwork)
        {
            BinaryPrimitives.WriteUInt32BigEndian(sockaddr[IPv4AddressOffset..], (uint)endPoint.Address);
            sockaddr[(IPv4AddressOffset + 4)..IPv4Bytes].Clear();
            return endPoint.IsIPv4;
        }

        sockaddr.Slice(IPv6FlowInfoOffset, 4).Clear();
        BinaryPrimitives.WriteUInt128BigEndian(sockaddr[IPv6AddressOffset..], endPoint.Address);
        MemoryMarshal.Write(sockaddr[IPv6ScopeOffset..], endPoint.ScopeId);
        return true;
    }

    /// <summary>The four bytes of an IPv4 address, in network order, as the mapped 128-bit address.</summary>
    public static UInt128 FromIPv4(ReadOnlySpan<byte> address) => MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(address);
}
