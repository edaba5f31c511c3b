namespace Utp.Protocol;

/// <summary>A payload ready for the user.</summary>
internal readonly record struct DeliveredPayload(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Metadata);

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
    // Arrays above 85,000 bytes would go to the large-object heap.
    private const int MaxChunkBytes = 64 << 10;

    private readonly DeliveryMode _mode;
    private readonly Func<int, byte[]> _allocate;
    private readonly FrameAssembler? _frames;
    private readonly Queue<DeliveredPayload> _ready = new();
    private byte[]? _chunk;
    private int _chunkLength;
    private int _expectedBytes;

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
    /// <param name="heldBytes">Payload bytes that now wait for the user: what they release when read.</param>
    public DeliveryResult Add(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2, out int heldBytes)
    {
        heldBytes = payload.Length;
        switch (_mode)
        {
            case DeliveryMode.Objects:
                // An empty packet without metadata is a probe, not an object.
                if (!payload.IsEmpty || hasExtension2)
                    _ready.Enqueue(new DeliveredPayload(Copy(payload), extension2.ToArray()));
                return DeliveryResult.Taken;

            case DeliveryMode.Frames:
                heldBytes = 0;
                if (payload.IsEmpty && !hasExtension2)
                    return DeliveryResult.Taken;
                if (!_frames!.TryAdd(payload, extension2, hasExtension2))
                    return DeliveryResult.BadFrame;
                if (_frames.TryTake(out var frame))
                {
                    heldBytes = frame.Data.Length;
                    _ready.Enqueue(frame);
                }

                return DeliveryResult.Taken;

            default:
                AddBytes(payload);
                return DeliveryResult.Taken;
        }
    }

    /// <summary>The next payload for the user.</summary>
    public bool TryTake(out DeliveredPayload payload)
    {
        if (_ready.TryDequeue(out payload))
            return true;
        if (_chunkLength == 0)
            return false;
        payload = new DeliveredPayload(_chunk.AsMemory(0, _chunkLength), default);
        _chunk = null;
        _chunkLength = 0;
        return true;
    }

    /// <summary>Forgets what is held.</summary>
    public void Clear()
    {
        _ready.Clear();
        _chunk = null;
        _chunkLength = 0;
        _frames?.Clear();
    }

    private void AddBytes(ReadOnlySpan<byte> payload)
    {
        while (!payload.IsEmpty)
        {
            _chunk ??= _allocate(Math.Min(MaxChunkBytes, Math.Max(payload.Length, _expectedBytes)));
            var take = Math.Min(payload.Length, _chunk.Length - _chunkLength);
            payload[..take].CopyInPieces(_chunk.AsSpan(_chunkLength));
            payload = payload[take..];
            _chunkLength += take;
            _expectedBytes -= take;
            if (_chunkLength < _chunk.Length)
                continue;
            _ready.Enqueue(new DeliveredPayload(_chunk.AsMemory(0, _chunkLength), default));
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
