using Akka.Actor;

namespace Utp.Actors;

/// <summary>
/// A connection that is being opened, until its commander has heard of it: who follows the attempt, and whether others race with it. Owned by the connection's actor, which
/// alone calls it.
/// </summary>
internal sealed class Opening(OpenConnection open, ConnectionUsers users, IActorContext context)
{
    /// <summary>Whether other addresses are tried beside this one: then the attempt says which connection the commander hears of.</summary>
    public bool IsRace => open.IsRace;

    /// <summary>The user's first bytes. Of several connections that are tried only one may carry them.</summary>
    public ReadOnlyMemory<byte> InitialData => open.Connect.InitialData;

    /// <summary>Why it was given up; null: it was not, or nobody asks.</summary>
    public Failure? CancelledBy { get; private set; }

    /// <summary>Tells who follows it.</summary>
    public void Start()
    {
        if (open.Attempt is null)
            users.WatchOwner();
        else
            open.Attempt.Tell(new OpenStarted(open.Try, context.Self));

        // When another one has won, nobody may be there any more who could say so.
        if (open.IsRace)
            context.Watch(open.Attempt);
    }

    /// <summary>Whether this is who follows a race.</summary>
    public bool IsFollowedBy(IActorRef actor) => open.IsRace && actor.Equals(open.Attempt);

    /// <summary>The handshake is complete, and the attempt decides which connection is used.</summary>
    public void TellReady() => open.Attempt!.Tell(new OpenReady(open.Try));

    /// <summary>The commander has heard of it.</summary>
    public void Succeed()
    {
        if (open.Attempt is null)
            return;
        users.WatchOwner();
        if (open.IsRace)
            context.Unwatch(open.Attempt);
        open.Attempt.Tell(new OpenSucceeded(open.Try));
    }

    /// <summary>It is given up, for this reason; null: nobody asks.</summary>
    public void OnCancelled(Failure? cause) => CancelledBy = cause;

    /// <summary>It came to nothing.</summary>
    public void Fail(in Failure failure) => open.Fail(failure, context.Self);
}
