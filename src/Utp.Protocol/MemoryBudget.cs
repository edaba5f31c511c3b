namespace Utp.Protocol;

/// <summary>
/// A number of bytes that several connections share: what they hold for a stranger before it is useful to anybody
/// (out-of-order packets, unfinished frames). Safe from any thread.
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

    /// <summary>Gives <paramref name="bytes"/> back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
