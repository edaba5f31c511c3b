using System.Buffers;
using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Puts frames together (protocol.md §3.4): the first packet's extension 2 is kind(1), length(4), metadata; the
/// rest carry none. Memory grows with what has arrived, not with what was announced, by a chunk at a time, and counts against the shared budget. When that has
/// none left a packet is not taken, and so not acknowledged: it comes again (note 0031).
/// </summary>
internal sealed class FrameAssembler(int maxBytes, MemoryBudget? budget, Func<int, byte[]> allocate)
{
    /// <summary>Bytes of kind and length.</summary>
    public const int HeaderLength = 5;

    /// <summary>The only kind of frame.</summary>
    public const byte Kind = 1;

    // Metadata, the list of chunks, and what arrays cost.
    private const int OverheadBytes = 512;
    private const int SmallestChunkBytes = 1 << 10;
    private const int LargestChunkBytes = 64 << 10;

    // The first chunk may become the frame; those behind it are rented, and copied when it is whole.
    private readonly List<Chunk> _chunks = [];
    private byte[] _metadata = [];
    private int _length;
    private int _filled;
    private int _capacity;
    private long _taken;

    /// <summary>Whether a frame has begun and is not whole.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>Bytes of the unfinished frame.</summary>
    public long Bytes => IsUnfinished ? _filled : 0;

    /// <summary>
    /// Makes room for a packet before it is acknowledged; false when there is no memory. Whether it belongs to a frame is for <see cref="TryAdd"/>, which must follow with the same packet.
    /// </summary>
    /// <param name="payloadBytes">Of the packet.</param>
    /// <param name="header">Its extension 2.</param>
    /// <param name="hasHeader">Whether it has one.</param>
    public bool TryReserve(int payloadBytes, ReadOnlySpan<byte> header, bool hasHeader)
    {
        if (hasHeader == IsUnfinished)
            return true;
        var length = _length;
        return (hasHeader && !TryReadLength(header, out length)) || payloadBytes > length - _filled || EnsureCapacity(_filled + payloadBytes, length, mustFit: false);
    }

    /// <summary>Takes one packet of a frame, also beyond the budget when <see cref="TryReserve"/> was not asked; false when it does not belong to one.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> header, bool hasHeader)
    {
        // A header in the middle of a frame, or a continuation without a frame.
        if (hasHeader == IsUnfinished)
            return false;
        if (hasHeader && !TryBegin(header))
            return false;
        if (payload.Length > _length - _filled)
            return false;
        EnsureCapacity(_filled + payload.Length, _length, mustFit: true);
        Append(payload);
        return true;
    }

    /// <summary>The frame, when it is whole.</summary>
    public bool TryTake(out DeliveredPayload frame)
    {
        frame = default;
        if (!IsUnfinished || _filled < _length)
            return false;
        frame = new DeliveredPayload(Join(), _metadata, _length + _metadata.Length + Delivery.MessageOverheadBytes);
        Clear();
        return true;
    }

    /// <summary>Forgets the unfinished frame.</summary>
    public void Clear()
    {
        budget?.Return(_taken);
        for (var i = 1; i < _chunks.Count; i++)
            ArrayPool<byte>.Shared.Return(_chunks[i].Bytes);
        _chunks.Clear();
        _taken = 0;
        _capacity = 0;
        _filled = 0;
        IsUnfinished = false;
    }

    private bool TryReadLength(ReadOnlySpan<byte> header, out int length)
    {
        length = 0;
        if (header.Length < HeaderLength || header[0] != Kind)
            return false;
        var announced = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        length = (int)Math.Min(announced, int.MaxValue);
        return announced <= (uint)maxBytes;
    }

    private bool TryBegin(ReadOnlySpan<byte> header)
    {
        if (!TryReadLength(header, out var length))
            return false;
        _length = length;
        _filled = 0;
        _metadata = header[HeaderLength..].ToArray();
        IsUnfinished = true;
        return true;
    }

    private bool EnsureCapacity(int needed, int length, bool mustFit)
    {
        while (_capacity < needed)
        {
            var size = Math.Max(needed - _capacity, Math.Min(length - _capacity, Math.Clamp(_capacity, SmallestChunkBytes, LargestChunkBytes)));
            var cost = size + (_chunks.Count == 0 ? OverheadBytes : 0);
            if (mustFit)
                budget?.Take(cost);
            else if (budget?.TryTakeNext(cost) == false)
                return false;
            _taken += cost;
            _chunks.Add(new Chunk(_chunks.Count == 0 ? allocate(size) : ArrayPool<byte>.Shared.Rent(size), _capacity, size));
            _capacity += size;
        }

        return true;
    }

    private void Append(ReadOnlySpan<byte> payload)
    {
        // Nearly always the last one, or the one before it.
        var index = _chunks.Count - 1;
        while (index > 0 && _chunks[index].Start > _filled)
            index--;
        for (; !payload.IsEmpty; index++)
        {
            var chunk = _chunks[index];
            var offset = _filled - chunk.Start;
            var bytes = Math.Min(payload.Length, chunk.Length - offset);
            payload[..bytes].CopyTo(chunk.Bytes.AsSpan(offset));
            payload = payload[bytes..];
            _filled += bytes;
        }
    }

    private Memory<byte> Join()
    {
        if (_chunks.Count == 0)
            return default;
        if (_length <= _chunks[0].Length)
            return _chunks[0].Bytes.AsMemory(0, _length);
        var whole = allocate(_length);
        foreach (var chunk in _chunks)
            chunk.Bytes.AsSpan(0, Math.Min(chunk.Length, _length - chunk.Start)).CopyTo(whole.AsSpan(chunk.Start));
        return whole.AsMemory(0, _length);
    }

    /// <summary>A part of the frame.</summary>
    private readonly record struct Chunk(byte[] Bytes, int Start, int Length);
}
