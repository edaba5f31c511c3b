using Utp.Messages;

namespace Utp.Streams.Dsl;

/// <summary>
/// What a flow has taken and its peer has not acknowledged, kept within the connection's send buffer, so that writes are under way for a whole round trip and memory
/// is bounded. Since nobody else writes, the connection never refuses one for lack of room. Used by its stage alone.
/// </summary>
internal sealed class WriteWindow
{
    // What a write costs beside its bytes, here and in the connection: many small ones are bounded too.
    private const int OverheadBytes = 256;
    private const int MaxAckBytes = 64 << 10;

    private readonly int _limit;
    private readonly int _ackBytes;
    private readonly int _pieceBytes;
    private readonly Queue<Write> _waiting = new();
    private long _underWay;
    private long _sinceAck;

    /// <summary>An empty window.</summary>
    /// <param name="sendBufferBytes">The connection's.</param>
    /// <param name="isMessages">Whether each write is a message, which must not be cut.</param>
    public WriteWindow(int sendBufferBytes, bool isMessages)
    {
        _limit = sendBufferBytes;

        // Quarters: while the window is full acknowledgements are due. A message may be of any size, so each is acknowledged.
        _ackBytes = isMessages ? 0 : Math.Min(sendBufferBytes / 4, MaxAckBytes);
        _pieceBytes = isMessages ? int.MaxValue : sendBufferBytes / 4;
    }

    /// <summary>Whether everything was told to the connection.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Whether another element can be taken.</summary>
    public bool HasRoom => IsEmpty && _underWay < _limit;

    /// <summary>Takes an element's bytes.</summary>
    public void Add(StreamMessage piece)
    {
        var data = piece.Data;
        for (; data.Length > _pieceBytes; data = data[_pieceBytes..])
            _waiting.Enqueue(new Write(data[.._pieceBytes]));
        _waiting.Enqueue(new Write(data) { Metadata = piece.Metadata });
    }

    /// <summary>The next write that may be told to the connection now.</summary>
    public bool TryNext(out Write write)
    {
        write = null!;
        if (!_waiting.TryPeek(out var next))
            return false;
        var charge = ChargeOf(next);
        if (_underWay > 0 && _underWay + charge > _limit)
            return false;
        _waiting.Dequeue();
        _underWay += charge;
        _sinceAck += charge;
        write = next;
        if (_sinceAck < _ackBytes)
            return true;
        write = next with { Ack = new DeliveredBytes(_sinceAck), AckWhen = AckWhen.Delivered };
        _sinceAck = 0;
        return true;
    }

    /// <summary>The peer has acknowledged so many.</summary>
    public void OnDelivered(DeliveredBytes delivered) => _underWay -= delivered.Bytes;

    /// <summary>What waits will not be written.</summary>
    public void Forget() => _waiting.Clear();

    private static int ChargeOf(Write write) => write.Data.Length + write.Metadata.Length + OverheadBytes;
}

/// <summary>The acknowledgement of writes: so many bytes, and what they cost beside, are delivered.</summary>
internal sealed record DeliveredBytes(long Bytes);
