using System.Net;
using Akka.Actor;
using Utp.Protocol;

namespace Utp.Messages;

/// <summary>
/// Asks the manager (<c>system.Utp()</c>) for the connections that are there, and those that ended last: <see cref="ConnectionList"/>. No connection is asked for it: each keeps a
/// summary, which it renews once a second while it moves, from the first question on. So the first answer may hold summaries without statistics.
/// </summary>
public sealed record ListConnections : UtpCommand
{
    /// <summary>The only one needed.</summary>
    public static readonly ListConnections Instance = new();
}

/// <summary>The connections of an actor system.</summary>
/// <param name="Live">Those that are there, the oldest first; those that are opening, too.</param>
/// <param name="Ended">The last 256 that ended, the latest last; those that never opened, too.</param>
public sealed record ConnectionList(IReadOnlyList<ConnectionSummary> Live, IReadOnlyList<EndedConnection> Ended) : UtpEvent;

/// <summary>A connection, and what it had done at its last sample.</summary>
public sealed record ConnectionSummary
{
    /// <summary>Its number in this actor system; none comes twice.</summary>
    public required long Id { get; init; }

    /// <summary>The connection, which takes commands: <see cref="GetStatistics"/>, <see cref="StartTrace"/>, <see cref="Abort"/>.</summary>
    public required IActorRef Connection { get; init; }

    /// <summary>The peer.</summary>
    public required IPEndPoint RemoteAddress { get; init; }

    /// <summary>Our address as the peer sees it, before any NAT; null: there was no sample yet.</summary>
    public IPEndPoint? LocalAddress { get; init; }

    /// <summary>Whether the peer opened it.</summary>
    public required bool IsAcceptor { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>When it was sampled, UTC; null: not yet, and what follows is empty.</summary>
    public DateTimeOffset? Sampled { get; init; }

    /// <summary>Payload sent since the sample before, bytes a second while it moved.</summary>
    public double SentPerSecond { get; init; }

    /// <summary>Payload received since the sample before, bytes a second while it moved.</summary>
    public double ReceivedPerSecond { get; init; }

    /// <summary>The protocol's counters and gauges.</summary>
    public ConnectionStats Statistics { get; init; }
}

/// <summary>A connection that has ended, and what it has done in all.</summary>
/// <param name="Summary">The connection; its actor is gone, or soon will be.</param>
/// <param name="Ended">When, UTC.</param>
/// <param name="Reason">What ended it.</param>
/// <param name="Message">The same in one sentence.</param>
public sealed record EndedConnection(ConnectionSummary Summary, DateTimeOffset Ended, CloseReason Reason, string Message);
