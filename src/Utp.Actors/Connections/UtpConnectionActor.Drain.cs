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

    // An answer to what a handler was given comes within some 10 µs on an idle machine; a peer's round trips may look longer by this, and no more.
    private const long AnswerMicros = 500;

    // A queue of a few packets at 50 Mbit/s has room for the next one after this time; asking a slower one in vain is a cheap system call.
    private const long QueueRetryMicros = 250;

    // A burst, and behind it the next datagram, which may be of any size. A send copies nothing that outlives it, so one buffer per thread does.
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
        if (_resumeAsker is not null)
            ResumeWritingIfRoom();
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
                    OnWritesFailed(happened.Reason);
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
        _mayAnswer = true;
        _handler?.Tell(new Received(received.Data, received.Metadata) { Pool = DeliveryPool.Instance });
        if (_pullMode)
        {
            _readingSuspended = true;
            _core.SuspendReading();
        }
    }

    // Datagrams of equal size leave as one burst. The timestamp is that of the burst, taken as it begins: a few µs before the send.
    private void Transmit()
    {
        var buffer = _threadBuffer ??= GC.AllocateUninitializedArray<byte>(2 * ushort.MaxValue);
        var burst = new Burst(_handle.BurstBytes);
        var now = Clock.Now;
        for (var i = 0; i < MaxDatagramsPerTurn; i++)
        {
            if (!_core.PollTransmit(buffer.AsSpan(burst.Bytes), now, out var transmit))
            {
                // What was too large and taken back leaves in this drain too, in other sizes: nothing else would wake us for it.
                if (Send(burst, buffer, behind: 0, now) != BurstResult.TakenBack)
                    return;
                burst = new Burst(_handle.BurstBytes);
                now = Clock.Now;
                continue;
            }

            if (!burst.Takes(transmit))
            {
                // It was written behind the burst, and begins the next one.
                switch (Send(burst, buffer, behind: 1, now))
                {
                    case BurstResult.Stop:
                        return;
                    case BurstResult.Gone:
                        buffer.AsSpan(burst.Bytes, transmit.Length).CopyTo(buffer);
                        burst = new Burst(_handle.BurstBytes);
                        burst.Add(transmit);
                        break;
                    default:
                        burst = new Burst(_handle.BurstBytes);
                        break;
                }

                now = Clock.Now;
            }
            else
            {
                burst.Add(transmit);
            }

            // What is polled now would be written behind it, and copied to the beginning.
            if (burst.IsFull)
            {
                if (Send(burst, buffer, behind: 0, now) == BurstResult.Stop)
                    return;
                burst = new Burst(_handle.BurstBytes);
                now = Clock.Now;
            }
        }

        if (Send(burst, buffer, behind: 0, now) != BurstResult.Stop && !_drainPending)
            DrainLater();
    }

    /// <summary>Sends a burst. What the kernel did not take is not lost, so it must not look lost: the core takes it back.</summary>
    /// <param name="burst">At the beginning of <paramref name="buffer"/>.</param>
    /// <param name="buffer">Its bytes.</param>
    /// <param name="behind">Datagrams that were polled after it, and are taken back with it.</param>
    /// <param name="now">The time.</param>
    private BurstResult Send(in Burst burst, byte[] buffer, int behind, Instant now)
    {
        var offset = 0;
        var left = burst.Count;
        PathError? pathError = null;
        while (left > 0)
        {
            var sent = _handle.Channel.SendBurst(_handle.Path, buffer.AsSpan(offset, burst.Bytes - offset), burst.SegmentBytes, burst.DontFragment, out var status);
            left -= sent;
            offset += sent * burst.SegmentBytes;
            if (left == 0)
                break;
            switch (status)
            {
                case SendStatus.WouldBlock:
                    _core.HandleUnsent(left + behind, now);
                    if (!_waitsForWritable)
                    {
                        _waitsForWritable = true;
                        _port.Listener.Tell(new WaitsForWritable(_handle));
                    }

                    return BurstResult.Stop;
                case SendStatus.NoBuffers:
                    _core.HandleUnsent(left + behind, now);
                    _queueRetry = now.Plus(QueueRetryMicros);
                    return BurstResult.Stop;
                case SendStatus.MessageTooLarge:
                    _core.HandleTooLarge(left + behind, now);
                    return BurstResult.TakenBack;
                case SendStatus.Closed:
                    // The listener tells why; until then nothing can leave.
                    return BurstResult.Stop;
                default:
                    pathError ??= status.ToPathError();
                    left--;
                    offset += burst.SegmentBytes;
                    break;
            }
        }

        // Told last, because the core then takes what was polled for sent.
        if (pathError is { } error)
            _core.HandlePathError(error, now);
        return BurstResult.Gone;
    }

    // A queue below the socket was full, and nothing tells when it has room.
    private void RetryAfterFullQueue(Instant now)
    {
        if (now < _queueRetry)
            return;
        _queueRetry = Instant.Never;
        _core.HandleWritable(now);
    }

    // One deadline at a time: a late or spurious expiry is harmless.
    private void ArmDeadline()
    {
        var next = Instant.Min(Instant.Min(_core.NextDeadline, _registerDeadline), _queueRetry);
        if (_handle.MoveDeadline(next))
            _port.Deadlines.Arm(_handle, next);
    }

    private enum BurstResult
    {
        /// <summary>All is sent, or as good as sent.</summary>
        Gone,

        /// <summary>The core has taken back what was left, and what was behind; it goes on with other sizes.</summary>
        TakenBack,

        /// <summary>The socket takes nothing now.</summary>
        Stop,
    }
}
