using Utp.Messages;

namespace Utp.Remote;

/// <summary>The bytes of a connection as a stream, for TLS: what arrives waits here, bounded, until it is read; writes wait for room. One reader and one writer at a time.</summary>
/// <param name="link">The connection.</param>
/// <param name="queue">What is sent.</param>
/// <param name="maxHeldBytes">Above it writes wait.</param>
internal sealed class LinkStream(ActorLink link, ByteQueue queue, int maxHeldBytes) : Stream
{
    // More than arrives while the reader decrypts what was there: the connection's window should not close and open all the time.
    private const int MaxUnreadBytes = 1 << 20;

    private readonly object _gate = new();
    private readonly Queue<Received> _received = new();
    private readonly SemaphoreSlim _arrival = new(0);
    private readonly SemaphoreSlim _room = new(0);
    private Received? _current;
    private int _offset;
    private int _unreadBytes;
    private bool _suspended;
    private bool _ended;
    private Exception? _error;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From the connection.</summary>
    public void Add(Received received)
    {
        lock (_gate)
        {
            _received.Enqueue(received);
            _unreadBytes += received.Data.Length;
            if (!_suspended && _unreadBytes >= MaxUnreadBytes)
            {
                _suspended = true;
                link.SuspendReading();
            }
        }

        _arrival.Release();
    }

    /// <summary>Nothing more arrives: the end (null), or an error.</summary>
    public void End(Exception? error)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            (_ended, _error) = (true, error);
        }

        _arrival.Release();
        _room.Release();
    }

    /// <summary>The peer has acknowledged something.</summary>
    public void OnDelivered()
    {
        if (queue.HeldBytes <= maxHeldBytes && _room.CurrentCount == 0)
            _room.Release();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (TryRead(buffer.Span, out var count))
                return count;
            await _arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (queue.HeldBytes > maxHeldBytes)
        {
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_ended)
                break;
        }

        // TLS uses its memory again: it is copied.
        if (!queue.TryWrite(buffer.Span, default, mayRefuse: false))
            throw _error ?? new IOException("The connection is closed.");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _arrival.Dispose();
            _room.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool TryRead(Span<byte> buffer, out int count)
    {
        count = 0;
        if (buffer.IsEmpty)
        {
            // TLS asks so whether there is something to read.
            lock (_gate)
                return _current is not null || _received.Count > 0 || _ended;
        }

        if (_current is null && !TryTake(out var isAtEnd))
            return isAtEnd;
        var left = _current!.Data.Span[_offset..];
        count = Math.Min(left.Length, buffer.Length);
        left[..count].CopyTo(buffer);
        _offset += count;
        if (count == left.Length)
        {
            _current.Release();
            (_current, _offset) = (null, 0);
        }

        return true;
    }

    // The end counts when nothing is left, and both are looked at together: the last bytes and the end may come in between.
    private bool TryTake(out bool isAtEnd)
    {
        lock (_gate)
        {
            isAtEnd = false;
            if (!_received.TryDequeue(out _current))
            {
                isAtEnd = _ended;
                return _error is null ? false : throw _error;
            }

            _unreadBytes -= _current.Data.Length;
            if (_suspended && _unreadBytes <= MaxUnreadBytes / 4)
            {
                _suspended = false;
                link.ResumeReading();
            }

            return true;
        }
    }
}
