using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// What the handler reads: whether it takes data now, one piece at a time or not at all, and that it may answer what it was given. Owned by the connection's actor, which alone
/// calls it.
/// </summary>
/// <param name="core">Whose data it is. Reading is suspended there until somebody registers.</param>
/// <param name="users">Who hears of it.</param>
/// <param name="phases">Before somebody has registered, the user's wish is only remembered.</param>
/// <param name="pullMode">Whether each piece is asked for.</param>
internal sealed class ReadDesk(UtpConnection core, ConnectionUsers users, PhaseTracker phases, bool pullMode)
{
    // An answer to what a handler was given comes within some 10 µs on an idle machine; a peer's round trips may look longer by this, and no more.
    private const long AnswerMicros = 500;

    private readonly bool _pullMode = pullMode;
    private bool _isSuspended = pullMode;
    private bool _discards;
    private bool _mayAnswer;

    /// <summary>The user takes nothing for now.</summary>
    public void OnSuspend()
    {
        _isSuspended = true;
        if (phases.Current != ConnectionPhase.WaitingForRegister)
            core.SuspendReading();
    }

    /// <summary>The user reads again.</summary>
    /// <returns>Whether there may be something to tell or to send now.</returns>
    public bool OnResume(Instant now)
    {
        _isSuspended = false;
        if (phases.Current == ConnectionPhase.WaitingForRegister)
            return false;
        core.ResumeReading(now);
        return true;
    }

    /// <summary>Somebody has registered.</summary>
    public void OnRegistered(Instant now)
    {
        if (!_isSuspended)
            core.ResumeReading(now);
    }

    /// <summary>The user reads nothing more.</summary>
    public void OnStop(StopReading command, Instant now)
    {
        core.StopReading(now, command.LeavesUnread, command.Code);
        Discard(now);
    }

    /// <summary>Reading is resumed, so that data which nobody will read does not hold the end back.</summary>
    public void Discard(Instant now)
    {
        _discards = true;
        core.ResumeReading(now);
    }

    /// <summary>Data for the handler.</summary>
    public void OnReceived(in ConnectionEvent received)
    {
        if (_discards)
            return;
        _mayAnswer = true;
        users.Handler?.Tell(new Received(received.Data, received.Metadata) { Pool = DeliveryPool.Instance });
        if (!_pullMode)
            return;
        _isSuspended = true;
        core.SuspendReading();
    }

    /// <summary>The user was told something that it may answer, and the acknowledgement of which waits for that.</summary>
    public void ExpectAnswer() => _mayAnswer = true;

    /// <summary>After a turn's events: the acknowledgement of what the handler was given waits for its answer (design note 16).</summary>
    public void HoldAcknowledgement()
    {
        if (!_mayAnswer)
            return;
        _mayAnswer = false;
        core.HoldAcknowledgement(Clock.Now.Plus(AnswerMicros));
    }
}
