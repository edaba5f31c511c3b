using System.Net;
using System.Net.Sockets;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>Asks the system's routing table, by a throw-away connected socket, which sends nothing.</summary>
internal static class RouteProbe
{
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
