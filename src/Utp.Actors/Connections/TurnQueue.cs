using Akka.Actor;

namespace Utp.Actors;

/// <summary>
/// Whether what follows from an input is done at once, or behind what the mailbox holds, so that the writes of one turn leave together. Owned by the connection's actor, which
/// alone calls it.
/// </summary>
internal sealed class TurnQueue(IActorContext context)
{
    /// <summary>Whether a <see cref="DrainNow"/> is under way.</summary>
    public bool IsPutOff { get; private set; }

    /// <summary>Whether more messages wait.</summary>
    public bool HasMore => ((ActorCell)context).HasMessages;

    /// <summary>Comes again behind what the mailbox holds.</summary>
    public void PutOff()
    {
        if (IsPutOff)
            return;
        IsPutOff = true;
        context.Self.Tell(DrainNow.Instance, ActorRefs.NoSender);
    }

    /// <summary>It has come.</summary>
    public void OnCame() => IsPutOff = false;
}
