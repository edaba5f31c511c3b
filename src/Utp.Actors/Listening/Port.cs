using System.Net;
using Akka.Actor;
using Akka.Event;

namespace Utp.Actors;

/// <summary>What a listener shares with its connections: where it is bound, the table that they are in, and the clock that wakes them.</summary>
internal sealed class Port(IPEndPoint localEndPoint, SharedTable table, DeadlineClock deadlines, PathCeilings ceilings, PortCounts counts, ConnectionDirectory directory, RecordWriter records, ILoggingAdapter log, IActorRef listener)
{
    public DeadlineClock Deadlines { get; } = deadlines;

    public IActorRef Listener { get; } = listener;

    /// <summary>What its connections log with.</summary>
    public ILoggingAdapter Log { get; } = log;

    /// <summary>Writes what is recorded of connections.</summary>
    public RecordWriter Records { get; } = records;

    /// <summary>What its connections count together.</summary>
    public PortCounts Counts { get; } = counts;

    /// <summary>Where its connections are listed, with those of the manager's other ports.</summary>
    public ConnectionDirectory Directory { get; } = directory;

    /// <summary>How large a datagram the route to a peer may carry at most; asks the system.</summary>
    public PathCeilings Ceilings { get; } = ceilings;

    public IPEndPoint LocalEndPoint { get; } = localEndPoint;

    /// <summary>The peer's address is confirmed: the connection counts as half open no more.</summary>
    public void OnConfirmed(ConnectionHandle handle)
    {
        lock (table.Gate)
            table.Router.OnConfirmed(handle.Path, handle.Seed.ReceiveId);
    }

    /// <summary>Takes a connection out of the table: what the receive loops have told it before is the last that they tell it.</summary>
    public void Remove(ConnectionHandle handle)
    {
        lock (table.Gate)
            table.Router.Remove(handle.Path, handle.Seed);
    }
}
