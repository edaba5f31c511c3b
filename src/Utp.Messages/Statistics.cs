using System.Net;
using Utp.Protocol;

namespace Utp.Messages;

/// <summary>
/// Asks a connection for <see cref="ConnectionStatistics"/>, a listener for <see cref="ListenerStatistics"/>, or the manager (<c>system.Utp()</c>) for <see cref="UtpStatistics"/>.
/// </summary>
public sealed record GetStatistics : UtpCommand
{
    /// <summary>The only one needed.</summary>
    public static readonly GetStatistics Instance = new();
}

/// <summary>What a connection has done so far, and where it stands.</summary>
/// <param name="RemoteAddress">The peer.</param>
/// <param name="LocalAddress">Our address as the peer sees it, before any NAT.</param>
/// <param name="Connection">The protocol's counters and gauges.</param>
public sealed record ConnectionStatistics(IPEndPoint RemoteAddress, IPEndPoint LocalAddress, ConnectionStats Connection) : UtpEvent;

/// <summary>What a listener has done so far, and where it stands.</summary>
public sealed record ListenerStatistics : UtpEvent
{
    /// <summary>Where it is bound.</summary>
    public required IPEndPoint LocalAddress { get; init; }

    /// <summary>Connections of the port.</summary>
    public required int Connections { get; init; }

    /// <summary>Datagrams routed, dropped and answered with ST_RESET.</summary>
    public required EndpointStats Endpoint { get; init; }

    /// <summary>Datagrams that the kernel dropped because the socket's receive buffer was full; 0 where unknown.</summary>
    public required long ReceiveDrops { get; init; }

    /// <summary>Datagrams that were longer than the space for them, and were dropped.</summary>
    public required long Truncated { get; init; }

    /// <summary>What the receive loops have told connections: each is a message with the packets that one read brought for one connection.</summary>
    public long Batches { get; init; }

    /// <summary>What the port's connections have done.</summary>
    public TrafficStatistics Traffic { get; init; } = TrafficStatistics.None;

    /// <summary>Receive memory that is in use, in bytes.</summary>
    public required long ReceiveMemoryBytes { get; init; }

    /// <summary>Receive memory at which the listener stops reading, in bytes (<c>utp.socket.receive-memory</c>).</summary>
    public long ReceiveMemoryLimitBytes { get; init; }

    /// <summary>The socket's receive buffer that the system granted, in bytes.</summary>
    public required int ReceiveBufferBytes { get; init; }

    /// <summary>The socket's send buffer that the system granted, in bytes.</summary>
    public required int SendBufferBytes { get; init; }
}

/// <summary>What all of uTP in an actor system has done so far, and where it stands.</summary>
public sealed record UtpStatistics : UtpEvent
{
    /// <summary>Bound listeners.</summary>
    public required int Listeners { get; init; }

    /// <summary>Ports of single outgoing connections.</summary>
    public required int OutgoingPorts { get; init; }

    /// <summary>What all connections have done, those of closed ports too.</summary>
    public required TrafficStatistics Traffic { get; init; }

    /// <summary>Datagrams routed, dropped and answered with ST_RESET, at all ports.</summary>
    public required EndpointStats Endpoint { get; init; }

    /// <summary>Datagrams that the kernel dropped because a socket's receive buffer was full; 0 where unknown.</summary>
    public required long ReceiveDrops { get; init; }

    /// <summary>Datagrams that were longer than the space for them, and were dropped.</summary>
    public required long Truncated { get; init; }

    /// <summary>Messages of the receive loops to connections.</summary>
    public required long Batches { get; init; }

    /// <summary>What received datagrams hold until connections have used them, of all listeners.</summary>
    public required MemoryStatistics ReceiveMemory { get; init; }

    /// <summary>What waits out of order (<c>utp.reorder-memory</c>).</summary>
    public required MemoryStatistics ReorderMemory { get; init; }

    /// <summary>What handlers have not taken (<c>utp.unread-memory</c>).</summary>
    public required MemoryStatistics UnreadMemory { get; init; }
}

/// <summary>Memory with a limit.</summary>
/// <param name="UsedBytes">Bytes in use.</param>
/// <param name="LimitBytes">Bytes that may be.</param>
public readonly record struct MemoryStatistics(long UsedBytes, long LimitBytes);
