using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>Errors that a channel reports, on any thread, as messages to its listener.</summary>
internal static class PathErrors
{
    private const int IPv4AndUdpHeaderBytes = 28;
    private const int IPv6AndUdpHeaderBytes = 48;

    public static void Tell(IActorRef listener, in UdpPath path, SendStatus error, int pathMtu)
    {
        if (error.ToPathError() is { } pathError)
            listener.Tell(new PathErrorReport(path.Remote, pathError, DatagramBytes(path, pathMtu)), ActorRefs.NoSender);
    }

    /// <summary>What ICMP said, with what it quotes: that tells the connection whether it is true.</summary>
    public static void Tell(IActorRef listener, in UdpPath path, SendStatus error, int pathMtu, ReadOnlySpan<byte> quoted)
    {
        if (error == SendStatus.MessageTooLarge)
            listener.Tell(new PacketTooBigReport(path.Remote, DatagramBytes(path, pathMtu), quoted.ToArray()), ActorRefs.NoSender);
        else
            Tell(listener, path, error, pathMtu);
    }

    private static int DatagramBytes(in UdpPath path, int pathMtu) => Math.Max(0, pathMtu - HeaderBytes(path.Remote));

    /// <summary>The channel and the route speak of IP packets, the protocol of UDP payload: the difference.</summary>
    public static int HeaderBytes(UdpEndPoint remote) => remote.IsIPv4 ? IPv4AndUdpHeaderBytes : IPv6AndUdpHeaderBytes;
}

internal static class SendStatusExtensions
{
    /// <summary>What a send's result says of the path; null: nothing.</summary>
    public static PathError? ToPathError(this SendStatus status) => status switch
    {
        SendStatus.ConnectionRefused => PathError.Refused,
        SendStatus.Unreachable or SendStatus.Denied => PathError.Unreachable,
        SendStatus.MessageTooLarge => PathError.TooLarge,
        _ => null,
    };
}
