namespace Utp.Remote;

/// <summary>
/// Memory that frames are copied into, one behind the other. Ranges of it are told to the connection; it goes back to the pool when it is sealed and the peer has acknowledged the
/// last of them. Used under the lock of its queue.
/// </summary>
internal sealed class Chunk
{
    /// <summary>Bytes of each.</summary>
    public const int Bytes = 64 << 10;

    private const int MaxKept = 256;
    private static readonly Stack<Chunk> Free = new();

    private readonly byte[] _array = GC.AllocateUninitializedArray<byte>(Bytes);
    private int _filled;
    private int _cut;
    private int _ranges;
    private bool _sealed;
    private bool _forsaken;

    private Chunk()
    {
    }

    /// <summary>Bytes that fit behind what is there.</summary>
    public int Room => Bytes - _filled;

    /// <summary>Whether something was copied that is in no range yet.</summary>
    public bool HasUncut => _filled > _cut;

    /// <summary>An empty one; the last given back first, as it is still in the processor's cache. Any thread.</summary>
    public static Chunk Rent()
    {
        lock (Free)
        {
            if (Free.TryPop(out var chunk))
                return chunk;
        }

        return new Chunk();
    }

    /// <summary>Room to write into, taken.</summary>
    public Span<byte> Take(int bytes)
    {
        var span = _array.AsSpan(_filled, bytes);
        _filled += bytes;
        return span;
    }

    /// <summary>What was copied since the last range, as one.</summary>
    public ReadOnlyMemory<byte> CutRange()
    {
        var range = _array.AsMemory(_cut, _filled - _cut);
        _cut = _filled;
        _ranges++;
        return range;
    }

    /// <summary>A range was acknowledged: nobody reads it any more.</summary>
    public void ReleaseRange()
    {
        _ranges--;
        if (_sealed)
            ReturnIfUnused();
        else if (_forsaken)
            return;
        else if (_ranges == 0 && !HasUncut)
            _filled = _cut = 0;
    }

    /// <summary>A connection that is lost may still read from it: it is left to the garbage collector, and never used again.</summary>
    public void Forsake() => _forsaken = true;

    /// <summary>Nothing more is copied into it.</summary>
    public void Seal()
    {
        _sealed = true;
        ReturnIfUnused();
    }

    private void ReturnIfUnused()
    {
        if (_ranges > 0 || HasUncut || _forsaken)
            return;
        (_filled, _cut, _sealed) = (0, 0, false);
        lock (Free)
        {
            if (Free.Count < MaxKept)
                Free.Push(this);
        }
    }
}
