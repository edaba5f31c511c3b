namespace Utp.Protocol;

/// <summary>
/// A number of bytes that several connections share: what they hold for a stranger before it is useful to anybody
/// (out-of-order packets, unfinished frames), or before anybody reads it. Safe from any thread.
/// </summary>
public sealed class MemoryBudget
{
    // What an account may have for what must get through, whatever others hold: the largest packet with all that belongs to it.
    private const long AlwaysBytes = 80 << 10;

    private readonly long _limit;
    private readonly MemoryBudget? _whole;
    private readonly Action? _onShort;
    private long _used;

    /// <summary>Creates a budget of <paramref name="limitBytes"/> bytes.</summary>
    /// <param name="limitBytes">The limit, bytes.</param>
    /// <param name="onShort">Hears each time that somebody does not get what it asks for, or closes its window for want of memory; on that thread, so it must be quick.</param>
    public MemoryBudget(long limitBytes, Action? onShort = null)
    {
        _limit = limitBytes;
        _onShort = onShort;
    }

    private MemoryBudget(MemoryBudget whole)
    {
        _limit = whole._limit;
        _whole = whole;
        _onShort = whole._onShort;
    }

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>
    /// The account of one owner, as a remote address, in this budget: <see cref="TryTake"/> lets it have no more than <see cref="ShareBytes"/>, so who fills the
    /// budget loses, and not its neighbour. Nothing has to be given back but the bytes. An account has no accounts: it is its own.
    /// </summary>
    public MemoryBudget OpenAccount() => _whole is null ? new MemoryBudget(this) : this;

    /// <summary>Takes <paramref name="bytes"/>; false, and nothing is taken, when they are not left, or are more than an account's share.</summary>
    public bool TryTake(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (_whole is null ? used <= _limit : _whole.TryAdd(bytes, used - bytes))
            return true;
        Interlocked.Add(ref _used, -bytes);
        OnShort();
        return false;
    }

    /// <summary>Takes <paramref name="bytes"/> for what must get through: also beyond the share while an account holds little, and without an account always.</summary>
    public bool TryTakeNext(long bytes)
    {
        if (TryTake(bytes))
            return true;
        if (_whole is not null && UsedBytes + bytes > AlwaysBytes)
            return false;
        Take(bytes);
        return true;
    }

    /// <summary>
    /// The most that one owner may hold now: as much as nobody holds (the dynamic threshold of shared-memory switches: Choudhury and Hahne, 1998). So one alone
    /// may hold half, n that hold all they may leave 1/(n + 1) free, and however many have stalled, there is room for those that move (design note 0015). Of an account:
    /// the most that one of its connections may hold, as much as is left of the account's own share (design note 0051).
    /// </summary>
    public long ShareBytes => Math.Max(0, _whole is null ? _limit - UsedBytes : _whole.ShareBytes - UsedBytes);

    /// <summary>Takes <paramref name="bytes"/> for somebody who holds <paramref name="held"/> already; false, and nothing is taken, when that is more than the share.</summary>
    public bool TryTakeShare(long bytes, long held)
    {
        if (TryAdd(bytes, held))
            return true;
        OnShort();
        return false;
    }

    /// <summary>Somebody closed its window for want of memory.</summary>
    internal void OnShort() => _onShort?.Invoke();

    /// <summary>Takes <paramref name="bytes"/>, also beyond the limit: what is there already, and only changes hands.</summary>
    public void Take(long bytes)
    {
        Interlocked.Add(ref _used, bytes);
        _whole?.Take(bytes);
    }

    /// <summary>Gives <paramref name="bytes"/> back.</summary>
    public void Return(long bytes)
    {
        Interlocked.Add(ref _used, -bytes);
        _whole?.Return(bytes);
    }

    private bool TryAdd(long bytes, long held)
    {
        var before = Interlocked.Add(ref _used, bytes) - bytes;
        if (_whole is null ? held + bytes <= _limit - before : _whole.TryAdd(bytes, held + before))
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }
}
