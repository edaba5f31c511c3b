using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

/// <summary>
/// The queue in which the kernel keeps what ICMP said about datagrams sent earlier (ip(7), IP_RECVERR).
/// Its entries count against the receive buffer, so it is emptied whenever an error shows.
/// </summary>
internal sealed class ErrorQueue
{
    // More than this at once is a flood; the rest surfaces with the next error.
    private const int MaxEntriesPerDrain = 256;

    // The kernel gives what ICMP quotes of the datagram; a header of uTP tells whose it was.
    private const int QuotedBytes = 20;

    private readonly SafeHandle _handle;
    private readonly AddressFamily _family;
    private readonly UdpEndPoint _boundAddress;

    public ErrorQueue(SafeHandle handle, AddressFamily family, UdpEndPoint boundAddress)
    {
        _handle = handle;
        _family = family;
        _boundAddress = boundAddress;
    }

    /// <summary>
    /// Empties the queue and reports what routers and peers said. What our own kernel refused (EMSGSIZE
    /// against the interface's MTU) is not reported from here, since its IPv4 entry lacks the port: the
    /// send that met it knows its path.
    /// </summary>
    /// <param name="observer">Who is told.</param>
    /// <param name="sendingTo">The peer of the send that met an error, or <c>default</c>.</param>
    public unsafe DrainedErrors Drain(IDatagramChannelObserver? observer, in UdpEndPoint sendingTo)
    {
        var name = stackalloc byte[SocketAddressCodec.IPv6Bytes];
        var control = stackalloc byte[ControlMessages.ReceiveBytes];
        var quoted = stackalloc byte[QuotedBytes];
        var vector = new IoVector { Base = quoted, Length = QuotedBytes };
        var drained = default(DrainedErrors);
        for (var entry = 0; entry < MaxEntriesPerDrain; entry++)
        {
            var message = new MessageHeader
            {
                Name = name,
                NameLength = SocketAddressCodec.IPv6Bytes,
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlMessages.ReceiveBytes,
            };
            var received = LibC.ReceiveMessage(_handle, &message, LibC.MSG_ERRQUEUE | LibC.MSG_DONTWAIT);
            if (received < 0)
                break;

            var facts = PacketFacts.Read(&message, fromErrorQueue: true);
            var errno = (int)facts.Error.Errno;
            if (errno == 0 || message.NameLength == 0)
                continue;

            var remote = SocketAddressCodec.Read(_family, new ReadOnlySpan<byte>(name, SocketAddressCodec.IPv6Bytes));
            var mtu = errno == Errno.EMSGSIZE ? (int)facts.Error.Info : 0;
            var isLocal = facts.Error.Origin == ExtendedError.OriginLocal;
            if (mtu > 0 && remote.Address == sendingTo.Address)
                drained = isLocal ? drained with { LocalMtu = mtu } : drained with { ReportedMtu = mtu };
            if (isLocal)
                continue;

            drained = drained with { Reported = drained.Reported + 1 };
            var local = _boundAddress == default ? facts.LocalAddress : _boundAddress;
            observer?.OnPathError(new UdpPath(remote, local), Errno.ToSendStatus(errno), mtu, new ReadOnlySpan<byte>(quoted, (int)Math.Min(received, QuotedBytes)));
        }

        return drained;
    }
}

/// <summary>What a drain of the error queue found.</summary>
/// <param name="Reported">Errors that came from the network, about any peer.</param>
/// <param name="LocalMtu">The MTU, in bytes of IP packet, at which our own kernel refused a datagram to this peer; 0 if it did not.</param>
/// <param name="ReportedMtu">The MTU, in bytes of IP packet, that an ICMP message gave for the way to this peer; 0 if none did.</param>
internal readonly record struct DrainedErrors(int Reported, int LocalMtu, int ReportedMtu);
