using Akka.Actor;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// One connection: translates between its users' messages, its listener's batches, and the core, which decides everything that concerns the protocol. Sends
/// its own datagrams on the listener's socket, from its own thread. Never restarted: its sequence state would be gone.
/// </summary>
internal sealed class UtpConnectionActor(Port port) : UntypedActor
{
    private readonly PhaseTracker _phases = new();

    // While the session is being made: what fails if it cannot be.
    private StartConnection? _start;
    private ConnectionSession? _session;

    // Made by the first message.
    private ConnectionSession Session => _session!;

    /// <summary>Each phase understands its own messages.</summary>
    protected override void OnReceive(object message)
    {
        switch (_phases.Current)
        {
            case ConnectionPhase.Connected:
                Connected(message);
                break;
            case ConnectionPhase.WaitingForRegister:
                WaitingForRegister(message);
                break;
            case ConnectionPhase.FinSent:
                FinSent(message);
                break;
            case ConnectionPhase.SynSent:
                SynSent(message);
                break;
            case ConnectionPhase.Ending:
                Ending(message);
                break;
            case ConnectionPhase.TimeWait:
                TimeWait(message);
                break;
            case ConnectionPhase.Over:
                Over(message);
                break;
            default:
                Starting(message);
                break;
        }
    }

    /// <summary>
    /// A defect must not lose what the mailbox holds (memory), nor leave anybody waiting, so the connection is not left to its supervisor at once: it tells
    /// its users, resets the peer, and lets the listener end it.
    /// </summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, message);
        }
#pragma warning disable CA1031 // Whatever was thrown, this connection alone must end.
        catch (Exception e)
#pragma warning restore CA1031 // See above.
        {
            Crash(e);
            return true;
        }
    }

    /// <inheritdoc/>
    protected override void PostStop() => _session?.OnStopped();

    private void Starting(object message)
    {
        if (message is not StartConnection start)
        {
            Unhandled(message);
            return;
        }

        _start = start;
        try
        {
            var now = Clock.Now;
            _session = new ConnectionSession(start, port, _phases, new Departure(start.Handle, port, _phases, Context), Context, now);
            _start = null;
            _session.Begin(start, now);
        }
        finally
        {
            start.Release();
        }

        _session.Drain();
    }

    /// <summary>Nobody knows this connection yet but its attempt, if there is one.</summary>
    private void SynSent(object message)
    {
        switch (message)
        {
            case CancelOpen:
                Session.CancelOpening(null);
                break;
            case OpenWon:
                Session.OnWon();
                break;
            case ShutdownUnbind or ShutdownFlush:
                Session.CancelOpening(Failures.ShuttingDown);
                break;
            default:
                if (!OnCommon(message))
                    Unexpected(message);
                break;
        }
    }

    /// <summary>Connected has been told; what the peer sends waits inside.</summary>
    private void WaitingForRegister(object message)
    {
        switch (message)
        {
            case Register { Handler: null } register:
                Fail(register, Failures.NoHandler);
                break;
            case Register register:
                Session.OnRegister(register);
                break;
            case SuspendReading:
                Session.OnSuspendReading();
                break;
            case ResumeReading:
                Session.OnResumeReading();
                break;
            case StopReading stop:
                Session.StopReading(stop);
                break;
            case AbortWriting abort:
                Session.AbortWriting(abort);
                break;
            default:
                if (!Session.OnWriting(message, Sender) && !OnClosing(message) && !OnCommon(message))
                    Unexpected(message);
                break;
        }
    }

    private void Connected(object message)
    {
        switch (message)
        {
            case InboundBatch batch:
                Session.OnBatch(batch);
                break;
            case Register register:
                Fail(register, Failures.AlreadyRegistered);
                break;
            default:
                if (!Session.OnWriting(message, Sender) && !OnReading(message) && !OnClosing(message) && !OnCommon(message))
                    Unexpected(message);
                break;
        }
    }

    /// <summary>We close, or follow the peer: nothing more can be written, and the core flushes.</summary>
    private void FinSent(object message)
    {
        switch (message)
        {
            case WriteCommand or ResumeWriting:
                Fail((UtpCommand)message, Failures.Closing);
                break;
            case Register register:
                Fail(register, Failures.Closing);
                break;
            default:
                if (!OnReading(message) && !OnClosing(message) && !OnCommon(message))
                    Unexpected(message);
                break;
        }
    }

    /// <summary>The core has ended. What the mailbox held then fails first, so that the closing event is the last message.</summary>
    private void Ending(object message)
    {
        switch (message)
        {
            case EndMark:
                Session.OnEndMark();
                break;
            case CloseCommand:
                Session.AddCloser(Sender);
                break;
            default:
                OnAfterEnd(message);
                break;
        }
    }

    /// <summary>Everybody knows; late packets are still answered.</summary>
    private void TimeWait(object message)
    {
        switch (message)
        {
            case CloseCommand:
                if (Session.ClosedEvent is { } closed)
                    Sender.Tell(closed);
                break;
            default:
                OnAfterEnd(message);
                break;
        }
    }

    /// <summary>The listener's table has forgotten us; what the mailbox held then is taken leave of.</summary>
    private void Over(object message)
    {
        switch (message)
        {
            case StopConnection:
                Context.Stop(Self);
                break;
            case InboundBatch batch:
                batch.Release();
                break;
            case FilePiece piece:
                piece.File.OnRead(piece.Data.Length);
                break;
            case WriteCommand or Register or ResumeWriting:
                Fail((UtpCommand)message, _session?.EndFailure ?? Failures.Closing);
                break;
            case CloseCommand:
                if (_session?.ClosedEvent is { } closed)
                    Sender.Tell(closed);
                break;
            case UtpCommand:
                Unexpected(message);
                break;
        }
    }

    private void OnAfterEnd(object message)
    {
        switch (message)
        {
            case WriteCommand or Register or ResumeWriting:
                Fail((UtpCommand)message, Session.EndFailure);
                break;
            case ShutdownFlush:
                Session.OnShutdown(mayClose: false);
                break;
            case StopReading stop:
                Session.StopReading(stop);
                break;
            case Terminated or OwnerGone or AbortWriting or SuspendReading or ResumeReading or ShutdownUnbind or CancelOpen or OpenWon:
                break;
            default:
                if (!OnCommon(message))
                    Unexpected(message);
                break;
        }
    }

    private bool OnReading(object message)
    {
        switch (message)
        {
            case SuspendReading:
                Session.OnSuspendReading();
                return true;
            case ResumeReading:
                Session.OnResumeReading();
                return true;
            case StopReading stop:
                Session.StopReading(stop);
                return true;
            case AbortWriting abort:
                Session.AbortWriting(abort);
                return true;
            default:
                return false;
        }
    }

    private bool OnClosing(object message)
    {
        if (message is not CloseCommand command)
            return OnShutdown(message);
        Session.AddCloser(Sender);
        Session.BeginClose(command);
        return true;
    }

    private bool OnShutdown(object message)
    {
        if (message is ShutdownUnbind or CancelOpen)
            return true;
        if (message is not ShutdownFlush)
            return false;
        Session.OnShutdown(mayClose: true);
        return true;
    }

    /// <summary>What every behaviour understands: the network, time, and questions.</summary>
    /// <returns>Whether it was one of these.</returns>
    private bool OnCommon(object message)
    {
        switch (message)
        {
            case InboundBatch batch:
                Session.OnBatch(batch);
                break;
            case DrainNow:
                Session.OnDrainNow();
                break;
            case FilePiece piece:
                Session.OnFilePiece(piece);
                break;
            case AcceptGranted:
                Session.OnAcceptGranted();
                break;
            case DropHalfOpen:
                Session.DropHalfOpen();
                break;
            case DeadlineExpired:
                Session.OnDeadline();
                break;
            case GetStatistics:
                Sender.Tell(Session.Statistics);
                break;
            case Terminated terminated:
                Session.OnTerminated(terminated.ActorRef);
                break;
            case OwnerGone gone:
                Session.OnTerminated(gone.Owner);
                break;
            default:
                return Session.OnReport(message, Sender);
        }

        return true;
    }

    private void Unexpected(object message)
    {
        if (message is UtpCommand command)
            Fail(command, Failures.NotUnderstood(command, "a connection"));
        else
            Unhandled(message);
    }

    private void Fail(UtpCommand command, in Failure failure) =>
        Sender.Tell(new CommandFailed(command, failure.Cause, failure.Message, failure.Exception));

    private void Crash(Exception exception)
    {
        Context.GetLogger().Error(exception, "uTP connection with {Peer} failed and is closed; others are not affected [{UtpEvent}]", _session?.Remote ?? _start?.Handle.Path.Remote, UtpLogEvents.ConnectionFailed);
        if (_session is not null)
            _session.OnCrashed(exception);
        else if (_start is not null)
            FailStart(_start, exception);
        else
            Context.Stop(Self);
    }

    // The core could not be made, as when a user's congestion control throws: nobody has heard of the connection but whoever opens it.
    private void FailStart(StartConnection start, Exception exception)
    {
        var reason = new CloseReason(CloseCause.InternalError, Detail: exception.Message);
        port.Counts.AddEnded(reason.Cause);
        start.Opens?.Fail(new Failure(FailureCause.InternalError, Failures.SentenceOf(reason), exception), Self);
        new Departure(start.Handle, port, _phases, Context).Leave();
    }
}
