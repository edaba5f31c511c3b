using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>Turns what a channel reports, on any thread, into messages to its listener.</summary>
internal sealed class ChannelObserver(IActorRef listener) : IDatagramChannelObserver
{
    private const int IPv4AndUdpHeaderBytes = 28;
    private const int IPv6AndUdpHeaderBytes = 48;

    public void OnReadable() => listener.Tell(Readable.Instance, ActorRefs.NoSender);

    public void OnWritable() => listener.Tell(Writable.Instance, ActorRefs.NoSender);

    public void OnFailed(Exception cause) => listener.Tell(new ChannelFailed(cause), ActorRefs.NoSender);

    public void OnPathError(in UdpPath path, SendStatus error, int pathMtu)
    {
        if (error.ToPathError() is not { } pathError)
            return;

        // The channel speaks of IP packets, the protocol of UDP payload.
        var headers = path.Remote.IsIPv4 ? IPv4AndUdpHeaderBytes : IPv6AndUdpHeaderBytes;
        listener.Tell(new PathErrorReport(path.Remote, pathError, Math.Max(0, pathMtu - headers)), ActorRefs.NoSender);
    }
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
