using System.Diagnostics;

namespace Utp.Remote;

/// <summary>Takes what a <see cref="ByteQueue"/> has to send, in order, and reports each piece back to it.</summary>
internal interface IPieceSink
{
    /// <summary>Sends a piece. Called under the queue's lock: must not wait, nor call back before it returns. Then <see cref="ByteQueue.OnTaken"/> for one that ends a batch, and <see cref="ByteQueue.OnDelivered"/> for each, in order.</summary>
    void Send(Piece piece);

    /// <summary>Nothing follows: close when all is sent. Under the queue's lock.</summary>
    void Finish();
}

/// <summary>
/// The bytes that were written to a connection and are not acknowledged. Any thread writes; what is written while the connection is busy with the last batch leaves with
/// the next one. Ordinary writers are refused above a limit (<see cref="RateMeter"/>).
/// </summary>
/// <param name="meter">The limit.</param>
/// <param name="maxToldBytes">What the sink takes before the peer has acknowledged any of it.</param>
internal sealed class ByteQueue(RateMeter meter, int maxToldBytes)
{
    // Larger memory is handed on as it is. Below that a copy costs less than a write of its own for the header and one for the memory.
    private const int MaxCopiedBytes = 24 << 10;

    // What is told, and acknowledged, at once.
    private const int MaxPieceBytes = 128 << 10;

    private readonly object _gate = new();
    private readonly Queue<Piece> _told = new();
    private Queue<Piece> _ready = new();
    private readonly List<Piece> _batch = [];
    private IPieceSink? _sink;
    private Chunk? _chunk;
    private long _heldBytes;
    private long _toldBytes;
    private long _deliveredBytes;
    private bool _taking;
    private bool _refusing;
    private bool _finished;
    private bool _over;

    /// <summary>Bytes that are written and not acknowledged.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate)
                return _heldBytes;
        }
    }

    /// <summary>Bytes that the peer has acknowledged since the beginning.</summary>
    public long DeliveredBytes
    {
        get
        {
            lock (_gate)
                return _deliveredBytes;
        }
    }

    /// <summary>Bytes that were written since the beginning.</summary>
    public long WrittenBytes
    {
        get
        {
            lock (_gate)
                return _deliveredBytes + _heldBytes;
        }
    }

    /// <summary>Called when the peer has acknowledged something, outside the lock. Set before it is opened.</summary>
    public Action? Delivered { get; set; }

    /// <summary>The limit now.</summary>
    public int HighWaterBytes
    {
        get
        {
            lock (_gate)
                return meter.HighBytes;
        }
    }

    /// <summary>The connection is open: what was written by now is sent.</summary>
    public void Open(IPieceSink sink)
    {
        lock (_gate)
        {
            _sink = sink;
            Tell();
        }
    }

    /// <summary>Writes a header and, behind it, memory that will not change.</summary>
    /// <param name="header">Copied.</param>
    /// <param name="data">Copied when it is small; otherwise its memory is used until the peer has acknowledged it.</param>
    /// <param name="mayRefuse">Whether the writer can wait.</param>
    /// <returns>False: refused, or the end has come; nothing was written.</returns>
    public bool TryWrite(ReadOnlySpan<byte> header, ReadOnlyMemory<byte> data, bool mayRefuse)
    {
        lock (_gate)
        {
            if (_over || _finished || (mayRefuse && Refuses()))
                return false;
            if (_heldBytes == 0)
                meter.OnBusy(Stopwatch.GetTimestamp());
            _heldBytes += header.Length + data.Length;
            Copy(header);
            if (data.Length <= MaxCopiedBytes)
            {
                Copy(data.Span);
            }
            else
            {
                CutChunk();
                for (; data.Length > MaxPieceBytes; data = data[MaxPieceBytes..])
                    _ready.Enqueue(new Piece(data[..MaxPieceBytes], null));
                _ready.Enqueue(new Piece(data, null));
            }

            Tell();
            return true;
        }
    }

    /// <summary>Closes behind what was written.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            if (_finished || _over)
                return;
            _finished = true;
            Tell();
        }
    }

    /// <summary>The connection is lost: what it was told and the peer has not acknowledged is kept, to be told to another one. What the lost one says is not heard any more.</summary>
    /// <returns>False: the end was told already, and there is nothing to resume.</returns>
    public bool Detach()
    {
        lock (_gate)
        {
            if (_over)
                return false;
            _sink = null;
            _taking = false;
            CutChunk();
            foreach (var piece in _told)
            {
                piece.Reset();
                piece.Chunk?.Forsake();
            }

            if (_chunk is not null)
            {
                _chunk.Forsake();
                SealChunk();
            }

            _ready = new Queue<Piece>(_told.Concat(_ready));
            _told.Clear();
            _toldBytes = 0;
            return true;
        }
    }

    /// <summary>Another connection carries on.</summary>
    /// <param name="sink">Its sink.</param>
    /// <param name="preamble">What it is told first.</param>
    /// <param name="from">How many bytes the peer's lane has in all.</param>
    /// <returns>False: what it lacks is not here any more.</returns>
    public bool TryResume(IPieceSink sink, Piece? preamble, long from)
    {
        lock (_gate)
        {
            if (_over || _sink is not null || from < _deliveredBytes || from > _deliveredBytes + _heldBytes)
                return false;
            if (preamble is not null)
                sink.Send(preamble);
            CutChunk();
            while (from > _deliveredBytes)
            {
                var piece = _ready.Peek();
                var bytes = (int)Math.Min(piece.Data.Length, from - _deliveredBytes);
                _deliveredBytes += bytes;
                _heldBytes -= bytes;
                if (bytes < piece.Data.Length)
                {
                    piece.Skip(bytes);
                }
                else
                {
                    _ready.Dequeue();
                    piece.Chunk?.ReleaseRange();
                }
            }

            _sink = sink;
            Tell();
            return true;
        }
    }

    /// <summary>The sink has taken the batch that ends with this piece.</summary>
    public void OnTaken(IPieceSink sink, Piece piece)
    {
        lock (_gate)
        {
            if (sink != _sink)
                return;
            piece.WasTaken = true;
            _taking = false;
            Tell();
        }
    }

    /// <summary>The peer has acknowledged a piece.</summary>
    public void OnDelivered(IPieceSink sink, Piece piece)
    {
        lock (_gate)
        {
            if (sink != _sink || piece.IsPreamble)
                return;
            var bytes = piece.Data.Length;
            _told.TryDequeue(out _);
            _deliveredBytes += bytes;
            _heldBytes -= bytes;
            _toldBytes -= bytes;
            piece.Chunk?.ReleaseRange();
            if (_over)
                return;
            var now = Stopwatch.GetTimestamp();
            meter.OnDelivered(bytes, now);
            if (_heldBytes == 0)
            {
                meter.OnIdle(_refusing, now);

                // A lane that is idle holds no memory: there are many of them.
                if (_chunk is not null)
                    SealChunk();
            }

            Tell();
        }

        Delivered?.Invoke();
    }

    /// <summary>The connection is over: nothing is sent any more, and nothing is acknowledged.</summary>
    public void End()
    {
        lock (_gate)
        {
            _over = true;
            _ready.Clear();
            _told.Clear();

            // What the connection may still read from is left to the garbage collector.
            _chunk = null;
        }
    }

    private bool Refuses()
    {
        _refusing = _heldBytes > (_refusing ? meter.LowBytes : meter.HighBytes);
        return _refusing;
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_chunk is { Room: 0 })
                SealChunk();
            _chunk ??= Chunk.Rent();
            var count = Math.Min(bytes.Length, _chunk.Room);
            bytes[..count].CopyTo(_chunk.Take(count));
            bytes = bytes[count..];
        }
    }

    private void CutChunk()
    {
        if (_chunk is { HasUncut: true })
            _ready.Enqueue(new Piece(_chunk.CutRange(), _chunk));
    }

    private void SealChunk()
    {
        CutChunk();
        _chunk!.Seal();
        _chunk = null;
    }

    private void Tell()
    {
        if (_sink is null || _taking || _over)
            return;
        CutChunk();
        while (_ready.TryPeek(out var piece) && (_toldBytes == 0 || _toldBytes + piece.Data.Length <= maxToldBytes))
        {
            _toldBytes += piece.Data.Length;
            _batch.Add(_ready.Dequeue());
        }

        if (_batch.Count > 0)
        {
            _taking = _batch[^1].EndsBatch = true;
            foreach (var piece in _batch)
            {
                _told.Enqueue(piece);
                _sink.Send(piece);
            }

            _batch.Clear();
        }

        if (_finished && _ready.Count == 0)
        {
            _over = true;
            if (_chunk is { HasUncut: false })
                SealChunk();
            _sink.Finish();
        }
    }
}
