using System.Net;
using System.Net.Sockets;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>Asks the system's routing table, by a throw-away connected socket, which sends nothing.</summary>
internal static class RouteProbe
{
    // ip(7), ipv6(7); what other systems have in their place is not asked.
    private const int SolIP = 0;
    private const int IPMtu = 14;
    private const int SolIPv6 = 41;
    private const int IPv6Mtu = 24;

    /// <summary>Bytes of IP packet that the first hop to <paramref name="remote"/> takes; 0: not known.</summary>
    public static int FindMtu(UdpEndPoint remote)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        try
        {
            using var socket = new Socket(remote.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(remote.ToIPEndPoint());
            Span<byte> value = stackalloc byte[sizeof(int)];
            _ = remote.IsIPv4 ? socket.GetRawSocketOption(SolIP, IPMtu, value) : socket.GetRawSocketOption(SolIPv6, IPv6Mtu, value);
            return BitConverter.ToInt32(value);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Which of our addresses datagrams to <paramref name="remote"/> leave from; its port is 0.</summary>
    public static bool TryFindLocalAddress(UdpEndPoint remote, out UdpEndPoint local, out SocketException? error)
    {
        try
        {
            using var socket = new Socket(remote.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(remote.ToIPEndPoint());
            local = UdpEndPoint.From((IPEndPoint)socket.LocalEndPoint!) with { Port = 0 };
            error = null;
            return true;
        }
        catch (SocketException e)
        {
            local = default;
            error = e;
            return false;
        }
    }
}
