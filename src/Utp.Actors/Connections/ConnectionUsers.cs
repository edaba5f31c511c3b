using Akka.Actor;
using Utp.Messages;

namespace Utp.Actors;

/// <summary>
/// Who hears what happens to a connection: the owner until somebody registers, the handler from then on, and whoever asked for the end. Watches them. Owned by the connection's
/// actor, which alone calls it.
/// </summary>
/// <param name="context">The actor's.</param>
/// <param name="owner">Who opened the connection, or whose listener accepted it.</param>
/// <param name="isAcceptor">Whether it was accepted: then the listener watches the owner.</param>
internal sealed class ConnectionUsers(IActorContext context, IActorRef owner, bool isAcceptor)
{
    private List<IActorRef>? _closers;

    /// <summary>The owner; Nobody when it is gone.</summary>
    public IActorRef Owner { get; private set; } = owner;

    /// <summary>Who has registered; null: nobody yet.</summary>
    public IActorRef? Handler { get; private set; }

    /// <summary>Ends when the owner does.</summary>
    public void WatchOwner() => context.Watch(Owner);

    /// <summary>Somebody registers.</summary>
    public void Register(IActorRef handler)
    {
        Handler = handler;
        if (handler.Equals(Owner) && !isAcceptor)
            return;
        if (!isAcceptor)
            context.Unwatch(Owner);
        context.Watch(handler);
    }

    /// <summary>Somebody is gone; returns whether nobody is left now.</summary>
    public bool OnTerminated(IActorRef dead)
    {
        if (!dead.Equals(Handler ?? Owner))
            return false;
        Handler = Owner = ActorRefs.Nobody;
        return true;
    }

    /// <summary>Somebody asks for the end, and hears of it.</summary>
    public void AddCloser(IActorRef closer) => (_closers ??= []).Add(closer);

    /// <summary>Tells everybody of the end, each once, however often it asked.</summary>
    public void TellEnd(ConnectionClosed closed)
    {
        var handler = Handler ?? Owner;
        if (!handler.IsNobody())
        {
            context.Unwatch(handler);
            handler.Tell(closed);
        }

        foreach (var closer in (IEnumerable<IActorRef>?)_closers?.Distinct() ?? [])
        {
            if (!closer.Equals(handler))
                closer.Tell(closed);
        }
    }
}
