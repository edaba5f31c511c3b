using Akka.Actor;

namespace Utp.Cli;

/// <summary>What a message of a carrier means to the ends.</summary>
internal enum CarrierEvent
{
    Other,
    Bound,
    Connected,
    Received,

    /// <summary>The connection has ended as it should.</summary>
    Closed,

    /// <summary>A command failed, or the connection ended by an error.</summary>
    Failed,
}

/// <summary>
/// The commands and events of a transport that is driven by actors. uTP's mirror those of Akka.IO.Tcp, so the same actors drive both, and what is compared
/// is the transports alone.
/// </summary>
internal abstract class ActorCarrier : IAsyncDisposable
{
    public abstract ActorSystem System { get; }

    /// <summary>Takes binds and connects.</summary>
    public abstract IActorRef Manager { get; }

    /// <summary>Whether a client's connections may leave from a port that was bound before.</summary>
    public abstract bool SharesPorts { get; }

    /// <summary>How many bytes of writes a client may keep going on one of its connections.</summary>
    public abstract int OutstandingBytes { get; }

    /// <summary>The port of this end, by its plan; without a handler it serves connects only.</summary>
    public abstract object Bind(IActorRef? handler);

    public abstract object Connect(int port, IActorRef? listener);

    public abstract object Register(IActorRef handler);

    /// <summary>The acknowledgement is told when the memory is the writer's again.</summary>
    public abstract object Write(byte[] data, Chunk? ack);

    /// <summary>A write of what was received.</summary>
    public abstract object Echo(object received);

    /// <summary>Sends what was written, closes, and waits for the peer to do the same.</summary>
    public abstract object Close { get; }

    /// <summary>Asks a connection for its counters; null: it has none.</summary>
    public abstract object? AskCounters { get; }

    public abstract CarrierEvent Read(object message);

    public abstract int Port(object bound);

    /// <summary>What was received is read: its memory may be used again, where the transport does that.</summary>
    public virtual void Release(object received)
    {
    }

    /// <summary>The bytes of what was received, where they are.</summary>
    public abstract ReadOnlySpan<byte> Data(object received);

    /// <summary>The counters of their answer or of a connection's last event; null: there are none.</summary>
    public abstract PacketCount? Counters(object message);

    /// <summary>What went wrong, in one sentence.</summary>
    public abstract string Explain(object message);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The bytes of one write, which are filled again when they are acknowledged. Akka.IO.Tcp wants its acknowledgements of this class.</summary>
internal sealed class Chunk(int bytes) : Akka.IO.Tcp.Event
{
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(bytes);
}
