namespace Utp.Protocol;

/// <summary>
/// What has arrived in order and waits for the user, the window that follows from it (protocol.md §6), and who loses when memory for unfinished frames is short
/// (design notes 0015, 0031). Owned by the connection.
/// </summary>
internal sealed class UnreadData
{
    // A frame that gains less than this in this time is not being sent, but held: 52 kbit/s.
    private const long UnfinishedFrameMicros = 10_000_000;
    private const long LeastFrameProgress = 64 << 10;

    private readonly ConnectionOptions _options;
    private readonly Timers _timers;
    private Delivery? _delivery;
    private ReceiveWindow _window;
    private long _frameMark;

    /// <summary>Holds nothing before <see cref="Begin"/>.</summary>
    /// <param name="options">The connection's.</param>
    /// <param name="timers">Its timers.</param>
    /// <param name="memory">The account that unread data counts against; null: one of its own in <see cref="ConnectionOptions.UnreadBudget"/>.</param>
    public UnreadData(ConnectionOptions options, Timers timers, MemoryBudget? memory)
    {
        _options = options;
        _timers = timers;
        _window = new ReceiveWindow(options, memory ?? options.UnreadBudget?.OpenAccount());
    }

    /// <summary>Payload bytes that were received in order, since the start.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Whether what arrives is dropped, because the user has stopped reading.</summary>
    public bool IsDiscarded { get; private set; }

    /// <summary>Whether received data stays here, and closes the window.</summary>
    public bool IsSuspended => !_window.IsRead;

    /// <summary>Whether anything waits for the user.</summary>
    public bool HasReady => _delivery is { HasReady: true };

    /// <summary>Whether the handshake is done, so that there can be data.</summary>
    public bool HasBegun => _delivery is not null;

    /// <summary>Bytes of an unfinished frame.</summary>
    public long AssemblingBytes => _delivery?.AssemblingBytes ?? 0;

    /// <summary>Bytes that the window is ready to hold.</summary>
    public long WindowBytes => _window.Capacity;

    /// <summary>Bytes that wait for the user, with what they cost beside.</summary>
    public long UnreadBytes => _window.Unread;

    /// <summary>The peer is known: data can come. Frames need both ends; otherwise a connection that was asked for frames is a stream.</summary>
    public void Begin(PeerTraits peer, MemoryBudget? memory) =>
        _delivery = new Delivery(peer.UsesFrames || _options.Mode != DeliveryMode.Frames ? _options : _options with { Mode = DeliveryMode.Bytes }, memory);

    /// <summary>A batch brings so many bytes at most, and so many wait for something that it may bring: how large the next buffer may be.</summary>
    public void Expect(long payloadBytes)
    {
        // No more than is taken: a buffer that stays half empty is held all the same.
        if (_delivery is not null)
            _delivery.ExpectBytes((int)Math.Min(payloadBytes, _window.BufferBytes));
    }

    /// <summary>Whether a packet that is next in order fits, with all that waits behind it; then memory for it is taken, and <see cref="Take"/> must follow.</summary>
    public bool Admits(PacketType type, int payloadBytes, ReadOnlySpan<byte> extension2, bool hasExtension2, long earlyBytes, int earlyPackets)
    {
        // What is discarded, and a ST_FIN, does not wait for anybody.
        var waits = type == PacketType.Data && !IsDiscarded;
        var cost = waits ? _delivery!.CostOf(payloadBytes, extension2.Length, hasExtension2) : payloadBytes;
        return _window.Fits(payloadBytes, cost)
            && (!waits || _delivery!.TryReserve(payloadBytes, extension2, hasExtension2))
            && _window.TryAdmit(cost + _delivery!.CostAtMost(earlyBytes, earlyPackets));
    }

    /// <summary>Whether a packet of so many bytes, which is next in order, fits into the window.</summary>
    public bool FitsNext(int bytes) => _window.Fits(bytes, bytes);

    /// <summary>Whether payload that is early fits beside what waits already.</summary>
    public bool FitsEarly(int bytes, long waiting) => _window.FitsOutOfOrder(bytes, waiting);

    /// <summary>Takes payload in order.</summary>
    public DeliveryResult Take(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2, Instant now)
    {
        BytesReceived += payload.Length;
        if (IsDiscarded)
        {
            _window.OnReceived(payload.Length, 0);
            return DeliveryResult.Taken;
        }

        // An acceptor's early ST_DATA may repeat its capabilities; in byte mode extension 2 means nothing else.
        var result = _delivery!.Add(payload, extension2, hasExtension2, out var held);
        _window.OnReceived(payload.Length, held);
        WatchUnfinishedFrame(now);
        return result;
    }

    /// <summary>What wnd_size says in a packet that leaves now.</summary>
    public uint Advertise() => _window.Advertise();

    /// <summary>Whether so much has opened since the last packet that the peer should hear of it at once.</summary>
    public bool HasOpened(int packetBytes) => _window.HasOpened(packetBytes);

    /// <summary>The socket cannot hold more than so many bytes.</summary>
    public void LimitWindow(long bytes) => _window.Limit(Math.Max(bytes, 2L * _options.MaxDatagramBytes));

    /// <summary>The user takes nothing for now.</summary>
    public void Suspend() => _window.IsRead = false;

    /// <summary>The user reads again.</summary>
    public void Resume() => _window.IsRead = true;

    /// <summary>The next payload for the user.</summary>
    public bool TryRead(long rttMicros, Instant now, out DeliveredPayload payload)
    {
        if (_delivery is null || !_delivery.TryTake(out payload))
        {
            payload = default;
            return false;
        }

        _window.OnRead(payload.Data.Length, payload.HeldBytes, rttMicros, now);
        return true;
    }

    /// <summary>What is here now, and what still comes, is dropped.</summary>
    public void Discard(long rttMicros, Instant now)
    {
        IsDiscarded = true;
        while (TryRead(rttMicros, now, out _))
        {
        }

        _delivery?.Clear();
        Settle();
    }

    /// <summary>The user will read nothing any more.</summary>
    public void Clear()
    {
        _delivery?.Clear();
        _window.Clear();
    }

    /// <summary>Everything that could be read was: what is left is held.</summary>
    public void Settle() => _window.Settle();

    /// <summary>Whether the frame that is unfinished for ten seconds is being held, while memory for frames is short. Where memory is short, who holds it and does not use it loses.</summary>
    public bool IsFrameHeld(Instant now)
    {
        if (_delivery is not { HasUnfinishedFrame: true })
            return false;
        var isHeld = BytesReceived - _frameMark < LeastFrameProgress;
        if (isHeld && _options.ReorderBudget is { } budget && budget.ShareBytes < _options.MaxFrameBytes)
            return true;
        WatchUnfinishedFrame(now);
        return false;
    }

    private void WatchUnfinishedFrame(Instant now)
    {
        if (!_delivery!.HasUnfinishedFrame || _timers.IsArmed(TimerKind.UnfinishedFrame))
            return;
        _frameMark = BytesReceived;
        _timers.Arm(TimerKind.UnfinishedFrame, now.Plus(UnfinishedFrameMicros));
    }
}
