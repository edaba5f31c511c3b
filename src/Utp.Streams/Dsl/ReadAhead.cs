namespace Utp.Streams.Dsl;

/// <summary>Elements that were received before they were asked for: a few, so that the connection's next delivery is on its way while the last one is worked on.</summary>
internal sealed class ReadAhead<T>
{
    // One delivery more may be on its way: a stalled consumer holds this and that; the rest waits in the receive window.
    private const int LimitBytes = 64 << 10;

    private readonly Queue<(T Element, int Bytes)> _queue = new();
    private long _bytes;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _queue.Count == 0;

    /// <summary>Whether more may be asked for.</summary>
    public bool HasRoom => _bytes < LimitBytes;

    /// <summary>Appends an element.</summary>
    public void Add(T element, int bytes)
    {
        _queue.Enqueue((element, bytes));
        _bytes += bytes;
    }

    /// <summary>The oldest element.</summary>
    public T Take()
    {
        var (element, bytes) = _queue.Dequeue();
        _bytes -= bytes;
        return element;
    }

    /// <summary>Forgets what waits.</summary>
    public void Clear()
    {
        _queue.Clear();
        _bytes = 0;
    }
}
