namespace Utp.Protocol;

/// <summary>A payload ready for the user.</summary>
/// <param name="Data">The bytes.</param>
/// <param name="Metadata">Of an object or a frame.</param>
/// <param name="HeldBytes">What it costs while it waits.</param>
internal readonly record struct DeliveredPayload(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Metadata, int HeldBytes);

/// <summary>What became of a packet's payload.</summary>
internal enum DeliveryResult
{
    /// <summary>Taken.</summary>
    Taken,

    /// <summary>A frame begins without a header, in the middle of another, or is larger than allowed.</summary>
    BadFrame,
}

/// <summary>
/// Cuts what arrived in order for the user: a byte stream (one buffer per receive batch), objects (one per packet), or
/// frames (one per write). Its buffers belong to the user once polled. Owned by the connection.
/// </summary>
internal sealed class Delivery
{
    /// <summary>What an object or a frame costs beside its bytes while it waits: two arrays' headers, and its place in the queue.</summary>
    public const int MessageOverheadBytes = 96;

    // Arrays above 85,000 bytes would go to the large-object heap.
    private const int MaxChunkBytes = 64 << 10;

    // Behind what waits already a buffer is not as small as its packet: an array of one byte costs 32.
    private const int SmallestChunkBehind = 256;
    private const int ChunksBehind = 8;

    private readonly DeliveryMode _mode;
    private readonly Func<int, byte[]> _allocate;
    private readonly FrameAssembler? _frames;
    private readonly Queue<DeliveredPayload> _ready = new();
    private byte[]? _chunk;
    private int _chunkLength;
    private int _expectedBytes;
    private long _waitingBytes;

    /// <summary>Delivers as the options say; unfinished frames count against <paramref name="budget"/>.</summary>
    public Delivery(ConnectionOptions options, MemoryBudget? budget)
    {
        _mode = options.Mode;
        _allocate = options.AllocateDelivery;
        if (_mode == DeliveryMode.Frames)
            _frames = new FrameAssembler(options.MaxFrameBytes, budget, _allocate);
    }

    /// <summary>Whether a frame has begun and is not whole.</summary>
    public bool HasUnfinishedFrame => _frames is { IsUnfinished: true };

    /// <summary>Whether anything can be polled.</summary>
    public bool HasReady => _ready.Count > 0 || _chunkLength > 0;

    /// <summary>Bytes of an unfinished frame: they do not count against the window.</summary>
    public long AssemblingBytes => _frames?.Bytes ?? 0;

    /// <summary>How many more payload bytes the current batch may bring: the size of the next buffer.</summary>
    public void ExpectBytes(int bytes) => _expectedBytes = bytes;

    /// <summary>Makes room for a packet before it is acknowledged; false when the memory for frames is used up. <see cref="Add"/> must follow with the same packet.</summary>
    public bool TryReserve(int payloadBytes, ReadOnlySpan<byte> extension2, bool hasExtension2) =>
        _frames is null || (payloadBytes == 0 && !hasExtension2) || _frames.TryReserve(payloadBytes, extension2, hasExtension2);

    /// <summary>Takes one packet's payload.</summary>
    /// <param name="payload">Copied.</param>
    /// <param name="extension2">Metadata or frame header; copied.</param>
    /// <param name="hasExtension2">Whether the packet has extension 2 at all.</param>
    /// <param name="heldBytes">What now waits for the user, with all that it costs: what <see cref="DeliveredPayload.HeldBytes"/> releases when it is read.</param>
    public DeliveryResult Add(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2, out int heldBytes)
    {
        heldBytes = 0;
        switch (_mode)
        {
            case DeliveryMode.Objects:
                // An empty packet without metadata is a probe, not an object.
                if (payload.IsEmpty && !hasExtension2)
                    return DeliveryResult.Taken;
                heldBytes = Cost(payload.Length, extension2.Length);
                _ready.Enqueue(new DeliveredPayload(Copy(payload), extension2.ToArray(), heldBytes));
                return DeliveryResult.Taken;

            case DeliveryMode.Frames:
                if (payload.IsEmpty && !hasExtension2)
                    return DeliveryResult.Taken;
                if (!_frames!.TryAdd(payload, extension2, hasExtension2))
                    return DeliveryResult.BadFrame;
                if (_frames.TryTake(out var frame))
                {
                    heldBytes = frame.HeldBytes;
                    _ready.Enqueue(frame);
                }

                return DeliveryResult.Taken;

            default:
                heldBytes = payload.Length;
                AddBytes(payload);
                return DeliveryResult.Taken;
        }
    }

    /// <summary>The next payload for the user.</summary>
    public bool TryTake(out DeliveredPayload payload)
    {
        if (_ready.TryDequeue(out payload))
        {
            _waitingBytes -= payload.HeldBytes;
            return true;
        }

        if (_chunkLength == 0)
            return false;
        payload = new DeliveredPayload(_chunk.AsMemory(0, _chunkLength), default, _chunkLength);
        _chunk = null;
        _chunkLength = 0;
        return true;
    }

    /// <summary>Forgets what is held.</summary>
    public void Clear()
    {
        _ready.Clear();
        _waitingBytes = 0;
        _chunk = null;
        _chunkLength = 0;
        _frames?.Clear();
    }

    /// <summary>What a packet costs while it waits for the user: an object, or the packet that begins a frame, more than its payload.</summary>
    public int CostOf(int payloadBytes, int extension2Bytes, bool hasExtension2)
    {
        if (_mode == DeliveryMode.Bytes || (!hasExtension2 && (payloadBytes == 0 || _mode == DeliveryMode.Frames)))
            return payloadBytes;
        return Cost(payloadBytes, extension2Bytes);
    }

    /// <summary>What so many packets that wait out of order may cost at most when they wait for the user.</summary>
    public long CostAtMost(long payloadBytes, int packets) =>
        _mode == DeliveryMode.Bytes ? payloadBytes : payloadBytes + ((long)packets * (MessageOverheadBytes + byte.MaxValue));

    private static int Cost(int payloadBytes, int metadataBytes) => payloadBytes + metadataBytes + MessageOverheadBytes;

    private long SizeBehind => _ready.Count == 0 ? 0 : Math.Max(SmallestChunkBehind, _waitingBytes / ChunksBehind);

    private void AddBytes(ReadOnlySpan<byte> payload)
    {
        while (!payload.IsEmpty)
        {
            _chunk ??= _allocate((int)Math.Min(MaxChunkBytes, Math.Max(Math.Max(payload.Length, _expectedBytes), SizeBehind)));
            var take = Math.Min(payload.Length, _chunk.Length - _chunkLength);
            payload[..take].CopyInPieces(_chunk.AsSpan(_chunkLength));
            payload = payload[take..];
            _chunkLength += take;
            _expectedBytes -= take;
            if (_chunkLength < _chunk.Length)
                continue;
            _ready.Enqueue(new DeliveredPayload(_chunk.AsMemory(0, _chunkLength), default, _chunkLength));
            _waitingBytes += _chunkLength;
            _chunk = null;
            _chunkLength = 0;
        }
    }

    private ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return default;
        var copy = _allocate(payload.Length);
        payload.CopyTo(copy);
        return copy.AsMemory(0, payload.Length);
    }
}
