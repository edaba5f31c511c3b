using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// How a connection begins for its users: on whose word it waits once the handshake is complete, who hears <see cref="Connected"/>, and how long it waits for
/// <see cref="Register"/>. Owned by the connection's actor, which alone calls it.
/// </summary>
/// <param name="handle">The connection's.</param>
/// <param name="listener">Asked whether the handler wants another connection.</param>
/// <param name="core">The connection.</param>
/// <param name="users">Who hears of it.</param>
/// <param name="path">Its addresses.</param>
/// <param name="reading">Knows that the users may answer.</param>
/// <param name="writes">Knows that the user's first bytes are on their way.</param>
/// <param name="phases">Where it stands.</param>
/// <param name="observers">Are told that it is open.</param>
/// <param name="opening">What is there while we open it; null: it is accepted.</param>
/// <param name="waitsForAccept">Whether its handler asks for connections.</param>
/// <param name="registerTimeout">How long to wait for <see cref="Register"/>; zero: for ever.</param>
internal sealed class ConnectionBeginning(
    ConnectionHandle handle,
    IActorRef listener,
    UtpConnection core,
    ConnectionUsers users,
    ConnectionPath path,
    ReadDesk reading,
    WriteDesk writes,
    PhaseTracker phases,
    ConnectionObservers observers,
    Opening? opening,
    bool waitsForAccept,
    TimeSpan registerTimeout)
{
    // Until its commander has heard of it.
    private Opening? _opening = opening;

    /// <summary>Whether somebody has heard of the connection.</summary>
    public bool IsTold { get; private set; }

    /// <summary>Whether we open it, and nobody has heard of it.</summary>
    public bool IsOpening => _opening is not null;

    /// <summary>When it ends if nobody has registered.</summary>
    public Instant RegisterBy { get; private set; } = Instant.Never;

    /// <summary>We open it.</summary>
    /// <param name="initialData">What the ST_SYN carries for the user.</param>
    public void OnBegins(ReadOnlyMemory<byte> initialData)
    {
        if (!initialData.IsEmpty)
            writes.OnInitialData(users.Owner);
        _opening!.Start();
    }

    /// <summary>The handshake is complete.</summary>
    public void OnHandshakeDone()
    {
        if (_opening is { IsRace: true })
            _opening.TellReady();
        else if (waitsForAccept)
            listener.Tell(new AcceptWaits(handle), ActorRefs.NoSender);
        else
            Tell();
    }

    /// <summary>The handler has asked for this connection.</summary>
    public void OnAcceptGranted()
    {
        if (!IsTold)
            Tell();
    }

    /// <summary>Of several addresses this one was first.</summary>
    public void OnWon(Instant now)
    {
        if (_opening is null)
            return;
        var initialData = _opening.InitialData;
        if (!initialData.IsEmpty)
        {
            core.AddInitialData(initialData, now);
            writes.OnInitialData(users.Owner);
        }

        Tell();
    }

    /// <summary>Nobody wants it any more.</summary>
    public void OnCancelled(Failure? cause) => _opening?.OnCancelled(cause);

    /// <summary>Whether this is who follows the race that it runs in.</summary>
    public bool IsFollowedBy(IActorRef actor) => _opening is not null && _opening.IsFollowedBy(actor);

    /// <summary>Whether nobody has registered in time; true once.</summary>
    public bool IsOverdue(Instant now)
    {
        if (now < RegisterBy)
            return false;
        RegisterBy = Instant.Never;
        return true;
    }

    /// <summary>Somebody has registered, or nobody needs to any more.</summary>
    public void OnRegisterSettled() => RegisterBy = Instant.Never;

    /// <summary>The core has ended.</summary>
    public void OnEnded(CloseReason reason)
    {
        RegisterBy = Instant.Never;
        if (_opening is not null)
            Fail(_opening.CancelledBy ?? Failures.OfConnect(path.RemoteEndPoint, reason));
    }

    /// <summary>The core cannot be asked to end any more.</summary>
    public void OnEndedByForce(CloseReason reason, Exception? exception)
    {
        if (_opening is not null)
            Fail(new Failure(FailureCause.InternalError, Failures.SentenceOf(reason), exception));
    }

    private void Tell()
    {
        IsTold = true;
        handle.IsConnectedTold = true;

        // The peer's first packet waits until the user has registered, and may be answered then.
        reading.ExpectAnswer();
        users.Owner.Tell(new Connected(path.RemoteEndPoint, path.LocalEndPoint) { PeerCapabilities = core.PeerCapabilities });
        if (_opening is not null)
        {
            _opening.Succeed();
            _opening = null;
            phases.MoveTo(ConnectionPhase.WaitingForRegister);
        }

        var now = Clock.Now;
        observers.OnOpened(now);
        if (registerTimeout > TimeSpan.Zero)
            RegisterBy = now.Plus(registerTimeout.Micros());
    }

    private void Fail(in Failure failure)
    {
        _opening!.Fail(failure);
        _opening = null;
    }
}
