using Akka.Actor;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

// How a connection ends: who hears it, in which order, and how it leaves its listener.
internal sealed partial class UtpConnectionActor
{
    private CloseCommand? _closeCommand;
    private List<IActorRef>? _closers;
    private CloseReason _endReason;
    private ConnectionClosed? _closedEvent;
    private bool _connectedTold;
    private bool _discardsReceived;
    private bool _endTold;
    private Failure? _cancelledBy;

    private void BeginClose(CloseCommand command)
    {
        // ConfirmedClose after Close would wait for what Close discards.
        if (_closeCommand is null || command is not ConfirmedClose)
            _closeCommand = command;
        switch (_closeCommand)
        {
            case Close close:
                CloseCore(close.Code);
                break;
            case ConfirmedClose confirmed:
                _core.CloseWrite(Clock.Now, confirmed.Code);
                break;
            case Abort abort:
                AbortCore(abort.Code);
                break;
        }

        _registerDeadline = Instant.Never;
        Become(FinSent);
        Drain();
    }

    // Reading is resumed, so that data which nobody will read does not hold the end back.
    private void CloseCore(ushort? code = null)
    {
        var now = Clock.Now;
        _discardsReceived = true;
        _core.Close(now, code);
        _core.ResumeReading(now);
    }

    private void StopReading(StopReading command)
    {
        var now = Clock.Now;
        _discardsReceived = true;
        _core.StopReading(now, command.LeavesUnread, command.Code);
        _core.ResumeReading(now);
        Drain();
    }

    private void AbortCore(ushort? code = null)
    {
        var now = Clock.Now;
        _discardsReceived = true;
        _core.Abort(now, code);
        _core.ResumeReading(now);
    }

    private void OnClosed(CloseReason reason)
    {
        _endReason = reason;
        _registerDeadline = Instant.Never;
        _writes.OnEnd(reason);
        if (_open is not null)
        {
            FailOpen(_cancelledBy ?? Failures.OfConnect(RemoteEndPoint, reason));
            _endTold = true;
            Become(TimeWait);
            return;
        }

        if (!_connectedTold)
        {
            // Nobody has heard of it.
            _endTold = true;
            Become(TimeWait);
            return;
        }

        _closedEvent = ClosedEvent(reason, null);
        if (HasMoreMessages)
        {
            Become(Ending);
            Self.Tell(TellEnd.Instance, ActorRefs.NoSender);
        }
        else
        {
            TellEndNow();
        }
    }

    // The event is named after what the user asked for, where it was granted.
    private ConnectionClosed ClosedEvent(CloseReason reason, Exception? exception)
    {
        var statistics = _core.GetStatistics();
        return (reason.Cause, _closeCommand) switch
        {
            (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed, Close) => new Closed(reason) { Statistics = statistics },
            (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed, ConfirmedClose) => new ConfirmedClosed(reason) { Statistics = statistics },
            (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed, _) =>
                new PeerClosed(new CloseReason(CloseCause.PeerClosed, reason.PeerCode ?? _peerFinReason.PeerCode)) { Statistics = statistics },
            (CloseCause.Aborted, Abort) => new Aborted(reason) { Statistics = statistics },
            _ => new ErrorClosed(reason, ErrorSentence(reason), exception) { Statistics = statistics },
        };
    }

    private string ErrorSentence(CloseReason reason) => _unregisteredTooLong
        ? $"Connection with {RemoteEndPoint}: nobody registered for it within {_registerTimeout.TotalSeconds:0.###} s; send Register when Connected arrives."
        : $"Connection with {RemoteEndPoint}: {Failures.SentenceOf(reason)}";

    private void TellEndNow()
    {
        _endTold = true;
        var handler = _handler ?? _owner;
        if (!handler.IsNobody())
        {
            Context.Unwatch(handler);
            handler.Tell(_closedEvent!);
        }

        // Each once, however often it asked.
        foreach (var closer in (IEnumerable<IActorRef>?)_closers?.Distinct() ?? [])
        {
            if (!closer.Equals(handler))
                closer.Tell(_closedEvent!);
        }

        Become(TimeWait);
    }

    /// <summary>The core cannot be asked to end any more, or nobody will be there to hear it: everything is told now.</summary>
    private void EndByForce(CloseReason reason, Exception? exception)
    {
        _endReason = reason;
        TryResetPeer();
        _writes?.OnEnd(reason);
        if (_open is not null)
        {
            FailOpen(new Failure(FailureCause.InternalError, Failures.SentenceOf(reason), exception));
            _endTold = true;
        }
        else if (!_connectedTold)
        {
            _endTold = true;
        }
        else
        {
            _closedEvent = new ErrorClosed(reason, ErrorSentence(reason), exception);
            TellEndNow();
        }
    }

    // When even this fails, the listener answers the peer's next packet with ST_RESET: its table does not know us any more.
    private void TryResetPeer()
    {
        try
        {
            if (_core is null)
                return;
            _core.Abort(Clock.Now);
            Transmit();
        }
#pragma warning disable CA1031 // The core may be what is broken.
        catch (Exception e)
#pragma warning restore CA1031 // See above.
        {
            Context.GetLogger().Debug("No ST_RESET for {0}: {1}", _handle.Path.Remote, e.Message);
        }
    }

    private void FailOpen(in Failure failure)
    {
        _open!.Fail(failure, Self);
        _open = null;
    }

    private void LeaveListener()
    {
        _handle.MoveDeadline(Instant.Never);
        _port.Deadlines.Cancel(_handle);
        _port.Remove(_handle);
        _port.Listener.Tell(new ConnectionOver(_handle));
        if (HasMoreMessages)
        {
            Become(Over);
            Self.Tell(StopConnection.Instance, ActorRefs.NoSender);
        }
        else
        {
            Context.Stop(Self);
        }
    }

    /// <summary>Comes behind everything that the mailbox held when the connection ended.</summary>
    private sealed class TellEnd : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly TellEnd Instance = new();
    }
}
