using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

/// <summary>
/// Asks the kernel for what the driver needs. A kernel (or sandbox) that lacks an option costs that
/// feature and nothing else.
/// </summary>
internal sealed class LinuxSocketSetup
{
    public const ushort AF_INET = 2;
    public const ushort AF_INET6 = 10;

    private readonly Socket _socket;

    public LinuxSocketSetup(Socket socket, UdpEndPoint local, bool batched)
    {
        _socket = socket;
        var ipv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;

        // A dual-mode socket meets both families, and each has its own set of options.
        var ipv4 = !ipv6 || socket.DualMode || local.IsIPv4;

        ChoosesLocalAddress = local.IsAny && (ipv6
            ? TrySet(SocketOption.SOL_IPV6, SocketOption.IPV6_RECVPKTINFO, 1)
            : TrySet(SocketOption.SOL_IP, SocketOption.IP_PKTINFO, 1));
        if (ChoosesLocalAddress || !local.IsAny)
            Features |= DatagramChannelFeatures.LocalAddress;

        // PROBE and not DO: DO refuses what exceeds the kernel's cached path MTU, which a forged ICMP
        // message can lower for ten minutes. The core judges such a report itself (RFC 8899 §4.6).
        if (SetDontFragment(ipv4, ipv6, SocketOption.PMTUDISC_PROBE))
            Features |= DatagramChannelFeatures.DontFragment;

        if (Both(ipv4, ipv6, SocketOption.IP_RECVERR, SocketOption.IPV6_RECVERR, 1))
            Features |= DatagramChannelFeatures.PathErrors;

        Both(ipv4, ipv6, SocketOption.IP_RECVTOS, SocketOption.IPV6_RECVTCLASS, 1);

        if (!batched)
            return;

        // Kernels before 4.18 know no segmentation, those before 5.0 do not merge: each is used without the other.
        TrySet(SocketOption.SOL_UDP, SocketOption.UDP_GRO, 1);
        if (TrySet(SocketOption.SOL_UDP, SocketOption.UDP_SEGMENT, 0))
            Features |= DatagramChannelFeatures.Segmentation;
    }

    /// <summary>What the kernel granted.</summary>
    public DatagramChannelFeatures Features { get; }

    /// <summary>Whether a send must name its local address: the socket is on the wildcard address.</summary>
    public bool ChoosesLocalAddress { get; }

    /// <summary>Sets or clears DF for datagrams to peers of one family. The caller holds the <see cref="DontFragmentGate"/>.</summary>
    public void SetDontFragment(bool ipv4, bool on) =>
        SetDontFragment(ipv4, !ipv4, on ? SocketOption.PMTUDISC_PROBE : SocketOption.PMTUDISC_DONT);

    private bool SetDontFragment(bool ipv4, bool ipv6, int discovery) =>
        Both(ipv4, ipv6, SocketOption.IP_MTU_DISCOVER, SocketOption.IPV6_MTU_DISCOVER, discovery);

    private bool Both(bool ipv4, bool ipv6, int ipv4Name, int ipv6Name, int value) =>
        (!ipv4 || TrySet(SocketOption.SOL_IP, ipv4Name, value)) & (!ipv6 || TrySet(SocketOption.SOL_IPV6, ipv6Name, value));

    private bool TrySet(int level, int name, int value)
    {
        try
        {
            _socket.SetRawSocketOption(level, name, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
