using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace Utp.Actors;

/// <summary>
/// Connections that a listener is to open, put here by the manager. A queue beside the mailbox, so that nothing is lost when the listener stops: the manager
/// answers for what is left. Many at once are one message.
/// </summary>
internal sealed class OpenQueue
{
    private readonly ConcurrentQueue<OpenConnection> _queue = new();
    private int _told;

    /// <summary>One more. Any thread.</summary>
    /// <param name="open">What is to be opened.</param>
    /// <param name="listener">Is told; null: it is not there yet.</param>
    public void Add(OpenConnection open, IActorRef? listener)
    {
        _queue.Enqueue(open);
        if (listener is not null)
            TellOf(listener);
    }

    /// <summary>Tells the listener that something waits, unless it has been told.</summary>
    public void TellOf(IActorRef listener)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
            listener.Tell(OpensWaiting.Instance, ActorRefs.NoSender);
    }

    /// <summary>The listener looks now: what comes from here on is told again.</summary>
    public void OnHeard() => Interlocked.Exchange(ref _told, 0);

    /// <summary>The next one, once.</summary>
    public bool TryTake([MaybeNullWhen(false)] out OpenConnection open) => _queue.TryDequeue(out open);
}
