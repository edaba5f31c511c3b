using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What the listener's table holds of a connection: where its packets go, and its deadline.</summary>
internal sealed class ConnectionHandle(UdpPath path, IDatagramChannel channel) : DeadlineEntry
{
    /// <summary>The key in the table, and the way of its datagrams.</summary>
    public UdpPath Path { get; } = path;

    /// <summary>The socket that it sends on.</summary>
    public IDatagramChannel Channel { get; } = channel;

    /// <summary>Its ids. Set once, before the first packet.</summary>
    public ConnectionSeed Seed { get; set; }

    /// <summary>Bytes of UDP payload that the route's first hop takes; 0: no larger datagrams are tried. Set before the first packet.</summary>
    public int MtuCeilingBytes { get; set; }

    /// <summary>What other connections found on the same path. Set before the first packet.</summary>
    public PathSize PathSize { get; init; }

    /// <summary>The connection. Set once, before the first packet.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>What the current receive batch brought for it; used under the table's lock.</summary>
    public InboundBatch? Pending { get; set; }

    /// <summary>In which of its loop's periods it received last; used under the table's lock.</summary>
    public int ActivePeriod { get; set; } = -1;

    internal override void OnExpired() => Actor.Tell(DeadlineExpired.Instance, ActorRefs.NoSender);
}
