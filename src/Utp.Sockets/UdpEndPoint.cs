using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Utp.Sockets;

/// <summary>
/// An IPv4 or IPv6 end point as a plain value: what the datagram path compares, hashes and copies
/// instead of <see cref="IPEndPoint"/>, which is an object. IPv4 is kept in its IPv4-mapped form, so
/// that <c>10.0.0.1</c> and <c>::ffff:10.0.0.1</c> are the same peer.
/// </summary>
/// <param name="Address">The 128-bit address, in host order; IPv4 as <c>::ffff:a.b.c.d</c>.</param>
/// <param name="Port">The UDP port.</param>
/// <param name="ScopeId">The IPv6 scope (interface) of a link-local address; otherwise 0.</param>
public readonly record struct UdpEndPoint(UInt128 Address, ushort Port, uint ScopeId = 0)
{
    private static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    /// <summary>Whether the address is IPv4 (kept in its IPv4-mapped form).</summary>
    public bool IsIPv4 => Address >> 32 == 0xFFFF;

    /// <summary>Whether the address is 0.0.0.0 or ::, "any".</summary>
    public bool IsAny => Address == UInt128.Zero || Address == MappedPrefix;

    /// <summary>Whether the address is the loopback network 127.0.0.0/8 or ::1.</summary>
    public bool IsLoopback => Address == UInt128.One || (IsIPv4 && (byte)(Address >> 24) == 127);

    /// <summary>The value of <paramref name="endPoint"/>; an IPv4-mapped address becomes IPv4.</summary>
    public static UdpEndPoint From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[16];
        if (endPoint.AddressFamily == AddressFamily.InterNetwork)
        {
            endPoint.Address.TryWriteBytes(bytes, out _);
            return new(MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endPoint.Port);
        }

        endPoint.Address.TryWriteBytes(bytes, out _);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)endPoint.Port, (uint)endPoint.Address.ScopeId);
    }

    /// <summary>The same end point as an object; allocates.</summary>
    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), Port);

    /// <summary>The address as an object; allocates.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return IsIPv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes, ScopeId);
    }

    /// <inheritdoc/>
    public override string ToString() => ToIPEndPoint().ToString();
}

/// <summary>
/// Both ends of a datagram's way. <paramref name="LocalAddress"/> is the address that the peer used
/// to reach us, which a listener on the wildcard address must answer from; its port is 0, and it is
/// <c>default</c> where the kernel may choose.
/// </summary>
/// <param name="Remote">The peer.</param>
/// <param name="LocalAddress">Our own address on this path, without port; <c>default</c>: any.</param>
public readonly record struct UdpPath(UdpEndPoint Remote, UdpEndPoint LocalAddress);
