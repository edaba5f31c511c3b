using Akka.Actor;

namespace Utp.Cli;

/// <summary>To a root: listen, or connect to these ports.</summary>
internal sealed record OpenEnd(IReadOnlyList<int> ServerPorts, TaskCompletionSource<int[]> Done);

/// <summary>To a client's root: send.</summary>
internal sealed record GoEnd(long Bytes, TaskCompletionSource Done);

/// <summary>To a root: count the packets.</summary>
internal sealed record CountEnd(TaskCompletionSource<PacketCount?> Done);

/// <summary>To a root: end the work, properly.</summary>
internal sealed record FinishEnd(TaskCompletionSource Done);

/// <summary>To a client: send so many bytes.</summary>
internal sealed record Go(long Bytes);

/// <summary>To a client: send no more, and close.</summary>
internal sealed class Finish
{
    public static readonly Finish Instance = new();
}

/// <summary>From a client: its connection is open.</summary>
internal sealed record ClientOpened(IActorRef Connection);

/// <summary>From a client: what <see cref="Go"/> asked for is sent.</summary>
internal sealed class ClientSent
{
    public static readonly ClientSent Instance = new();
}

/// <summary>From the handler of a connection: it has ended as it should.</summary>
internal sealed record HandlerEnded(PacketCount? Packets);
