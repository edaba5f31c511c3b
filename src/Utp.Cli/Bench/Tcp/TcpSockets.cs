using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Utp.Cli;

/// <summary>Sockets of kernel TCP, all set up the same way.</summary>
internal static class TcpSockets
{
    public const int Backlog = 4_096;

    private const int IpProtoTcp = 6;
    private const int TcpCongestion = 13;

    /// <summary>A socket with the congestion control, which connections that it accepts inherit.</summary>
    /// <exception cref="CliException">The kernel has no such congestion control.</exception>
    public static Socket Create(string? congestion)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (congestion is not null)
                SetCongestion(socket, congestion);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static IPEndPoint Loopback(int port) => new(IPAddress.Loopback, port);

    private static void SetCongestion(Socket socket, string congestion)
    {
        if (!OperatingSystem.IsLinux())
            throw new CliException("TCP's congestion control can be chosen on Linux only.");
        try
        {
            socket.SetRawSocketOption(IpProtoTcp, TcpCongestion, Encoding.ASCII.GetBytes(congestion));
        }
        catch (SocketException e)
        {
            throw new CliException($"This kernel's TCP has no {congestion} (sysctl net.ipv4.tcp_available_congestion_control).", inner: e);
        }
    }
}
