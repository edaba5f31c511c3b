using Akka.Actor;
using Utp.Messages;

namespace Utp.Streams;

/// <summary>
/// What was received and not read yet. The connection adds on its thread; one reader at a time takes. What waits here is bounded: beyond a mark the connection is told to
/// keep the rest, so that its window closes and the peer stops.
/// </summary>
internal sealed class Inflow
{
    // What a delivery takes beside its bytes; many small ones must not hide behind the mark.
    private const int DeliveryBytes = 256;

    private static readonly StopReading Unread = new() { LeavesUnread = true };

    private readonly object _gate = new();
    private readonly Waiter _arrival;
    private readonly Queue<Received> _queue = new();
    private readonly IActorRef _self;
    private readonly int _highBytes;
    private IActorRef _connection = ActorRefs.Nobody;
    private long _heldBytes;
    private bool _suspended;
    private bool _ended;
    private bool _stopped;
    private bool _disposed;
    private UtpException? _error;

    // Of the reader alone: the delivery that it is in the middle of.
    private Received? _current;
    private int _offset;

    /// <summary>Nothing has arrived.</summary>
    /// <param name="self">Who the commands to the connection come from.</param>
    /// <param name="highBytes">Above it the connection keeps what arrives.</param>
    public Inflow(IActorRef self, int highBytes)
    {
        _self = self;
        _highBytes = highBytes;
        _arrival = new Waiter(_gate);
    }

    /// <summary>Where a reader waits.</summary>
    public Waiter Arrival => _arrival;

    /// <summary>Whether a read would not wait.</summary>
    public bool IsReady
    {
        get
        {
            if (_current is not null)
                return true;
            lock (_gate)
                return _queue.Count > 0 || _ended || _disposed;
        }
    }

    /// <summary>Who is told to suspend and to resume; before anything is added.</summary>
    public void Open(IActorRef connection) => _connection = connection;

    /// <summary>From the connection.</summary>
    public void Add(Received received)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                // The connection does not know yet that nobody reads, and has acknowledged it.
                if (received.Data.Length + received.Metadata.Length > 0)
                    _connection.Tell(Unread, _self);
                received.Release();
                return;
            }

            _queue.Enqueue(received);
            _heldBytes += SizeOf(received);
            if (!_suspended && _heldBytes >= _highBytes)
            {
                _suspended = true;
                _connection.Tell(SuspendReading.Instance, _self);
            }

            _arrival.Signal();
        }
    }

    /// <summary>Nothing more will be added: the peer has finished (null), or the error follows what was received before. The first end counts.</summary>
    public void End(UtpException? error)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            _error = error;
            _arrival.Signal();
        }
    }

    /// <summary>Wakes a reader that waits, now or next, without anything having arrived.</summary>
    public void Interrupt()
    {
        lock (_gate)
            _arrival.Interrupt();
    }

    /// <summary>Whether it was interrupted; asking takes it back.</summary>
    public bool TakeInterrupt() => _arrival.TakeInterrupt();

    /// <summary>Nobody will read any more. The connection is told to take nothing more; and whether anything was left unread, which its writer must hear of.</summary>
    /// <param name="leavesUnread">Whether a reader has left some of what it took.</param>
    public void Dispose(bool leavesUnread = false)
    {
        lock (_gate)
        {
            _disposed = true;
            Stop(leavesUnread, null);
        }
    }

    /// <summary>As <see cref="Dispose"/>, but reads fail with <paramref name="error"/>, and the peer is told at once, with a code.</summary>
    public void Abort(UtpException error, ushort? code)
    {
        lock (_gate)
        {
            _ended = true;
            _error = error;
            Stop(leavesUnread: true, code);
        }
    }

    // Under the lock. A connection that is over does not listen.
    private void Stop(bool leavesUnread, ushort? code)
    {
        if (_stopped)
            return;
        _stopped = true;
        leavesUnread |= _current is not null;
        while (_queue.TryDequeue(out var received))
        {
            leavesUnread = true;
            received.Release();
        }

        _connection.Tell(leavesUnread || code is not null ? new StopReading(code) { LeavesUnread = leavesUnread } : StopReading.Instance, _self);
        _arrival.Signal();
    }

    /// <summary>Copies what has arrived, across deliveries.</summary>
    /// <returns>False: nothing has arrived yet; wait. True with 0: the end, or an empty destination and something to read.</returns>
    /// <exception cref="UtpException">The connection failed, and all that came before was read.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public bool TryRead(Span<byte> destination, out int count)
    {
        count = 0;
        while (_current is not null || TryTake(out _current, throwAtEnd: count == 0))
        {
            var left = _current!.Data.Span[_offset..];
            var take = Math.Min(left.Length, destination.Length - count);
            left[..take].CopyTo(destination[count..]);
            count += take;
            _offset += take;
            if (take == left.Length)
                FinishCurrent();
            if (count == destination.Length)
                return true;
        }

        return count > 0 || IsAtEnd;
    }

    /// <summary>The next delivery, whole; the caller's from now on.</summary>
    /// <returns>False: nothing has arrived yet, or the end (<see cref="IsAtEnd"/>).</returns>
    /// <exception cref="UtpException">The connection failed, and all that came before was read.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public bool TryTake(out Received? received, bool throwAtEnd = true)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(UtpStream));
            if (_queue.TryDequeue(out received))
            {
                _heldBytes -= SizeOf(received);
                if (_suspended && _heldBytes <= _highBytes / 4)
                {
                    _suspended = false;
                    _connection.Tell(ResumeReading.Instance, _self);
                }

                return true;
            }

            if (throwAtEnd && _error is not null)
                throw _error.Again();
            return false;
        }
    }

    /// <summary>Whether the peer has finished, and all it sent was taken.</summary>
    public bool IsAtEnd
    {
        get
        {
            lock (_gate)
                return _ended && _error is null && _queue.Count == 0;
        }
    }

    /// <summary>Until there is something to take, or the end.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return IsReadyLocked ? default : _arrival.WaitAsync(cancellationToken);
    }

    /// <summary>As <see cref="WaitAsync"/>: the token by which <see cref="Arrival"/> is asked.</summary>
    public short BeginWait(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var token = _arrival.Begin(cancellationToken);
            if (IsReadyLocked)
                _arrival.Signal();
            return token;
        }
    }

    /// <summary>Blocks until there is something to take, or the end.</summary>
    /// <param name="until">Of <see cref="Environment.TickCount64"/>; <see cref="long.MaxValue"/>: for ever.</param>
    /// <returns>False when the time is up.</returns>
    public bool Wait(long until)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_ended && !_disposed)
            {
                if (!_arrival.Block(until))
                    return false;
            }

            return true;
        }
    }

    private bool IsReadyLocked => _queue.Count > 0 || _ended || _disposed || _arrival.IsInterrupted;

    private void FinishCurrent()
    {
        _current!.Release();
        _current = null;
        _offset = 0;
    }

    private static int SizeOf(Received received) => received.Data.Length + received.Metadata.Length + DeliveryBytes;
}
