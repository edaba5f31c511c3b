namespace Utp.Protocol;

/// <summary>
/// The window we advertise (BEP 29 "wnd_size"): enforced, tuned by what the application reads, and never smaller than
/// what was promised (protocol.md §6.1), but for want of memory (design note 0015). Positions are stream offsets of received payload.
/// </summary>
internal struct ReceiveWindow
{
    // What a reader that waits may always receive at a time, whatever others hold: it is read in the same turn. More than any packet's payload.
    private const int PassingBytes = 64 << 10;

    private const int BuffersPerShare = 64;

    // Messages cost more than their payload, which is what the peer counts: what was promised is taken up to this many windows.
    private const int MostWindowsHeld = 4;

    private readonly long _max;
    private readonly MemoryBudget? _budget;
    private long _limit;
    private long _received;
    private long _promisedEdge;
    private long _toldEdge;
    private long _readInRound;
    private long _charged;
    private Instant _roundStart;

    public ReceiveWindow(ConnectionOptions options, MemoryBudget? budget)
    {
        Capacity = options.InitialReceiveWindowBytes;
        _max = _limit = options.MaxReceiveWindowBytes;
        _budget = budget;
        _roundStart = Instant.Never;
        IsRead = true;
    }

    /// <summary>Bytes that the connection is ready to hold for its user.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes that were received in order and not read yet, with metadata and what messages cost beside their bytes.</summary>
    public long Unread { get; private set; }

    /// <summary>Whether the user reads what arrives.</summary>
    public bool IsRead { get; set; }

    /// <summary>What was promised at most: it is taken, if there is memory.</summary>
    public readonly long Promised => Math.Max(0, _promisedEdge - _received);

    /// <summary>What a packet that leaves now would advertise.</summary>
    public readonly long Available => Math.Min(Math.Max(Promised, Capacity - Unread), Room);

    /// <summary>How large a buffer is worth having: where memory is scarce, one that stays half empty is dear.</summary>
    public readonly long BufferBytes => _budget is null || IsRead ? Available : Math.Min(Available, Share / BuffersPerShare);

    // What the last packet advertised.
    private readonly long Told => Math.Max(0, _toldEdge - _received);

    // What the memory that all connections share leaves for this one, and for the others of its address.
    private readonly long Room => _budget is null ? long.MaxValue : Math.Max(0, Math.Max(Share, IsRead ? PassingBytes : 0) - Unread);

    private readonly long Share => _budget!.ShareBytes - (Unread - _charged);

    /// <summary>Whether so much has opened since the last advertisement that the peer should hear of it at once.</summary>
    public readonly bool HasOpened(int packetBytes) =>
        // From below one packet always; otherwise by half the window, which saves a stalled sender a persist time-out.
        (Told < packetBytes && Available >= packetBytes) || Available - Told >= Math.Max(Capacity / 2, packetBytes);

    /// <summary>Advertises: what is promised now is kept.</summary>
    public uint Advertise()
    {
        var available = Math.Min(Available, uint.MaxValue);

        // Less than a packet may be left, however large packets are here.
        if (available < Math.Min(PassingBytes, Capacity - Unread))
            _budget?.OnShort();
        _toldEdge = _received + available;
        _promisedEdge = Math.Max(_promisedEdge, _toldEdge);
        return (uint)available;
    }

    /// <summary>Whether payload in order fits.</summary>
    /// <param name="bytes">Of payload.</param>
    /// <param name="cost">What it costs while nobody reads it; without payload that alone is what must fit.</param>
    public readonly bool Fits(int bytes, int cost) =>
        bytes <= Available && (cost == bytes || Unread + cost <= Math.Max(MostWindowsHeld * Capacity, PassingBytes)) && (bytes > 0 || cost == 0 || cost <= Room);

    /// <summary>Whether payload that arrives early fits beside what waits already.</summary>
    public readonly bool FitsOutOfOrder(int bytes, long waiting) => waiting + bytes <= Available;

    /// <summary>Takes the memory for payload in order that fits. What a reader waits for is only passing: it is counted when it stays.</summary>
    public bool TryAdmit(long bytes)
    {
        if (_budget is null || IsRead || bytes == 0)
            return true;
        if (!_budget.TryTakeShare(bytes, Unread))
            return false;
        _charged += bytes;
        return true;
    }

    /// <summary>Payload was received in order, and <paramref name="heldBytes"/> bytes now wait for the user (a frame waits when it is whole).</summary>
    public void OnReceived(int bytes, int heldBytes)
    {
        _received += bytes;
        Unread += heldBytes;
    }

    /// <summary>
    /// The application read; once per round trip the window grows to twice what it read in it, so that the window is never
    /// what limits a fast reader.
    /// </summary>
    /// <param name="bytes">Of payload.</param>
    /// <param name="heldBytes">What it cost while it waited.</param>
    /// <param name="rttMicros">The round trip.</param>
    /// <param name="now">The time.</param>
    public void OnRead(long bytes, long heldBytes, long rttMicros, Instant now)
    {
        Unread -= heldBytes;
        _readInRound += bytes;
        if (_roundStart == Instant.Never)
            _roundStart = now;
        if (now.Since(_roundStart) < Math.Max(rttMicros, 1))
            return;
        if (_readInRound * 2 > Capacity)
            Capacity = Math.Min(Math.Min(_max, _limit), Math.Max(Capacity, _readInRound * 2));
        _readInRound = 0;
        _roundStart = now;
    }

    /// <summary>The turn's reading is done: what is left counts against the memory that all connections share, and no more than that.</summary>
    public void Settle()
    {
        if (_budget is null || Unread == _charged)
            return;
        if (Unread > _charged)
            _budget.Take(Unread - _charged);
        else
            _budget.Return(_charged - Unread);
        _charged = Unread;
    }

    /// <summary>Nobody will read any more.</summary>
    public void Clear()
    {
        Unread = 0;
        Settle();
    }

    /// <summary>The socket cannot hold more than <paramref name="bytes"/>: the window shrinks toward it, as promises run out.</summary>
    public void Limit(long bytes)
    {
        _limit = bytes;
        Capacity = Math.Min(Capacity, bytes);
    }
}
