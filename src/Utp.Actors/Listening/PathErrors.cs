using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>Errors that a channel reports, on any thread, as messages: of our own kernel to the listener, of ICMP to the connection that is quoted.</summary>
internal static class PathErrors
{
    private const int IPv4AndUdpHeaderBytes = 28;
    private const int IPv6AndUdpHeaderBytes = 48;

    public static void Tell(IActorRef listener, in UdpPath path, SendStatus error, int pathMtu)
    {
        if (error.ToPathError() is { } pathError)
            listener.Tell(new PathErrorReport(path.Remote, pathError, DatagramBytes(path, pathMtu)), ActorRefs.NoSender);
    }

    /// <summary>What ICMP said. Anybody can write it: what it quotes names the connection, and tells it whether that is true (design note 0030).</summary>
    public static void Tell(IActorRef listener, SharedTable table, in UdpPath path, SendStatus error, int pathMtu, ReadOnlySpan<byte> quoted)
    {
        if (error.ToPathError() is not { } pathError)
            return;
        lock (table.Gate)
        {
            if (table.Router.TryFindQuoted(path, quoted, out var connection))
                connection!.TellIcmp(new IcmpReport(pathError, DatagramBytes(path, pathMtu), quoted.ToArray()));
        }

        // Some systems quote nothing of ours (RFC 792): only who still waits for an answer to a ST_SYN takes note, and nobody believes it.
        if (quoted.Length < PacketHeader.Length && pathError != PathError.TooLarge && Interlocked.Exchange(ref table.UnquotedErrorTold, 1) == 0)
            listener.Tell(new UnquotedErrorReport(path.Remote, pathError), ActorRefs.NoSender);
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
