using System.Net;
using Utp.Protocol;

namespace Utp.Messages;

/// <summary>Asks a connection for <see cref="ConnectionStatistics"/>, or a listener for <see cref="ListenerStatistics"/>.</summary>
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

    /// <summary>Receive memory that is in use, in bytes.</summary>
    public required long ReceiveMemoryBytes { get; init; }

    /// <summary>The socket's receive buffer that the system granted, in bytes.</summary>
    public required int ReceiveBufferBytes { get; init; }

    /// <summary>The socket's send buffer that the system granted, in bytes.</summary>
    public required int SendBufferBytes { get; init; }
}
