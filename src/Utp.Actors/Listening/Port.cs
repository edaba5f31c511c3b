using System.Net;
using Akka.Actor;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What a listener shares with its connections: the socket that they send on, and the clock that wakes them.</summary>
internal sealed class Port(IDatagramChannel channel, DeadlineClock deadlines, IActorRef listener)
{
    public IDatagramChannel Channel { get; } = channel;

    public DeadlineClock Deadlines { get; } = deadlines;

    public IActorRef Listener { get; } = listener;

    public IPEndPoint LocalEndPoint { get; } = channel.LocalEndPoint;
}
