namespace Utp.Protocol;

/// <summary>
/// The user's writes, by reference, from <see cref="UtpConnection.Write"/> until the peer has acknowledged them. Owned by
/// the connection. Nothing is copied here: a packet is a range of this buffer, copied once, into the datagram. A range
/// never changes after it was cut, so a sent seq_nr never changes its bytes (protocol.md §1.3).
/// </summary>
internal sealed class SendBuffer
{
    // A ring of writes; numbers count from the connection's start.
    private Entry[] _ring = [];
    private long _head;
    private long _tail;

    // The first byte that no packet has been cut from.
    private long _nextWrite;
    private int _nextOffset;

    /// <summary>Bytes of writes that are not delivered yet.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>Bytes that no packet has been cut from.</summary>
    public long UnsentBytes { get; private set; }

    /// <summary>How many writes are delivered, or were empty and had nothing before them to wait for.</summary>
    public long DeliveredWrites => _head;

    /// <summary>How many writes were taken.</summary>
    public long Writes => _tail;

    /// <summary>Whether anything waits to be cut into a packet: also an empty message does.</summary>
    public bool HasUnsent => _nextWrite < _tail;

    /// <summary>Takes a write.</summary>
    /// <param name="data">The bytes, borrowed until delivered.</param>
    /// <param name="metadata">The metadata, borrowed until delivered.</param>
    /// <param name="isMessage">Whether it begins a packet of its own and shares none with its neighbours.</param>
    public void Add(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata, bool isMessage)
    {
        if (_tail - _head == _ring.Length)
            Grow();
        this[_tail] = new Entry(data, metadata, isMessage);
        _tail++;
        BufferedBytes += data.Length;
        UnsentBytes += data.Length;
    }

    /// <summary>The write that the next packet begins with.</summary>
    public NextWrite PeekNext()
    {
        ref var entry = ref this[_nextWrite];
        return new NextWrite(entry.Data.Length - _nextOffset, entry.Data.Length, entry.Metadata, entry.IsMessage, _nextOffset == 0);
    }

    /// <summary>Cuts the next packet's payload, of at most <paramref name="maxBytes"/> bytes.</summary>
    public PayloadRange Cut(int maxBytes)
    {
        var start = _nextWrite;
        var startOffset = _nextOffset;
        var length = 0;
        while (_nextWrite < _tail)
        {
            ref var entry = ref this[_nextWrite];
            if (entry.IsMessage && _nextWrite != start)
                break;
            var take = Math.Min(entry.Data.Length - _nextOffset, maxBytes - length);
            length += take;
            _nextOffset += take;
            if (_nextOffset < entry.Data.Length)
                break;
            _nextWrite++;
            _nextOffset = 0;
            if (entry.IsMessage)
                break;
        }

        UnsentBytes -= length;
        return new PayloadRange(start, startOffset, length, _nextWrite);
    }

    /// <summary>A range of no bytes at the place where the next packet will be cut: of a probe or a ST_FIN.</summary>
    public PayloadRange EmptyRange => new(_nextWrite, _nextOffset, 0, _nextWrite);

    /// <summary>Skips the first write: it went out on the ST_SYN and is delivered.</summary>
    public void SkipFirst()
    {
        UnsentBytes -= this[_head].Data.Length;
        _nextWrite = _head + 1;
        Release(_nextWrite);
    }

    /// <summary>Drops what no packet has been cut from: nothing follows but the ST_FIN. A write that was cut in part ends where it was cut.</summary>
    public void DropUnsent()
    {
        for (var i = _nextWrite; i < _tail; i++)
        {
            ref var entry = ref this[i];
            var kept = i == _nextWrite ? _nextOffset : 0;
            BufferedBytes -= entry.Data.Length - kept;
            entry = entry with { Data = entry.Data[..kept] };
        }

        UnsentBytes = 0;
        _nextWrite = _tail;
        _nextOffset = 0;
    }

    /// <summary>Copies a range that was cut before.</summary>
    public void CopyTo(in PayloadRange range, Span<byte> destination)
    {
        var write = range.Write;
        var offset = range.Offset;
        var left = range.Length;
        while (left > 0)
        {
            var source = this[write].Data.Span[offset..];
            var take = Math.Min(source.Length, left);
            source[..take].CopyInPieces(destination);
            destination = destination[take..];
            left -= take;
            write++;
            offset = 0;
        }
    }

    /// <summary>Copies the part of a range that begins <paramref name="skip"/> bytes into it, as much as <paramref name="destination"/> holds; it must lie within.</summary>
    public void CopyPartTo(in PayloadRange range, int skip, Span<byte> destination)
    {
        var write = range.Write;
        var offset = range.Offset;
        for (int left; skip >= (left = this[write].Data.Length - offset); write++, offset = 0)
            skip -= left;
        CopyTo(new PayloadRange(write, offset + skip, destination.Length, range.WritesDone), destination);
    }

    /// <summary>The first write, whole: what the ST_SYN offers.</summary>
    public ReadOnlySpan<byte> First => this[_head].Data.Span;

    /// <summary>The metadata and length of the write that a range begins with.</summary>
    public (ReadOnlyMemory<byte> Metadata, int WriteLength) Describe(in PayloadRange range)
    {
        ref var entry = ref this[range.Write];
        return (entry.Metadata, entry.Data.Length);
    }

    /// <summary>The packets up to one that ended before write <paramref name="writesDone"/> were acknowledged: their writes are released.</summary>
    public void Release(long writesDone)
    {
        while (_head < writesDone)
        {
            ref var entry = ref this[_head];
            BufferedBytes -= entry.Data.Length;
            entry = default;
            _head++;
        }
    }

    /// <summary>Forgets everything; the connection is over.</summary>
    public void Clear()
    {
        // The counters stay: how much was delivered is still asked for.
        _ring = [];
        _tail = _nextWrite = _head;
        _nextOffset = 0;
        BufferedBytes = UnsentBytes = 0;
    }

    private ref Entry this[long number] => ref _ring[(int)(number & (_ring.Length - 1))];

    private void Grow()
    {
        var ring = new Entry[Math.Max(4, _ring.Length * 2)];
        for (var i = _head; i < _tail; i++)
            ring[(int)(i & (ring.Length - 1))] = this[i];
        _ring = ring;
    }

    /// <summary>One write.</summary>
    private readonly record struct Entry(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Metadata, bool IsMessage);
}

/// <summary>What the next packet begins with.</summary>
/// <param name="BytesLeft">Bytes of the write that are not cut yet.</param>
/// <param name="WriteLength">Bytes of the whole write.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="IsMessage">Whether it shares no packet.</param>
/// <param name="IsStart">Whether none of it was cut yet.</param>
internal readonly record struct NextWrite(int BytesLeft, int WriteLength, ReadOnlyMemory<byte> Metadata, bool IsMessage, bool IsStart);

/// <summary>The payload of one packet, as a range of the send buffer.</summary>
/// <param name="Write">Number of the write it begins in.</param>
/// <param name="Offset">Where in that write.</param>
/// <param name="Length">Bytes.</param>
/// <param name="WritesDone">How many writes are complete when this packet and all before it are acknowledged.</param>
internal readonly record struct PayloadRange(long Write, int Offset, int Length, long WritesDone)
{
    /// <summary>Whether it holds any of its write: not so for a probe and a ST_FIN, but for an empty message.</summary>
    public bool HoldsData => Length > 0 || WritesDone > Write;
}
