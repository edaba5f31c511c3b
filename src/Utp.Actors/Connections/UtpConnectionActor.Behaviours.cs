using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

// What the users' messages mean in each state. The core is the truth; a behaviour only knows who is to be told.
//
//   SynSent ─► WaitingForRegister ─► Connected ─► FinSent ─► Ending ─► TimeWait
//                                    (PeerFin: the same, the peer's direction is closed)
internal sealed partial class UtpConnectionActor
{
    private bool _peerFinished;
    private bool _unregisteredTooLong;
    private bool _shuttingDown;
    private CloseReason _peerFinReason;

    /// <summary>Nobody knows this connection yet but its attempt, if there is one.</summary>
    private void SynSent(object message)
    {
        switch (message)
        {
            case CancelOpen:
                CancelOpening(null);
                break;
            case OpenWon:
                OnWon();
                break;
            case ShutdownUnbind or ShutdownFlush:
                CancelOpening(Failures.ShuttingDown);
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
            case Register register:
                OnRegister(register);
                break;
            case SuspendReading:
                _readingSuspended = true;
                break;
            case ResumeReading:
                _readingSuspended = false;
                break;
            case StopReading stop:
                StopReading(stop);
                break;
            default:
                if (!OnWriting(message) && !OnClosing(message) && !OnCommon(message))
                    Unexpected(message);
                break;
        }
    }

    private void Connected(object message)
    {
        switch (message)
        {
            case InboundBatch batch:
                OnBatch(batch);
                break;
            case Register register:
                Fail(register, Failures.AlreadyRegistered);
                break;
            default:
                if (!OnWriting(message) && !OnReading(message) && !OnClosing(message) && !OnCommon(message))
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
            case TellEnd:
                TellEndNow();
                Drain();
                break;
            case CloseCommand:
                _closers ??= [];
                _closers.Add(Sender);
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
                if (_closedEvent is not null)
                    Sender.Tell(_closedEvent);
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
            case WriteCommand or Register or ResumeWriting:
                Fail((UtpCommand)message, Failures.OfEnd(_endReason));
                break;
            case CloseCommand:
                if (_closedEvent is not null)
                    Sender.Tell(_closedEvent);
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
                Fail((UtpCommand)message, Failures.OfEnd(_endReason));
                break;
            case ShutdownFlush:
                // Nobody waits for TimeWait when the system ends (note 0024).
                _shuttingDown = true;
                Drain();
                break;
            case StopReading stop:
                StopReading(stop);
                break;
            case Terminated or OwnerGone or SuspendReading or ResumeReading or ShutdownUnbind or CancelOpen or OpenWon:
                break;
            default:
                if (!OnCommon(message))
                    Unexpected(message);
                break;
        }
    }

    private bool OnWriting(object message)
    {
        if (!_writes.Handle(message, Sender, out var taken))
            return false;
        if (taken)
            DrainSoon();
        return true;
    }

    private bool OnReading(object message)
    {
        switch (message)
        {
            case SuspendReading:
                _readingSuspended = true;
                _core.SuspendReading();
                return true;
            case ResumeReading:
                _readingSuspended = false;
                _core.ResumeReading(Clock.Now);
                Drain();
                return true;
            case StopReading stop:
                StopReading(stop);
                return true;
            default:
                return false;
        }
    }

    private bool OnClosing(object message)
    {
        if (message is not CloseCommand command)
            return OnShutdown(message);
        _closers ??= [];
        _closers.Add(Sender);
        BeginClose(command);
        return true;
    }

    private bool OnShutdown(object message)
    {
        if (message is ShutdownUnbind or CancelOpen)
            return true;
        if (message is not ShutdownFlush)
            return false;
        _shuttingDown = true;
        if (_closeCommand is null or ConfirmedClose)
            BeginClose(Close.Instance);
        Drain();
        return true;
    }

    private void OnConnected()
    {
        if (_open is { IsRace: true })
        {
            _open.Attempt!.Tell(new OpenReady(_open.Try));
            return;
        }

        TellConnected();
    }

    // Of several addresses this one was first.
    private void OnWon()
    {
        if (_open is null)
            return;
        var initialData = _open.Connect.InitialData;
        if (!initialData.IsEmpty)
        {
            _core.AddInitialData(initialData, Clock.Now);
            _writes.OnInitialData(_owner);
        }

        TellConnected();
        Drain();
    }

    private void TellConnected()
    {
        _connectedTold = true;
        _owner.Tell(new Connected(RemoteEndPoint, LocalEndPoint) { PeerCapabilities = _core.PeerCapabilities });
        if (_open is not null)
        {
            _mayAnswer = true;
            if (_open.Attempt is not null)
            {
                Context.Watch(_owner);
                if (_open.IsRace)
                    Context.Unwatch(_open.Attempt);
                _open.Attempt.Tell(new OpenSucceeded(_open.Try));
            }

            _open = null;
            Become(WaitingForRegister);
        }

        if (_registerTimeout > TimeSpan.Zero)
            _registerDeadline = Clock.Now.Plus(_registerTimeout.Micros());
    }

    // One that lost a race is closed, not reset: its peer has done nothing wrong.
    private void CancelOpening(Failure? cause)
    {
        _cancelledBy = cause;
        if (_core.State == ConnectionState.SynSent)
            _core.Abort(Clock.Now);
        else
            CloseCore();
        Drain();
    }

    private void OnRegister(Register register)
    {
        if (register.Handler is null)
        {
            Fail(register, Failures.NoHandler);
            return;
        }

        _handler = register.Handler;
        _keepOpenOnPeerClosed = register.KeepOpenOnPeerClosed;
        _writes.UsesResumeWriting = register.UseResumeWriting;
        _registerDeadline = Instant.Never;
        if (!_handler.Equals(_owner) || _isAcceptor)
        {
            // Of what was accepted the listener watches the owner.
            if (!_isAcceptor)
                Context.Unwatch(_owner);
            Context.Watch(_handler);
        }

        Become(Connected);
        if (!_readingSuspended)
            _core.ResumeReading(Clock.Now);
        if (_peerFinished)
            FollowPeer();
        Drain();
    }

    private void OnPeerFinished(CloseReason reason)
    {
        _peerFinished = true;
        _peerFinReason = reason;
        if (_handler is not null && (_closeCommand is null || (_keepOpenOnPeerClosed && _closeCommand is ConfirmedClose)))
            FollowPeer();
    }

    // As Akka.IO.Tcp does: tell and stay open, or flush and close too.
    private void FollowPeer()
    {
        if (_keepOpenOnPeerClosed)
        {
            _handler!.Tell(new PeerClosed(_peerFinReason) { Statistics = _core.GetStatistics() });
            return;
        }

        Become(FinSent);
        _core.Close(Clock.Now);
    }

    private void OnTerminated(IActorRef dead)
    {
        if (_open is { IsRace: true } && dead.Equals(_open.Attempt))
        {
            CancelOpening(null);
            return;
        }

        if (!dead.Equals(_handler ?? _owner))
            return;
        _handler = _owner = ActorRefs.Nobody;
        switch (_closeCommand)
        {
            case Close:
                // It said all it had to say.
                return;
            case ConfirmedClose:
                // Nobody reads any more.
                CloseCore();
                break;
            default:
                // The peer must not take a stream that was cut off for a finished one.
                AbortCore();
                break;
        }

        Drain();
    }
}
