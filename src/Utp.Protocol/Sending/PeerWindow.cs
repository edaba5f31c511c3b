namespace Utp.Protocol;

/// <summary>What a packet said of the peer's window.</summary>
[Flags]
internal enum PeerWindowNews
{
    /// <summary>Nothing new.</summary>
    None = 0,

    /// <summary>It is another one than before.</summary>
    Moved = 1,

    /// <summary>It had no room for a packet, and has it now.</summary>
    Opened = 2,
}

/// <summary>
/// The window that the peer grants us (BEP 29 "wnd_size"), and the probes that ask whether a closed one has opened (protocol.md §6). Owned by the connection.
/// </summary>
internal sealed class PeerWindow(RttEstimator rtt, Timers timers)
{
    private const long MaxPersistMicros = 60_000_000;

    private WireTimestamp _stamp;
    private int _backOff;

    /// <summary>Bytes beyond the left edge that the peer takes, as it said last.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the peer is to be asked now, with an empty packet.</summary>
    public bool IsProbeDue { get; private set; }

    /// <summary>The handshake says the first; its timestamp is the oldest that counts.</summary>
    public void Begin(long bytes, WireTimestamp stamp) => (Bytes, _stamp) = (bytes, stamp);

    /// <summary>A believable packet arrived. An older one must not undo what a newer one said.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="acked">How many packets it acknowledges; negative: it is older than what was acknowledged.</param>
    /// <param name="maxPayload">Bytes of a full packet.</param>
    public PeerWindowNews OnPacket(in PacketHeader header, int acked, int maxPayload)
    {
        if (acked < 0 || (acked == 0 && _stamp.DistanceTo(header.Timestamp) < 0))
            return PeerWindowNews.None;
        var news = Bytes != header.WndSize ? PeerWindowNews.Moved : PeerWindowNews.None;
        if (Bytes < maxPayload && header.WndSize >= maxPayload)
            news |= PeerWindowNews.Opened;
        Bytes = header.WndSize;
        _stamp = header.Timestamp;
        if (Bytes > 0)
        {
            timers.Stop(TimerKind.Persist);
            _backOff = 0;
        }

        return news;
    }

    /// <summary>The window is closed, and only a probe can tell when it opens if its announcement is lost.</summary>
    public void WaitForProbe(Instant now)
    {
        if (timers.IsArmed(TimerKind.Persist) || IsProbeDue)
            return;
        var wait = Math.Min(MaxPersistMicros, rtt.BaseRtoMicros << Math.Min(_backOff, 16));
        _backOff++;
        timers.Arm(TimerKind.Persist, now.Plus(wait));
    }

    /// <summary>It is time to ask, if nothing is on its way that brings an answer, and the window has no room yet.</summary>
    public void OnTimer(int maxPayload, bool nothingOutstanding) => IsProbeDue = Bytes < maxPayload && nothingOutstanding;

    /// <summary>A probe left: an empty packet fits into any window, and its acknowledgement brings the peer's.</summary>
    public void OnProbeSent() => IsProbeDue = false;

    /// <summary>Nothing will be sent any more.</summary>
    public void Stop() => timers.Stop(TimerKind.Persist);
}
