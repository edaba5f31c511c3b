namespace Utp.Protocol;

/// <summary>What to do with a datagram.</summary>
public enum RouteDecision
{
    /// <summary>Give it to the connection.</summary>
    Deliver,

    /// <summary>A new ST_SYN: accept it, or refuse it with <see cref="DatagramRouter{TPath, TConnection}.TryWriteReset"/>.</summary>
    Accept,

    /// <summary>Of no connection: answer with ST_RESET if <see cref="DatagramRouter{TPath, TConnection}.TryWriteReset"/> agrees.</summary>
    Reset,

    /// <summary>Not uTP: offer it to the out-of-band handler, if there is one.</summary>
    NotUtp,

    /// <summary>Nothing is done with it; counted.</summary>
    Drop,
}

/// <summary>
/// Decides for each datagram that a UDP port receives where it goes (protocol.md §1, §4, §9), and holds the table of the
/// port's connections. Used by one thread at a time; throws for nothing that a stranger sends.
/// </summary>
/// <typeparam name="TPath">Both ends of a datagram's way (addresses with IPv6 scope, and the remote port), as a value.</typeparam>
/// <typeparam name="TConnection">The caller's handle of a connection.</typeparam>
public sealed class DatagramRouter<TPath, TConnection>
    where TPath : struct, IEquatable<TPath>
    where TConnection : class
{
    /// <summary>Creates a router.</summary>
    /// <param name="limits">How much strangers may take.</param>
    /// <param name="addressKey">The remote address without its port, as a key for limits per address; equal keys may collide harmlessly.</param>
    public DatagramRouter(EndpointLimits limits, Func<TPath, ulong> addressKey) => throw new NotImplementedException();

    /// <summary>Connections in the table.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>Counters of what was routed and dropped.</summary>
    public EndpointStats Statistics => throw new NotImplementedException();

    /// <summary>Parses a datagram and decides. <paramref name="connection"/> is set for <see cref="RouteDecision.Deliver"/> only.</summary>
    public RouteDecision Route(ReadOnlySpan<byte> datagram, in TPath path, Instant now, out ParsedPacket packet, out TConnection? connection) => throw new NotImplementedException();

    /// <summary>
    /// Picks ids and seq_nrs for an initiator, from <paramref name="random"/> (at least 32 cryptographically random bytes), that clash
    /// with no connection on the path, and adds the connection under both receive ids. False when the limits refuse.
    /// </summary>
    public bool TryAddInitiator(in TPath path, ReadOnlySpan<byte> random, TConnection connection, out ConnectionSeed seed) => throw new NotImplementedException();

    /// <summary>Adds the acceptor of a ST_SYN as half open. False, with the cause, when the limits refuse or the id is taken.</summary>
    public bool TryAddAcceptor(in TPath path, in ParsedPacket syn, ReadOnlySpan<byte> random, TConnection connection, out ConnectionSeed seed, out AcceptRefusal refusal) => throw new NotImplementedException();

    /// <summary>An acceptor's address was confirmed: it is not half open any more.</summary>
    public void OnConfirmed(in TPath path, ConnectionId receiveId) => throw new NotImplementedException();

    /// <summary>Removes a connection with all its ids; false if it was not there.</summary>
    public bool Remove(in TPath path, in ConnectionSeed seed) => throw new NotImplementedException();

    /// <summary>
    /// Writes the ST_RESET that answers <paramref name="packet"/> (protocol.md §4), unless the rate limits per address and in total forbid it, or
    /// the packet is itself a ST_RESET. The answer is never larger than the question.
    /// </summary>
    public bool TryWriteReset(in TPath path, in ParsedPacket packet, Span<byte> destination, Instant now, out int length) => throw new NotImplementedException();
}

/// <summary>How much strangers may take from one UDP port.</summary>
public sealed record EndpointLimits
{
    /// <summary>Connections of the port.</summary>
    public int MaxConnections { get; init; } = 100_000;

    /// <summary>Connections from one remote address.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 10_000;

    /// <summary>Half-open connections of the port.</summary>
    public int MaxHalfOpen { get; init; } = 4_096;

    /// <summary>Half-open connections from one remote address.</summary>
    public int MaxHalfOpenPerAddress { get; init; } = 1_024;

    /// <summary>ST_RESETs sent in one second, in all.</summary>
    public int MaxResetsPerSecond { get; init; } = 1_000;

    /// <summary>ST_RESETs sent in one second to one remote address.</summary>
    public int MaxResetsPerSecondPerAddress { get; init; } = 50;

    /// <summary>Whether packets of unknown connections are reported as <see cref="RouteDecision.NotUtp"/> instead of being reset: the port is shared with another protocol.</summary>
    public bool UnknownIsNotUtp { get; init; }
}

/// <summary>Why a ST_SYN was not accepted.</summary>
public enum AcceptRefusal
{
    /// <summary>It was accepted.</summary>
    None,

    /// <summary>Its receive id belongs to another live connection of that peer.</summary>
    IdInUse,

    /// <summary>A limit of half-open connections is reached.</summary>
    HalfOpenLimit,

    /// <summary>A limit of connections is reached.</summary>
    ConnectionLimit,
}

/// <summary>What a router has counted.</summary>
/// <param name="Delivered">Datagrams given to a connection.</param>
/// <param name="Malformed">Datagrams of uTP's version and a known type whose extension chain is broken.</param>
/// <param name="NotUtp">Datagrams that are not uTP.</param>
/// <param name="UnknownConnection">Packets of no known connection.</param>
/// <param name="ResetsSent">ST_RESETs written.</param>
/// <param name="ResetsSuppressed">ST_RESETs that a rate limit forbade.</param>
/// <param name="SynRefused">ST_SYNs refused by a limit or because their id is taken.</param>
public readonly record struct EndpointStats(
    long Delivered, long Malformed, long NotUtp, long UnknownConnection, long ResetsSent, long ResetsSuppressed, long SynRefused);
