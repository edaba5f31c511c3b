namespace Utp.Protocol;

/// <summary>How much strangers may take from one UDP port (protocol.md §9.4).</summary>
public sealed record EndpointLimits
{
    /// <summary>Connections of the port.</summary>
    public int MaxConnections { get; init; } = 100_000;

    /// <summary>Connections from one remote address.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 10_000;

    /// <summary>Half-open connections of the port; beyond them nothing is remembered of a ST_SYN until its answer is acknowledged.</summary>
    public int MaxHalfOpen { get; init; } = 1_024;

    /// <summary>Half-open connections from one remote address (IPv6: /64); beyond them likewise.</summary>
    public int MaxHalfOpenPerAddress { get; init; } = 256;

    /// <summary>ST_RESETs sent per second, in all; after a pause as many may leave at once. 0: none.</summary>
    public int MaxResetsPerSecond { get; init; } = 1_000;

    /// <summary>ST_RESETs sent per second to one remote address; after a pause as many may leave at once. 0: none.</summary>
    public int MaxResetsPerSecondPerAddress { get; init; } = 50;

    /// <summary>Whether packets of unknown connections are reported as <see cref="RouteDecision.NotUtp"/> instead of being reset: the port is shared with another protocol.</summary>
    public bool UnknownIsNotUtp { get; init; }
}
