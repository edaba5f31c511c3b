using System.Net;
using Akka.Actor;

namespace Utp.Actors;

/// <summary>What a listener shares with its connections: where it is bound, and the clock that wakes them.</summary>
internal sealed class Port(IPEndPoint localEndPoint, DeadlineClock deadlines, IActorRef listener)
{
    public DeadlineClock Deadlines { get; } = deadlines;

    public IActorRef Listener { get; } = listener;

    public IPEndPoint LocalEndPoint { get; } = localEndPoint;
}
