using Google.Protobuf;

namespace Utp.Remote;

/// <summary>A PDU as it has arrived.</summary>
/// <param name="Pdu">Null: it was over the limit, and is dropped.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Fence">What goes before; null: what came before on its lane, and nothing else.</param>
internal readonly record struct Frame(ByteString? Pdu, int Bytes, Fence? Fence);

/// <summary>Cuts a lane's bytes into frames, wherever deliveries cut them.</summary>
/// <param name="maxPduBytes">Longer ones are dropped, whatever their length, without memory for them.</param>
/// <param name="lanes">Of the association: how many counts stand before a fenced PDU.</param>
/// <param name="mayKeep">Whether a frame may be a view of the delivery it came with, and keep it from its pool; otherwise it is copied.</param>
internal sealed class FrameParser(int maxPduBytes, int lanes, bool mayKeep = true)
{
    // Below it a copy costs less than what keeps the rest of a delivery alive.
    private const int MinViewBytes = 4 << 10;

    private readonly byte[] _head = new byte[FrameHeader.Length + FrameHeader.FenceLength(lanes)];
    private int _headBytes;
    private byte[]? _body;
    private int _bodyBytes;
    private Fence? _fence;
    private int _skipBytes;

    /// <summary>Reads to the end of the next frame, or of the bytes.</summary>
    /// <param name="data">What has arrived.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="consumed">How many bytes were read.</param>
    /// <param name="isView">Whether the frame is a view of <paramref name="data"/>, whose memory must not be used again.</param>
    /// <returns>Whether there is a frame.</returns>
    public bool TryParse(ReadOnlyMemory<byte> data, out Frame frame, out int consumed, out bool isView)
    {
        var source = data.Span;
        (frame, isView) = (default, false);
        consumed = Math.Min(_skipBytes, source.Length);
        _skipBytes -= consumed;
        if (_skipBytes > 0)
            return false;
        if (_body is not null)
            return FillBody(source, ref consumed, out frame);

        if (!FillHead(source, ref consumed, out var header))
            return false;
        _headBytes = 0;
        _fence = header.IsFenced ? FrameHeader.ReadFence(lanes, _head.AsSpan(FrameHeader.Length)) : null;
        if (header.PduBytes > maxPduBytes)
        {
            frame = new Frame(null, header.PduBytes, null);
            _skipBytes = header.PduBytes;
            return true;
        }

        if (source.Length - consumed < header.PduBytes)
        {
            (_body, _bodyBytes) = (GC.AllocateUninitializedArray<byte>(header.PduBytes), 0);
            return FillBody(source, ref consumed, out frame);
        }

        isView = mayKeep && header.PduBytes >= MinViewBytes;
        var pdu = isView ? UnsafeByteOperations.UnsafeWrap(data.Slice(consumed, header.PduBytes)) : ByteString.CopyFrom(source.Slice(consumed, header.PduBytes));
        consumed += header.PduBytes;
        frame = new Frame(pdu, header.PduBytes, _fence);
        return true;
    }

    private bool FillHead(ReadOnlySpan<byte> source, ref int consumed, out FrameHeader header)
    {
        header = default;
        if (!FillHead(source, ref consumed, FrameHeader.Length))
            return false;
        header = FrameHeader.Read(_head);
        return !header.IsFenced || FillHead(source, ref consumed, _head.Length);
    }

    private bool FillHead(ReadOnlySpan<byte> source, ref int consumed, int needed)
    {
        var count = Math.Clamp(needed - _headBytes, 0, source.Length - consumed);
        source.Slice(consumed, count).CopyTo(_head.AsSpan(_headBytes));
        _headBytes += count;
        consumed += count;
        return _headBytes >= needed;
    }

    private bool FillBody(ReadOnlySpan<byte> source, ref int consumed, out Frame frame)
    {
        var body = _body!;
        var count = Math.Min(body.Length - _bodyBytes, source.Length - consumed);
        source.Slice(consumed, count).CopyTo(body.AsSpan(_bodyBytes));
        _bodyBytes += count;
        consumed += count;
        frame = default;
        if (_bodyBytes < body.Length)
            return false;
        frame = new Frame(UnsafeByteOperations.UnsafeWrap(body), body.Length, _fence);
        _body = null;
        return true;
    }
}
