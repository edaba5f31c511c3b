using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

// Input → drain → wait: what follows from every input, once.
internal sealed partial class UtpConnectionActor
{
    // A turn is bounded, so that one fast connection does not hold its thread; it goes on behind what its mailbox has.
    private const int MaxDatagramsPerTurn = 128;

    // A NAT forgets after 30 s; the keep-alive's 29 s leave room for this.
    private const long FarMicros = 2_000_000;
    private const long CommonMomentMicros = 100_000;

    // Any UDP payload fits; a send copies nothing that outlives it, so one buffer per thread does.
    [ThreadStatic]
    private static byte[]? _threadBuffer;

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
        // Events first: what the handler reads opens the window that the acknowledgement advertises.
        DeliverEvents();
        Transmit();

        // What a send met may have ended the connection.
        DeliverEvents();
        if (!_confirmationTold && _core.IsAddressConfirmed)
        {
            _confirmationTold = true;
            _port.Listener.Tell(new AddressConfirmed(_handle));
        }

        if (_resumeAsker is not null)
            ResumeWritingIfRoom();
        if (_core.IsTerminated && _endTold)
            LeaveListener();
        else
            ArmDeadline();
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
                case ConnectionEventKind.WritesDelivered:
                    _writes?.OnDelivered(happened.Count, Self);
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
        _handler?.Tell(new Received(received.Data, received.Metadata));
        if (_pullMode)
        {
            _readingSuspended = true;
            _core.SuspendReading();
        }
    }

    private void Transmit()
    {
        var buffer = _threadBuffer ??= GC.AllocateUninitializedArray<byte>(ushort.MaxValue);
        for (var i = 0; i < MaxDatagramsPerTurn; i++)
        {
            // The timestamp is taken here, just before the send.
            var now = Clock.Now;
            if (!_core.PollTransmit(buffer, now, out var transmit))
                return;
            var status = _port.Channel.Send(_handle.Path, buffer.AsSpan(0, transmit.Length), transmit.Length, transmit.DontFragment);
            if (status != SendStatus.Sent && !OnNotSent(status, now))
                return;
        }

        if (!_drainPending)
            DrainLater();
    }

    // A datagram that the kernel never took is not lost, so it must not look lost: the core takes it back.
    private bool OnNotSent(SendStatus status, Instant now)
    {
        switch (status)
        {
            case SendStatus.WouldBlock:
                _core.HandleUnsent(1, now);
                if (!_waitsForWritable)
                {
                    _waitsForWritable = true;
                    _port.Listener.Tell(new WaitsForWritable(_handle));
                }

                return false;
            case SendStatus.MessageTooLarge:
                _core.HandleTooLarge(1, now);
                return true;
            case SendStatus.Closed:
                // The listener tells why; until then nothing can leave.
                return false;
            default:
                if (status.ToPathError() is { } error)
                    _core.HandlePathError(error, now);
                return true;
        }
    }

    // One deadline at a time, moved only earlier: a late or spurious expiry is harmless. Far ones (keep-alive, idle) are put off to a common
    // moment: thousands of idle connections then share a wake-up, a batch and its cache, instead of paying for one each.
    private void ArmDeadline()
    {
        var next = Instant.Min(_core.NextDeadline, _registerDeadline);
        if (next >= _armed)
            return;
        if (next.Since(Clock.Now) > FarMicros)
            next = Instant.Min(_armed, next.Plus(CommonMomentMicros - (next.Micros % CommonMomentMicros)));
        if (next == _armed)
            return;
        _armed = next;
        _port.Deadlines.Arm(_handle, next);
    }
}
