using System.Net;

namespace Utp.Sockets;

/// <summary>How a UDP socket is opened. Every value has a default that suits uTP.</summary>
public sealed record UdpSocketOptions
{
    /// <summary>
    /// Receive and send buffer asked for by default, in bytes: 4 MiB. The kernel's own default of about
    /// 208 kB holds 90 packets, and a uTP that leaves it collapses on a fast path.
    /// </summary>
    public const int DefaultBufferBytes = 4 * 1024 * 1024;

    /// <summary>
    /// The address and port to bind. Port 0 lets the system choose. 0.0.0.0 and [::] are the wildcard
    /// addresses; an IPv4-mapped IPv6 address is taken as the IPv4 address it maps.
    /// </summary>
    public IPEndPoint Bind { get; init; } = new(IPAddress.Any, 0);

    /// <summary>
    /// Bytes of receive buffer to ask for, as the kernel counts them before its doubling; at least 1.
    /// <see cref="IDatagramChannel.ReceiveBufferBytes"/> says what was granted.
    /// </summary>
    public int ReceiveBufferBytes { get; init; } = DefaultBufferBytes;

    /// <summary>
    /// Bytes of send buffer to ask for, as the kernel counts them before its doubling; at least 1.
    /// <see cref="IDatagramChannel.SendBufferBytes"/> says what was granted.
    /// </summary>
    public int SendBufferBytes { get; init; } = DefaultBufferBytes;

    /// <summary>Whether a socket on [::] serves IPv4 peers too. Without effect on any other address.</summary>
    public bool DualMode { get; init; } = true;

    /// <summary>
    /// Whether the port may be bound although another socket has it (SO_REUSEADDR). Off by default: of
    /// two UDP sockets on one port only one hears a datagram.
    /// </summary>
    public bool ReuseAddress { get; init; }

    /// <summary>
    /// Whether system calls carry many datagrams (Linux: recvmmsg with UDP_GRO, sendmsg with UDP_SEGMENT). What the kernel lacks is done one by one;
    /// on other systems without effect.
    /// </summary>
    public bool Batched { get; init; }

    /// <summary>
    /// Whether several sockets of this user share the port (SO_REUSEPORT): each sets it, and the kernel gives a peer's datagrams to one of them.
    /// Linux only: elsewhere a second socket takes all, or none.
    /// </summary>
    public bool ReusePort { get; init; }

    /// <summary>Hops that a datagram may travel (IPv4 time-to-live, IPv6 hop limit), 1 to 255; <c>null</c> leaves the system's default.</summary>
    public int? TimeToLive { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it, what it was and what it may be.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Bind);
        RequireAtLeastOne(ReceiveBufferBytes, nameof(ReceiveBufferBytes));
        RequireAtLeastOne(SendBufferBytes, nameof(SendBufferBytes));
        if (TimeToLive is < 1 or > 255)
            throw new ArgumentOutOfRangeException(nameof(TimeToLive), TimeToLive, "The time-to-live is 1 to 255 hops.");
    }

    private static void RequireAtLeastOne(int bytes, string name)
    {
        if (bytes < 1)
            throw new ArgumentOutOfRangeException(name, bytes, "A socket buffer has at least 1 byte.");
    }
}
