using System.Numerics;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Streams;

/// <summary>
/// What was written and is not acknowledged by the peer yet. One writer at a time adds: its bytes are copied into chunks, which are the connection's until the peer has
/// acknowledged them. Their memory never exceeds the connection's send buffer, so that the connection never refuses one.
/// </summary>
internal sealed class Outflow
{
    private readonly object _gate = new();
    private readonly Waiter _room;
    private readonly IActorRef _self;
    private readonly int _limitBytes;
    private readonly int _maxPieceBytes;
    private IActorRef _connection = ActorRefs.Nobody;
    private long _heldBytes;
    private long _neededBytes;
    private long _told;
    private long _delivered;
    private List<(long Told, TaskCompletionSource Done)>? _deliveries;
    private bool _completed;
    private bool _disposed;
    private UtpException? _error;

    /// <summary>Nothing is written.</summary>
    /// <param name="self">Who the writes come from, and whom their acknowledgements go to.</param>
    /// <param name="limitBytes">How much memory may be under way.</param>
    public Outflow(IActorRef self, int limitBytes)
    {
        _self = self;
        _limitBytes = limitBytes;
        _maxPieceBytes = Math.Min(Chunk.MaxPooledBytes, 1 << BitOperations.Log2((uint)limitBytes));
        _room = new Waiter(_gate);
    }

    /// <summary>How much memory may be under way.</summary>
    public int LimitBytes => _limitBytes;

    /// <summary>The largest write that the connection is told: memory that is filled in place is not longer.</summary>
    public int MaxPieceBytes => _maxPieceBytes;

    /// <summary>Who is written to; before anything is written.</summary>
    public void Open(IActorRef connection) => _connection = connection;

    /// <summary>Sends as many bytes as there is room for.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="UtpException">The connection has failed, or its writing side was completed.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public int Write(ReadOnlySpan<byte> data)
    {
        ThrowIfOver();
        var count = 0;
        while (count < data.Length)
        {
            var piece = Math.Min(data.Length - count, _maxPieceBytes);
            if (!TryReserve(PieceCapacity(piece)))
                break;
            var chunk = Chunk.Rent(piece);
            data.Slice(count, piece).CopyTo(chunk.Memory.Span);
            count += piece;
            _connection.Tell(chunk.ToWrite(piece), _self);
        }

        return count;
    }

    /// <summary>Sends memory that was filled where it is, if there is room for it; then it is the connection's.</summary>
    /// <exception cref="UtpException">The connection has failed, or its writing side was completed.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public bool TryWrite(Chunk chunk, int bytes)
    {
        ThrowIfOver();
        if (!TryReserve(chunk.Capacity))
            return false;
        _connection.Tell(chunk.ToWrite(bytes), _self);
        return true;
    }

    /// <summary>Sends a message, whole, if there is room for it.</summary>
    /// <exception cref="UtpException">The connection has failed, or its writing side was completed.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public bool TryWriteMessage(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> metadata)
    {
        ThrowIfOver();
        var bytes = payload.Length + metadata.Length;
        if (!TryReserve(Chunk.CapacityFor(bytes)))
            return false;
        var chunk = Chunk.Rent(bytes);
        payload.CopyTo(chunk.Memory.Span);
        metadata.CopyTo(chunk.Memory.Span[payload.Length..]);
        _connection.Tell(chunk.ToWrite(payload.Length, metadata.Length), _self);
        return true;
    }

    /// <summary>Sends an empty write, whose delivery is that of all before it: of the first data, which nobody else reports.</summary>
    public void WriteMark()
    {
        if (TryReserve(Chunk.CapacityFor(0)))
            _connection.Tell(Chunk.Rent(0).ToWrite(0), _self);
    }

    /// <summary>The peer has acknowledged a write.</summary>
    public void OnDelivered(Chunk chunk)
    {
        List<TaskCompletionSource>? done = null;
        lock (_gate)
        {
            _delivered++;
            while (_deliveries is [var first, ..] && first.Told <= _delivered)
            {
                (done ??= []).Add(first.Done);
                _deliveries.RemoveAt(0);
            }

            Release(chunk);
        }

        chunk.Return();
        done?.ForEach(static waiting => waiting.TrySetResult());
    }

    /// <summary>The connection ended before the peer acknowledged a write: its memory is free, and the end itself follows.</summary>
    public void OnFailed(Chunk chunk)
    {
        lock (_gate)
            Release(chunk);
        chunk.Return();
    }

    /// <summary>Our direction is closed: nothing more is written.</summary>
    /// <returns>False when it was before.</returns>
    public bool Complete()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(UtpStream));
            var first = !_completed;
            _completed = true;
            Wake();
            return first;
        }
    }

    /// <summary>The connection is over. The first end counts.</summary>
    public void End(UtpException error)
    {
        List<(long Told, TaskCompletionSource Done)>? deliveries;
        lock (_gate)
        {
            _error ??= error;
            (deliveries, _deliveries) = (_deliveries, null);
            Wake();
        }

        deliveries?.ForEach(waiting => waiting.Done.TrySetException(error.Again()));
    }

    /// <summary>Wakes a writer that waits for room, now or next, without there being any.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _neededBytes = 0;
            _room.Interrupt();
        }
    }

    /// <summary>Whether it was interrupted; asking takes it back.</summary>
    public bool TakeInterrupt() => _room.TakeInterrupt();

    /// <summary>Nobody will write any more. What was written still goes.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Wake();
        }
    }

    /// <summary>The memory that the next piece of a write needs.</summary>
    public int PieceCapacity(int bytesLeft) => Chunk.CapacityFor(Math.Min(bytesLeft, _maxPieceBytes));

    /// <summary>Until there is room for so much memory, and for some more, so that a writer does not wake for every acknowledgement; or until the end.</summary>
    public ValueTask WaitAsync(int capacity, CancellationToken cancellationToken)
    {
        lock (_gate)
            return HasRoom(capacity) ? default : _room.WaitAsync(cancellationToken);
    }

    /// <summary>As <see cref="WaitAsync"/>, blocking.</summary>
    /// <param name="capacity">Of the piece.</param>
    /// <param name="until">Of <see cref="Environment.TickCount64"/>; <see cref="long.MaxValue"/>: for ever.</param>
    /// <returns>False when the time is up.</returns>
    public bool Wait(int capacity, long until)
    {
        lock (_gate)
        {
            while (!HasRoom(capacity))
            {
                if (!_room.Block(until))
                    return false;
            }

            return true;
        }
    }

    /// <summary>Until the peer has acknowledged all that was written before.</summary>
    public Task WaitForDeliveryAsync()
    {
        lock (_gate)
        {
            if (_delivered == _told)
                return Task.CompletedTask;
            if (_error is not null)
                return Task.FromException(_error.Again());
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_deliveries ??= []).Add((_told, done));
            return done.Task;
        }
    }

    /// <exception cref="UtpException">The connection has failed, or its writing side was completed.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public void ThrowIfOver()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(UtpStream));
            if (_error is not null)
                throw _error.Again();
            if (_completed)
                throw new UtpException(FailureCause.Closing, "The writing side of this connection was completed: write before CompleteWritesAsync.");
        }
    }

    private bool TryReserve(int capacity)
    {
        lock (_gate)
        {
            if (!Fits(capacity))
                return false;
            _heldBytes += capacity;
            _told++;
            return true;
        }
    }

    // Under the lock, as all below.
    private bool Fits(int capacity) => _heldBytes == 0 || _heldBytes + capacity <= _limitBytes;

    private bool HasRoom(int capacity)
    {
        if (_completed || _disposed || _room.IsInterrupted || _error is not null || Fits(capacity))
            return true;
        _neededBytes = Math.Min(_limitBytes, Math.Max(capacity, _limitBytes / 4));
        return false;
    }

    private void Release(Chunk chunk)
    {
        _heldBytes -= chunk.Capacity;
        if (_neededBytes > 0 && (_limitBytes - _heldBytes >= _neededBytes || _heldBytes == 0))
            Wake();
    }

    private void Wake()
    {
        _neededBytes = 0;
        _room.Signal();
    }
}
