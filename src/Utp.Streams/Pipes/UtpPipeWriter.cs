using System.IO.Pipelines;

namespace Utp.Streams;

/// <summary>
/// Writes a connection from memory that becomes the connection's with the flush: nothing is copied, but for flushes of little in much memory. A flush waits for room in the send
/// buffer. A connection that has failed is a reader that has gone, as in every pipe; the reading side says why.
/// </summary>
internal sealed class UtpPipeWriter(ConnectionRef connection, Action onCompleted) : PipeWriter
{
    private const int UsualBytes = 4 << 10;

    // What this fraction of the memory holds is copied to memory of its size.
    private const int LittleOf = 4;

    private readonly Outflow _outflow = connection.Outflow;
    private readonly Queue<(Chunk Chunk, int Filled)> _full = new();
    private Chunk? _chunk;
    private int _filled;
    private long _unflushed;
    private int _sentOfFirst;
    private volatile bool _completed;

    // The flush that waits; whoever completes the writer meanwhile, on another thread, goes on behind it.
    private volatile TaskCompletionSource? _flushing;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _unflushed;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        ThrowIfCompleted();
        if (_chunk is not null && _chunk.Capacity - _filled < Math.Max(1, sizeHint))
            SetAside();
        if (_chunk is not null && _chunk.Capacity - _filled < sizeHint)
        {
            _chunk.Return();
            _chunk = null;
        }

        // Large writers fill large chunks: what follows a full one is likely to be as long.
        _chunk ??= Chunk.Rent(Math.Max(sizeHint, Math.Min(_outflow.MaxPieceBytes, _full.Count > 0 ? Chunk.MaxPooledBytes : UsualBytes)));
        return _chunk.Memory[_filled..];
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ThrowIfCompleted();
        if (bytes < 0 || bytes > (_chunk is null ? 0 : _chunk.Capacity - _filled))
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "More than the memory that was given.");
        _filled += bytes;
        _unflushed += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        if (_flushing is not null)
            throw new InvalidOperationException("Another flush goes on: await it first.");
        SetAside();
        try
        {
            if (_outflow.TakeInterrupt())
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: true, isCompleted: false));
            if (SendSome())
                return new ValueTask<FlushResult>(default(FlushResult));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return new ValueTask<FlushResult>(ReaderGone());
        }

        var flushing = _flushing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return FlushLaterAsync(flushing, cancellationToken);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => _outflow.Interrupt();

    /// <summary>Without an error: what was written is flushed, as room becomes free, and our direction closed. With one: the connection is aborted. A flush may still go on: it ends first.</summary>
    public override void Complete(Exception? exception = null) => _ = CompleteAsync(exception).AsTask();

    /// <inheritdoc/>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (_completed)
            return;
        _completed = true;
        try
        {
            if (exception is not null)
                connection.Abort(null);
            if (_flushing is { } flushing)
                await flushing.Task.ConfigureAwait(false);
            if (exception is not null)
                return;
            SetAside();

            while (!SendSome())
            {
                _outflow.TakeInterrupt();
                await _outflow.WaitAsync(NextCapacity, CancellationToken.None).ConfigureAwait(false);
            }

            connection.CompleteWrites();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection is over: the reading side says why.
        }
        finally
        {
            Forget();
            onCompleted();
        }
    }

    private int NextCapacity =>
        !_full.TryPeek(out var next) ? 0 : IsCopied(next.Chunk, next.Filled) ? _outflow.PieceCapacity(next.Filled - _sentOfFirst) : next.Chunk.Capacity;

    private async ValueTask<FlushResult> FlushLaterAsync(TaskCompletionSource flushing, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                await _outflow.WaitAsync(NextCapacity, cancellationToken).ConfigureAwait(false);
                if (_outflow.TakeInterrupt())
                    return new FlushResult(isCanceled: true, isCompleted: false);
            }
            while (!SendSome());
            return default;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return ReaderGone();
        }
        finally
        {
            _flushing = null;
            flushing.SetResult();
        }
    }

    // Whether all is sent.
    private bool SendSome()
    {
        _outflow.ThrowIfOver();
        while (_full.TryPeek(out var next))
        {
            if (IsCopied(next.Chunk, next.Filled))
            {
                _sentOfFirst += _outflow.Write(next.Chunk.Memory.Span[_sentOfFirst..next.Filled]);
                if (_sentOfFirst < next.Filled)
                    return false;
                _sentOfFirst = 0;
                next.Chunk.Return();
            }
            else if (!_outflow.TryWrite(next.Chunk, next.Filled))
            {
                return false;
            }

            _full.Dequeue();
            _unflushed -= next.Filled;
        }

        return true;
    }

    private bool IsCopied(Chunk chunk, int filled) => filled <= chunk.Capacity / LittleOf || chunk.Capacity > _outflow.MaxPieceBytes;

    private void SetAside()
    {
        if (_chunk is null || _filled == 0)
            return;
        _full.Enqueue((_chunk, _filled));
        _chunk = null;
        _filled = 0;
    }

    private FlushResult ReaderGone()
    {
        Forget();
        return new FlushResult(isCanceled: false, isCompleted: true);
    }

    private void Forget()
    {
        while (_full.TryDequeue(out var forgotten))
            forgotten.Chunk.Return();
        _sentOfFirst = 0;
        _unflushed = 0;
        if (!_completed)
            return;
        _chunk?.Return();
        _chunk = null;
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
            throw new InvalidOperationException("The writer was completed: nothing more can be written.");
    }
}
