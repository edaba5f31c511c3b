using System.Collections.Concurrent;

namespace Utp.Sockets;

/// <summary>
/// Receive memory with a byte limit. A slab counts in full as long as anybody holds a reference on it,
/// because that is what it pins. At the limit <see cref="TryRent"/> refuses, the reader stops, and the
/// kernel drops: right for UDP, and better than an unbounded mailbox. Safe from any thread.
/// </summary>
public sealed class SlabPool
{
    // After so many returns it is looked how much memory they needed at once. Counted, not timed: a pool at rest costs nothing. What was more falls by
    // a thirty-second a look, so that loads that come and go do not allocate.
    private const int ReturnsPerLook = 4_096;
    private const int FallPerLook = 32;
    private const int LeastKept = 8;

    private readonly ConcurrentBag<DatagramSlab> _free = [];
    private readonly int _slabBytes;
    private readonly long _limitBytes;
    private long _pinnedBytes;
    private long _ownedBytes;
    private long _mostPinnedBytes;
    private long _keptBytes;
    private int _returns;
    private Action? _onAvailable;

    /// <summary>Creates a pool of slabs of <paramref name="slabBytes"/> bytes, of which at most <paramref name="limitBytes"/> bytes are in use.</summary>
    public SlabPool(int slabBytes, long limitBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slabBytes, 65_536);
        ArgumentOutOfRangeException.ThrowIfLessThan(limitBytes, slabBytes);
        _slabBytes = slabBytes;
        _limitBytes = limitBytes;
        _keptBytes = limitBytes;
    }

    /// <summary>Bytes of one slab.</summary>
    public int SlabBytes => _slabBytes;

    /// <summary>Bytes of all slabs that somebody holds.</summary>
    public long PinnedBytes => Interlocked.Read(ref _pinnedBytes);

    /// <summary>Bytes of all slabs, held and free: after a burst it falls to what is needed since, as slabs come and go.</summary>
    public long OwnedBytes => Interlocked.Read(ref _ownedBytes);

    /// <summary>A slab with one reference, owned by the caller; false at the limit.</summary>
    public bool TryRent(out DatagramSlab slab)
    {
        // Never above the limit, not even for a moment: a waiter that looks then would wait for ever.
        var pinned = PinnedBytes;
        while (true)
        {
            if (pinned + _slabBytes > _limitBytes)
            {
                slab = null!;
                return false;
            }

            var before = Interlocked.CompareExchange(ref _pinnedBytes, pinned + _slabBytes, pinned);
            if (before == pinned)
                break;
            pinned = before;
        }

        NoteMost(pinned + _slabBytes);
        if (!_free.TryTake(out slab!))
        {
            slab = new DatagramSlab(this, _slabBytes);
            Interlocked.Add(ref _ownedBytes, _slabBytes);
        }

        slab.Reset();
        return true;
    }

    /// <summary>
    /// Calls <paramref name="action"/> once, on the thread that returns a slab, when memory is free again
    /// (at once if it is). One waiter at a time.
    /// </summary>
    public void NotifyWhenAvailable(Action action)
    {
        Interlocked.Exchange(ref _onAvailable, action);
        if (PinnedBytes + _slabBytes <= _limitBytes)
            Interlocked.Exchange(ref _onAvailable, null)?.Invoke();
    }

    internal void Return(DatagramSlab slab)
    {
        if (Interlocked.Increment(ref _returns) % ReturnsPerLook == 0)
            Look();

        // What a burst left behind is the garbage collector's, one slab at a time.
        if (OwnedBytes > Interlocked.Read(ref _keptBytes))
            Interlocked.Add(ref _ownedBytes, -_slabBytes);
        else
            _free.Add(slab);
        Interlocked.Add(ref _pinnedBytes, -_slabBytes);
        Interlocked.Exchange(ref _onAvailable, null)?.Invoke();
    }

    private void Look()
    {
        var needed = Math.Max(Interlocked.Exchange(ref _mostPinnedBytes, PinnedBytes), LeastKept * (long)_slabBytes);
        var kept = Interlocked.Read(ref _keptBytes);
        Interlocked.Exchange(ref _keptBytes, Math.Max(needed, kept - (kept / FallPerLook)));
    }

    private void NoteMost(long pinned)
    {
        var most = Interlocked.Read(ref _mostPinnedBytes);
        while (pinned > most)
        {
            var before = Interlocked.CompareExchange(ref _mostPinnedBytes, pinned, most);
            if (before == most)
                return;
            most = before;
        }
    }
}

/// <summary>A block of receive memory, shared by reference count. The last <see cref="Release"/> gives it back to its pool.</summary>
public sealed class DatagramSlab
{
    private readonly SlabPool _pool;

    // The generation in the upper half, the references in the lower: one word, so that a reference is
    // never added to a slab that was given back, or given back and rented anew.
    private long _state;

    internal DatagramSlab(SlabPool pool, int bytes)
    {
        _pool = pool;
        Array = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
    }

    /// <summary>The memory; pinned, so a driver may hand its address to the kernel.</summary>
    public byte[] Array { get; }

    /// <summary>Counts how often the slab was rented.</summary>
    internal int Generation => (int)(Interlocked.Read(ref _state) >> 32);

    /// <summary>One more holder.</summary>
    public void AddReference() => Interlocked.Increment(ref _state);

    /// <summary>One holder less; the last one gives the slab back.</summary>
    /// <exception cref="InvalidOperationException">Released more often than held: a bug in the caller.</exception>
    public void Release()
    {
        var left = (int)Interlocked.Decrement(ref _state);
        if (left == 0)
            _pool.Return(this);
        else if (left < 0)
            throw new InvalidOperationException("A slab was released more often than it was held.");
    }

    /// <summary>One more holder, if somebody has held the slab ever since <paramref name="generation"/> began.</summary>
    internal bool TryAddReference(int generation)
    {
        var seen = Interlocked.Read(ref _state);
        while ((int)(seen >> 32) == generation && (int)seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _state, seen + 1, seen);
            if (before == seen)
                return true;
            seen = before;
        }

        return false;
    }

    internal bool BelongsTo(SlabPool pool) => ReferenceEquals(_pool, pool);

    internal void Reset() => Interlocked.Exchange(ref _state, ((long)(Generation + 1) << 32) | 1);
}
