using Utp.Sockets.Linux;

namespace Utp.Sockets;

/// <summary>
/// How many bytes of payload a segmented send may have, so that it stays one buffer of the kernel down to the device, and one for a receiver that merges (UDP_GRO). A
/// longer one is cut before the device, and arrives as single datagrams where nothing merges them again (design note 23).
/// </summary>
public static class SegmentationLimit
{
    // GSO_LEGACY_MAX_SIZE, which a device has unless somebody changed it. The kernel compares the whole buffer, link header included, and that must be less.
    private const int UsualBufferBytes = 65_536;

    // Ethernet with a VLAN tag; loopback has Ethernet's header, too.
    private const int LinkHeaderBytes = 18;
    private const int IPv4AndUdpHeaderBytes = 28;
    private const int IPv6AndUdpHeaderBytes = 48;

    /// <summary>Bytes of UDP payload in a run to a peer of this family, on a device as devices are. Any thread.</summary>
    public static int Usual(bool ipv4) => PayloadOf(UsualBufferBytes, ipv4);

    /// <summary>
    /// Bytes of UDP payload in a run to <paramref name="remote"/>, as the device of the route to it takes them: never more than usual, and 0 where no two datagrams fit.
    /// Asks the kernel (rtnetlink(7)), some 20 µs: keep the answer for a while. Where it does not say, what is usual. Any thread.
    /// </summary>
    public static int For(in UdpEndPoint remote)
    {
        if (!OperatingSystem.IsLinux())
            return Usual(remote.IsIPv4);
        var device = RouteDevice.FindBufferBytes(remote);
        return device > 0 ? PayloadOf(Math.Min(device, UsualBufferBytes), remote.IsIPv4) : Usual(remote.IsIPv4);
    }

    private static int PayloadOf(int bufferBytes, bool ipv4) =>
        Math.Max(0, bufferBytes - 1 - LinkHeaderBytes - (ipv4 ? IPv4AndUdpHeaderBytes : IPv6AndUdpHeaderBytes));
}
