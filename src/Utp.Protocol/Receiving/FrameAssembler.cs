using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Puts frames together (protocol.md §3, "Frame mode"): the first packet's extension 2 is kind(1), length(4), metadata; the
/// rest carry none. Memory grows with what has arrived, not with what was announced, and counts against the shared budget.
/// </summary>
internal sealed class FrameAssembler
{
    /// <summary>Bytes of kind and length.</summary>
    public const int HeaderLength = 5;

    /// <summary>The only kind of frame.</summary>
    public const byte Kind = 1;

    private readonly int _maxBytes;
    private readonly MemoryBudget? _budget;
    private readonly Func<int, byte[]> _allocate;
    private byte[]? _buffer;
    private byte[] _metadata = [];
    private int _length;
    private int _filled;
    private long _taken;

    public FrameAssembler(ConnectionOptions options)
    {
        _maxBytes = options.MaxFrameBytes;
        _budget = options.ReorderBudget;
        _allocate = options.AllocateDelivery;
    }

    /// <summary>Bytes of the unfinished frame.</summary>
    public long Bytes => _buffer is null ? 0 : _filled;

    /// <summary>Takes one packet of a frame; false when it does not belong to one, or memory is at its limit.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> header, bool hasHeader)
    {
        // A header in the middle of a frame, or a continuation without a frame.
        if (hasHeader == _buffer is not null)
            return false;
        if (hasHeader && !TryBegin(header))
            return false;
        if (payload.Length > _length - _filled || !EnsureRoom(payload.Length))
            return false;
        payload.CopyTo(_buffer.AsSpan(_filled));
        _filled += payload.Length;
        return true;
    }

    /// <summary>The frame, when it is whole.</summary>
    public bool TryTake(out DeliveredPayload frame)
    {
        frame = default;
        if (_buffer is null || _filled < _length)
            return false;
        frame = new DeliveredPayload(_buffer.AsMemory(0, _length), _metadata);
        Clear();
        return true;
    }

    /// <summary>Forgets the unfinished frame.</summary>
    public void Clear()
    {
        _budget?.Return(_taken);
        _taken = 0;
        _buffer = null;
        _filled = 0;
    }

    private bool TryBegin(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderLength || header[0] != Kind)
            return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > (uint)_maxBytes)
            return false;
        _length = (int)length;
        _filled = 0;
        _metadata = header[HeaderLength..].ToArray();
        _buffer = [];
        return true;
    }

    private bool EnsureRoom(int bytes)
    {
        var needed = _filled + bytes;
        if (needed <= _buffer!.Length)
            return true;
        var size = (int)Math.Min(_length, Math.Max(needed, 2L * _buffer.Length));
        if (_budget?.TryTake(size - _taken) == false)
            return false;
        _taken = size;
        var larger = _allocate(size);
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        _buffer = larger;
        return true;
    }
}
