using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What the listener's table holds of a connection: where its packets go, and its deadline.</summary>
internal sealed class ConnectionHandle(UdpPath path, IDatagramChannel channel) : DeadlineEntry
{
    // More say nothing new, and a flood of them must not fill the mailbox.
    private const int MaxIcmpWaiting = 8;

    private int _icmpWaiting;
    private bool _isConnectedTold;
    private long _dueMicros = Instant.Never.Micros;
    private long _armedMicros = Instant.Never.Micros;

    /// <summary>The key in the table, and the way of its datagrams.</summary>
    public UdpPath Path { get; } = path;

    /// <summary>The socket that it sends on.</summary>
    public IDatagramChannel Channel { get; } = channel;

    /// <summary>Its ids. Set once, before the first packet.</summary>
    public ConnectionSeed Seed { get; set; }

    /// <summary>Bytes of UDP payload that the route's first hop takes; 0: no larger datagrams are tried. Set before the first packet.</summary>
    public int MtuCeilingBytes { get; set; }

    /// <summary>Bytes of payload that one segmented send to the peer may have.</summary>
    public int BurstBytes { get; set; } = SegmentationLimit.Usual(path.Remote.IsIPv4);

    /// <summary>What other connections found on the same path. Set before the first packet.</summary>
    public PathSize PathSize { get; init; }

    /// <summary>What an accepted connection's address may make us keep. Set before the first packet.</summary>
    public AddressMemory Memory { get; set; }

    /// <summary>Whether a peer opened it.</summary>
    public bool IsAccepted { get; init; }

    /// <summary>Where it stands for a handler that asks for connections; its listener's alone.</summary>
    public AcceptState AcceptState { get; set; }

    /// <summary>Whether its user has heard of it. Set by the connection, before it tells; read by its listener.</summary>
    public bool IsConnectedTold
    {
        get => Volatile.Read(ref _isConnectedTold);
        set => Volatile.Write(ref _isConnectedTold, value);
    }

    /// <summary>The connection. Set once, before the first packet.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>What the current receive batch brought for it; used under the table's lock.</summary>
    public InboundBatch? Pending { get; set; }

    /// <summary>In which of its loop's periods it received last; used under the table's lock.</summary>
    public int ActivePeriod { get; set; } = -1;

    /// <summary>Tells the connection what ICMP says of it, unless much of that waits already. Any thread, under the table's lock, so that nothing follows its last message.</summary>
    public void TellIcmp(IcmpReport report)
    {
        if (Interlocked.Increment(ref _icmpWaiting) <= MaxIcmpWaiting)
            Actor.Tell(report, ActorRefs.NoSender);
        else
            OnIcmpHandled();
    }

    /// <summary>The connection has taken one of them from its mailbox.</summary>
    public void OnIcmpHandled() => Interlocked.Decrement(ref _icmpWaiting);

    /// <summary>
    /// The connection's deadline, which moves with nearly every packet; its actor's alone to set. What is armed follows when it moves earlier, and when the
    /// armed one expires: so a deadline that always moves on, as that of a retransmission does, wakes nobody.
    /// </summary>
    /// <returns>Whether it must be armed.</returns>
    public bool MoveDeadline(Instant due)
    {
        Volatile.Write(ref _dueMicros, due.Micros);

        // Whoever writes looks afterwards at what the other wrote: one of the two sees an earlier deadline than the armed one.
        Interlocked.MemoryBarrier();
        if (due.Micros >= Volatile.Read(ref _armedMicros))
            return false;
        Volatile.Write(ref _armedMicros, due.Micros);
        return true;
    }

    internal override Instant OnExpired(Instant now)
    {
        while (true)
        {
            var due = Volatile.Read(ref _dueMicros);
            Volatile.Write(ref _armedMicros, due <= now.Micros ? Instant.Never.Micros : due);
            if (due <= now.Micros)
            {
                Actor.Tell(DeadlineExpired.Instance, ActorRefs.NoSender);
                return Instant.Never;
            }

            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _dueMicros) >= due)
                return new Instant(due);
        }
    }
}
