namespace Utp.Protocol;

/// <summary>
/// The window we advertise (BEP 29 "wnd_size"): enforced, tuned by what the application reads, and never smaller than
/// what was promised (protocol.md §6). Positions are stream offsets of received payload.
/// </summary>
internal struct ReceiveWindow
{
    private readonly long _max;
    private long _limit;
    private long _received;
    private long _promisedEdge;
    private long _readInRound;
    private Instant _roundStart;

    public ReceiveWindow(ConnectionOptions options)
    {
        Capacity = options.InitialReceiveWindowBytes;
        _max = _limit = options.MaxReceiveWindowBytes;
        _roundStart = Instant.Never;
    }

    /// <summary>Bytes that the connection is ready to hold for its user.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes that were received in order and not read yet.</summary>
    public long Unread { get; private set; }

    /// <summary>What the last packet advertised.</summary>
    public readonly long Promised => Math.Max(0, _promisedEdge - _received);

    /// <summary>What a packet that leaves now would advertise.</summary>
    public readonly long Available => Math.Max(Promised, Capacity - Unread);

    /// <summary>Whether so much has opened since the last advertisement that the peer should hear of it at once.</summary>
    public readonly bool HasOpened(int packetBytes) =>
        // From below one packet always; otherwise by half the window, which saves a stalled sender a persist time-out.
        (Promised < packetBytes && Available >= packetBytes) || Available - Promised >= Math.Max(Capacity / 2, packetBytes);

    /// <summary>Advertises: what is promised now is kept.</summary>
    public uint Advertise()
    {
        var available = Math.Min(Available, uint.MaxValue);
        _promisedEdge = _received + available;
        return (uint)available;
    }

    /// <summary>Whether payload in order fits.</summary>
    public readonly bool Fits(int bytes) => bytes <= Available;

    /// <summary>Whether payload that arrives early fits beside what waits already.</summary>
    public readonly bool FitsOutOfOrder(int bytes, long waiting) => waiting + bytes <= Available;

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
    public void OnRead(long bytes, long rttMicros, Instant now)
    {
        Unread -= bytes;
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

    /// <summary>The socket cannot hold more than <paramref name="bytes"/>: the window shrinks toward it, as promises run out.</summary>
    public void Limit(long bytes)
    {
        _limit = bytes;
        Capacity = Math.Min(Capacity, bytes);
    }
}
