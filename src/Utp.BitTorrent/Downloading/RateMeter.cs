namespace Utp.BitTorrent;

/// <summary>Bytes per second, averaged over about <see cref="Seconds"/>. Time is an argument. No two threads at the same time.</summary>
internal sealed class RateMeter
{
    private const double Seconds = 5;

    private long _pending;
    private double _rate;
    private double _last;

    /// <summary>Bytes in all.</summary>
    public long Total { get; private set; }

    public void Add(long bytes)
    {
        Total += bytes;
        _pending += bytes;
    }

    /// <summary>The rate at that time, in seconds of any clock that does not step back.</summary>
    public double At(double seconds)
    {
        var elapsed = seconds - _last;
        if (elapsed < 0.1)
            return _rate;
        var weight = Math.Min(1, elapsed / Seconds);
        _rate += weight * ((_pending / elapsed) - _rate);
        _pending = 0;
        _last = seconds;
        return _rate;
    }
}
