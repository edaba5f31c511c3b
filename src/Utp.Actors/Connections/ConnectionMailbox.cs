using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Utp.Actors;

/// <summary>
/// The mailbox of connections: an idle one holds next to nothing, where Akka's default keeps room for 32 messages (900 bytes, a quarter of what an idle
/// connection may cost).
/// </summary>
internal sealed class ConnectionMailbox : MailboxType, IProducesMessageQueue<ConnectionMessageQueue>
{
    /// <summary>Where the configuration names it.</summary>
    public const string Path = "utp-connection-mailbox";

    /// <summary>Created by Akka.</summary>
    public ConnectionMailbox(Settings settings, Config config)
        : base(settings, config)
    {
    }

    /// <summary>What makes <see cref="Path"/> known to an actor system.</summary>
    public static Config Configuration { get; } =
        ConfigurationFactory.ParseString($"{Path}.mailbox-type = \"{typeof(ConnectionMailbox).AssemblyQualifiedName}\"");

    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef? owner, ActorSystem? system) => new ConnectionMessageQueue();
}

/// <summary>
/// A linked list without a limit: any thread adds, one at a time takes. A message is seen in the order in which its sender's exchange of the newest node
/// came, without a lock (Vyukov's queue of many producers and one consumer).
/// </summary>
internal sealed class ConnectionMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    // The node whose message was taken last; the first one never held any.
    private Node _taken;
    private Node _newest;

    /// <summary>An empty queue.</summary>
    public ConnectionMessageQueue() => _taken = _newest = new Node();

    /// <inheritdoc/>
    public bool HasMessages => Volatile.Read(ref _taken.Next) is not null;

    /// <summary>How many messages wait: counted one by one, for people who look.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            for (var node = Volatile.Read(ref _taken.Next); node is not null; node = Volatile.Read(ref node.Next))
                count++;
            return count;
        }
    }

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        var node = new Node { Message = envelope };
        var before = Interlocked.Exchange(ref _newest, node);

        // Until this the taker sees an end here. It misses nothing: whoever adds has the mailbox run afterwards.
        Volatile.Write(ref before.Next, node);
    }

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope)
    {
        if (Volatile.Read(ref _taken.Next) is not { } next)
        {
            envelope = default;
            return false;
        }

        envelope = next.Message;
        next.Message = default;
        _taken = next;
        return true;
    }

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        ArgumentNullException.ThrowIfNull(deadletters);
        while (TryDequeue(out var envelope))
            deadletters.Enqueue(owner, envelope);
    }

    private sealed class Node
    {
        public Envelope Message;
        public Node? Next;
    }
}
