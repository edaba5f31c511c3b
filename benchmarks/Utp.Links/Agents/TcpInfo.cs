using System.Net.Sockets;
using System.Text;

namespace Utp.Links.Agents;

/// <summary>Kernel TCP: its congestion control, and what it tells of a connection (<c>struct tcp_info</c> of linux/tcp.h).</summary>
internal static class TcpInfo
{
    private const int IPProtoTcp = 6;
    private const int TcpInfoOption = 11;
    private const int TcpCongestionOption = 13;
    private const int MssOffset = 16;
    private const int RttOffset = 68;
    private const int WindowOffset = 80;
    private const int RetransmissionsOffset = 100;
    private const int SegmentsSentOffset = 136;
    private const int Bytes = 144;

    /// <summary>The kernel's laws that a socket may choose.</summary>
    public static IReadOnlyList<string> Laws => File.Exists("/proc/sys/net/ipv4/tcp_available_congestion_control")
        ? File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>A socket with a congestion control, which connections that it accepts inherit; null: the system's.</summary>
    /// <exception cref="SocketException">The kernel has no such law.</exception>
    public static Socket Create(AddressFamily family, string? law)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (law is not null)
            socket.SetRawSocketOption(IPProtoTcp, TcpCongestionOption, Encoding.ASCII.GetBytes(law));
        return socket;
    }

    public static FlowReport AddTo(FlowReport report, Socket socket)
    {
        var info = new byte[Bytes];
        if (socket.GetRawSocketOption(IPProtoTcp, TcpInfoOption, info) < Bytes)
            return report;
        return report with
        {
            PacketsSent = BitConverter.ToUInt32(info, SegmentsSentOffset),
            Retransmissions = BitConverter.ToUInt32(info, RetransmissionsOffset),
            RttMicros = BitConverter.ToUInt32(info, RttOffset),
            CongestionWindowBytes = (long)BitConverter.ToUInt32(info, WindowOffset) * BitConverter.ToUInt32(info, MssOffset),
        };
    }
}
