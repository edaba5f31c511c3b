using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>
/// A uTP connection as a stream of bytes, both ways. It behaves as <see cref="NetworkStream"/> does, and as <c>QuicStream</c> where that can more: half close, abort.
/// </summary>
/// <remarks>
/// One read and one write may go on at the same time; a second read, or a second write, before the first has ended is an <see cref="InvalidOperationException"/>. All other
/// members: any thread, at any time.
/// <para>
/// A read returns what has arrived, at least a byte; 0 is the peer's end. A cancelled read, or one that timed out, loses nothing: the next one begins where it
/// would have begun. A write returns when its bytes are copied: at once while the send buffer has room (<c>utp.send-buffer</c>), otherwise as room becomes free. A write that is
/// cancelled, or times out, has sent nothing, or a beginning of its bytes: the stream is sound, but only the peer knows where it stands, so close it unless your protocol
/// can tell.
/// </para>
/// </remarks>
public sealed class UtpStream : Stream
{
    private readonly ConnectionRef _connection;
    private UtpDuplexPipe? _pipe;
    private ReadSource? _read;
    private int _reading;
    private int _writing;
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;

    internal UtpStream(ConnectionRef connection) => _connection = connection;

    /// <summary>A stream that was lost without being disposed resets its connection, as a lost socket does: nobody can use it any more.</summary>
    ~UtpStream() => _connection.Abort(null);

    /// <summary>The peer.</summary>
    public IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Our address as the peer sees it, before any NAT.</summary>
    public IPEndPoint LocalEndPoint => _connection.LocalEndPoint;

    /// <summary>Whether a read would return at once: with data, at the end, or with an error.</summary>
    public bool DataAvailable => _connection.Inflow.IsReady;

    /// <summary>Completes when the connection is over, however it ended, and says why. It does not fail.</summary>
    public Task<CloseReason> Closed => _connection.WhenOver;

    /// <inheritdoc/>
    public override bool CanRead => !_connection.IsDisposed;

    /// <inheritdoc/>
    public override bool CanWrite => !_connection.IsDisposed;

    /// <summary>False.</summary>
    public override bool CanSeek => false;

    /// <summary>True.</summary>
    public override bool CanTimeout => true;

    /// <summary>Milliseconds that a blocking read waits before it fails with a <see cref="UtpException"/>; <see cref="Timeout.Infinite"/>, the default: for ever. Asynchronous reads do not care.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero, or negative.</exception>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = CheckTimeout(value);
    }

    /// <summary>Milliseconds that a blocking write waits for room before it fails with a <see cref="UtpException"/>; <see cref="Timeout.Infinite"/>, the default: for ever. Asynchronous writes do not care.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero, or negative.</exception>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => _writeTimeout = CheckTimeout(value);
    }

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="UtpException">The connection failed, and all that arrived before was read.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another read goes on.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(cancellationToken);
        var completes = true;
        EnterRead();
        try
        {
            if (_connection.Inflow.TryRead(buffer.Span, out var count))
                return new ValueTask<int>(count);
            completes = false;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return ValueTask.FromException<int>(e);
        }
        finally
        {
            if (completes)
                LeaveRead();
        }

        return (_read ??= new ReadSource(_connection.Inflow, LeaveRead)).ReadAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    /// <exception cref="UtpException">The connection failed, and all that arrived before was read; or <see cref="ReadTimeout"/> has passed.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another read goes on.</exception>
    public override int Read(Span<byte> buffer)
    {
        EnterRead();
        try
        {
            var until = Until(_readTimeout);
            int count;
            while (!_connection.Inflow.TryRead(buffer, out count))
            {
                if (!_connection.Inflow.Wait(until))
                    throw new UtpException(SocketError.TimedOut, $"Nothing arrived within {_readTimeout} ms: read again, nothing is lost, or raise ReadTimeout.");
            }

            return count;
        }
        finally
        {
            LeaveRead();
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override int ReadByte()
    {
        byte value = 0;
        return Read(new Span<byte>(ref value)) == 0 ? -1 : value;
    }

    /// <inheritdoc/>
    /// <exception cref="UtpException">The connection failed, or its writing side was completed.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another write goes on.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        var completes = true;
        EnterWrite();
        try
        {
            var count = _connection.Outflow.Write(buffer.Span);
            if (count == buffer.Length)
                return default;
            buffer = buffer[count..];
            completes = false;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return ValueTask.FromException(e);
        }
        finally
        {
            if (completes)
                LeaveWrite();
        }

        return WriteLaterAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    /// <exception cref="UtpException">The connection failed, or its writing side was completed, or <see cref="WriteTimeout"/> has passed.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another write goes on.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        EnterWrite();
        try
        {
            var outflow = _connection.Outflow;
            var until = Until(_writeTimeout);
            while (true)
            {
                buffer = buffer[outflow.Write(buffer)..];
                if (buffer.IsEmpty)
                    return;
                if (!outflow.Wait(outflow.PieceCapacity(buffer.Length), until))
                    throw new UtpException(SocketError.TimedOut, $"The peer took too little within {_writeTimeout} ms, and {buffer.Length} bytes of this write were not sent: close the connection, or raise WriteTimeout.");
            }
        }
        finally
        {
            LeaveWrite();
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(in value));

    /// <summary>Does nothing: what is written leaves at once. To know that it has arrived: <see cref="WaitForDeliveryAsync"/>.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing: what is written leaves at once. To know that it has arrived: <see cref="WaitForDeliveryAsync"/>.</summary>
    /// <param name="cancellationToken">Looked at once.</param>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <summary>Waits until the peer has acknowledged all that was written before: until then it may be lost with the connection.</summary>
    /// <param name="cancellationToken">Gives up waiting; what was written goes on.</param>
    /// <exception cref="UtpException">The connection ended before.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task WaitForDeliveryAsync(CancellationToken cancellationToken = default)
    {
        await _connection.Outflow.WaitForDeliveryAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

        // Whoever waits still uses it.
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Closes our direction behind what was written: the peer reads to the end. Reading goes on. Returns at once, without waiting for the peer; a second time does nothing.
    /// </summary>
    /// <param name="cancellationToken">Looked at once.</param>
    /// <exception cref="InvalidOperationException">A write goes on: await it first.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        EnterWrite();
        try
        {
            _connection.CompleteWrites();
            return default;
        }
        finally
        {
            LeaveWrite();
        }
    }

    /// <summary>Ends the connection at once, with a reset: what the peer has not acknowledged may be lost, and the peer hears of an error. Reads and writes that go on fail.</summary>
    /// <param name="code">A close reason for the peer; null: none.</param>
    public void Abort(ushort? code = null) => _connection.Abort(code);

    /// <summary>
    /// Reads nothing more, permanently: what has arrived is dropped, the peer is told at once, and its writes fail (those of a peer that is not of this implementation when our
    /// direction is closed). Writing goes on. As <c>QuicStream.Abort</c> of the reading direction.
    /// </summary>
    /// <param name="code">A close reason for the peer; null: <see cref="CloseCodes.NotRead"/>.</param>
    public void AbortReading(ushort? code = null) => _connection.AbortReading(code);

    /// <summary>
    /// Aborts our direction alone: what was written and has not left is dropped, writes and <see cref="WaitForDeliveryAsync"/> fail, and the peer's reads fail with the code when
    /// it has read what came. Reading goes on. As <c>QuicStream.Abort</c> of the writing direction. A peer that is not of this implementation would take our end for a proper one:
    /// for it this is <see cref="Abort"/>.
    /// </summary>
    /// <param name="code">A close reason for the peer; null: <see cref="CloseCodes.CutOff"/>.</param>
    public void AbortWriting(ushort? code = null) => _connection.AbortWriting(code);

    /// <summary>What the connection has done so far, and where it stands; also after its end.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ConnectionStats> GetStatisticsAsync(CancellationToken cancellationToken = default) => _connection.GetStatisticsAsync(cancellationToken);

    /// <summary>The connection as a pair of pipes, without copying. Always the same pair; do not read or write the stream beside it.</summary>
    public UtpDuplexPipe AsDuplexPipe() => LazyInitializer.EnsureInitialized(ref _pipe, () => new UtpDuplexPipe(_connection, owner: this))!;

    /// <inheritdoc/>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    /// <inheritdoc/>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>
    /// Closes the connection: what was written is sent, and when the peer has acknowledged everything, or after <see cref="UtpConnectionOptions.Linger"/> by a reset, it is
    /// over, for which this waits. What was not read, and what the peer still sends, is lost, and the peer hears so: its writes fail, and its connection ends by a reset with
    /// <see cref="CloseCodes.NotRead"/>. A second time is harmless.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        await _connection.CloseAsync(_pipe is { HasUnread: true }).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>As <see cref="DisposeAsync"/>, without waiting.</summary>
    /// <param name="disposing">True.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _ = _connection.CloseAsync(_pipe is { HasUnread: true });
        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteLaterAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var outflow = _connection.Outflow;
            do
            {
                await outflow.WaitAsync(outflow.PieceCapacity(buffer.Length), cancellationToken).ConfigureAwait(false);
                buffer = buffer[outflow.Write(buffer.Span)..];
            }
            while (!buffer.IsEmpty);
        }
        finally
        {
            LeaveWrite();
        }
    }

    private void EnterRead()
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
            throw new InvalidOperationException("Another read of this stream goes on: await it first.");
    }

    private void LeaveRead() => Volatile.Write(ref _reading, 0);

    private void EnterWrite()
    {
        if (Interlocked.Exchange(ref _writing, 1) != 0)
            throw new InvalidOperationException("Another write of this stream goes on: await it first.");
    }

    private void LeaveWrite() => Volatile.Write(ref _writing, 0);

    private static long Until(int timeout) => timeout == Timeout.Infinite ? long.MaxValue : Environment.TickCount64 + timeout;

    private static int CheckTimeout(int value)
    {
        if (value is <= 0 and not Timeout.Infinite)
            throw new ArgumentOutOfRangeException(nameof(value), value, "A time-out is above 0 ms, or Timeout.Infinite.");
        return value;
    }
}
