using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

// Input → drain → wait: what follows from every input, once.
internal sealed partial class UtpConnectionActor
{
    // An answer to what a handler was given comes within some 10 µs on an idle machine; a peer's round trips may look longer by this, and no more.
    private const long AnswerMicros = 500;

    /// <summary>After a user's command: at once, or, when more commands wait, after them, so that the writes of one turn leave together.</summary>
    private void DrainSoon()
    {
        if (_drainPending)
            return;
        if (HasMoreMessages)
            DrainLater();
        else
            Drain();
    }

    private static bool HasMoreMessages => ((ActorCell)Context).HasMessages;

    private void DrainLater()
    {
        _drainPending = true;
        Self.Tell(DrainNow.Instance, ActorRefs.NoSender);
    }

    private void Drain()
    {
        if (!_confirmationTold && _core.IsAddressConfirmed)
            OnAddressConfirmed();

        // Events first: what the handler reads opens the window that the acknowledgement advertises.
        DeliverEvents();
        if (_mayAnswer)
        {
            _mayAnswer = false;
            _core.HoldAcknowledgement(Clock.Now.Plus(AnswerMicros));
        }

        Transmit();

        // What a send met may have ended the connection.
        DeliverEvents();
        if (_core.PollPathSize(out var pathSize))
            _port.Listener.Tell(new PathSizeReport(_handle.Path.Remote.Address, pathSize), ActorRefs.NoSender);
        _writes.ResumeIfRoom();
        if (_endTold && (_core.IsTerminated || (_shuttingDown && _core.HasSaidAll)))
            LeaveListener();
        else
            ArmDeadline();
    }

    private void OnAddressConfirmed()
    {
        _confirmationTold = true;
        _port.OnConfirmed(_handle);
        _handle.BurstBytes = _port.Ceilings.BurstFor(_handle.Path.Remote, Clock.Now);
        if (_searchesPathMtu && _port.Ceilings.For(_handle.Path.Remote, Clock.Now) is > 0 and var ceiling)
            _core.SetMtuCeiling(ceiling);
    }

    private void DeliverEvents()
    {
        while (_core.PollEvent(out var happened))
        {
            switch (happened.Kind)
            {
                case ConnectionEventKind.Connected:
                    OnConnected();
                    break;
                case ConnectionEventKind.Received:
                    OnReceived(happened);
                    break;
                case ConnectionEventKind.PeerFinished:
                    OnPeerFinished(happened.Reason);
                    break;
                case ConnectionEventKind.WritesFailed:
                    _writes.OnPeerStopsReading(happened.Reason);
                    break;
                case ConnectionEventKind.WritesDelivered:
                    _writes.OnDelivered(happened.Count);
                    break;
                case ConnectionEventKind.Closed:
                    OnClosed(happened.Reason);
                    break;
            }
        }
    }

    private void OnReceived(in ConnectionEvent received)
    {
        if (_discardsReceived)
            return;
        _mayAnswer = true;
        _handler?.Tell(new Received(received.Data, received.Metadata) { Pool = DeliveryPool.Instance });
        if (_pullMode)
        {
            _readingSuspended = true;
            _core.SuspendReading();
        }
    }

    private void Transmit()
    {
        if (_transmission.Run() && !_drainPending)
            DrainLater();
    }

    // One deadline at a time: a late or spurious expiry is harmless.
    private void ArmDeadline()
    {
        var next = Instant.Min(Instant.Min(_core.NextDeadline, _registerDeadline), _transmission.RetryAt);
        if (_handle.MoveDeadline(next))
            _port.Deadlines.Arm(_handle, next);
    }
}
