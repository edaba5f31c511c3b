namespace Utp.Protocol;

/// <summary>
/// A number of bytes that several connections share: what they hold for a stranger before it is useful to anybody
/// (out-of-order packets, unfinished frames), or before anybody reads it. Safe from any thread.
/// </summary>
public sealed class MemoryBudget
{
    private readonly long _limit;
    private long _used;

    /// <summary>Creates a budget of <paramref name="limitBytes"/> bytes.</summary>
    public MemoryBudget(long limitBytes) => _limit = limitBytes;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>Takes <paramref name="bytes"/>; false, and nothing is taken, when they are not left.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= _limit)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>
    /// The most that one connection may hold now: as much as nobody holds (the dynamic threshold of shared-memory switches: Choudhury and Hahne, 1998). So one alone
    /// may hold half, n that hold all they may leave 1/(n + 1) free, and however many have stalled, there is room for those that move (design note 0015).
    /// </summary>
    public long ShareBytes => Math.Max(0, _limit - UsedBytes);

    /// <summary>Takes <paramref name="bytes"/> for somebody who holds <paramref name="held"/> already; false, and nothing is taken, when that is more than the share.</summary>
    public bool TryTakeShare(long bytes, long held)
    {
        var before = Interlocked.Add(ref _used, bytes) - bytes;
        if (held + bytes <= _limit - before)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Takes <paramref name="bytes"/>, also beyond the limit: what is there already, and only changes hands.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Gives <paramref name="bytes"/> back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
