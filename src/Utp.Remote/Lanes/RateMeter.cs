using System.Diagnostics;

namespace Utp.Remote;

/// <summary>
/// How many bytes a lane may hold: what it moves in 100 ms, measured while it had something to move all the time; a lane that is seldom used is not a slow one. Under the lock of
/// its queue.
/// </summary>
/// <param name="fixedHighBytes">As configured; zero: measured.</param>
/// <param name="fixedLowBytes">As configured; zero: half of the high water mark.</param>
internal sealed class RateMeter(int fixedHighBytes, int fixedLowBytes)
{
    /// <summary>Above two of Akka's largest messages, so that the line does not run empty between them.</summary>
    public const int MinHighBytes = 256 << 10;

    /// <summary>However fast it is: what waits here is memory.</summary>
    public const int MaxHighBytes = 32 << 20;

    // Until it was measured.
    private const int InitialHighBytes = 4 << 20;
    private static readonly long Interval = Stopwatch.Frequency / 20;
    private static readonly long Target = Stopwatch.Frequency / 10;

    private long _since;
    private long _moved;

    /// <summary>Bytes above which Akka is told to wait.</summary>
    public int HighBytes { get; private set; } = fixedHighBytes > 0 ? fixedHighBytes : InitialHighBytes;

    /// <summary>Bytes down to which it then waits.</summary>
    public int LowBytes => fixedLowBytes > 0 ? Math.Min(fixedLowBytes, HighBytes) : HighBytes / 2;

    /// <summary>The peer has acknowledged bytes.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="now">Of <see cref="Stopwatch"/>.</param>
    public void OnDelivered(int bytes, long now)
    {
        _moved += bytes;
        var elapsed = now - _since;
        if (_since == 0 || elapsed < Interval)
            return;
        Measure(elapsed);
        (_since, _moved) = (now, 0);
    }

    /// <summary>There is something to move, after a while without.</summary>
    public void OnBusy(long now) => (_since, _moved) = (now, 0);

    /// <summary>All is moved.</summary>
    /// <param name="writerWaits">
    /// Whether Akka was told to wait, and does so still: then what was held was less than the lane moves meanwhile, and its rate is known without a whole interval. Otherwise what was measured
    /// is the writer's rate, not the lane's.
    /// </param>
    /// <param name="now">Of <see cref="Stopwatch"/>.</param>
    public void OnIdle(bool writerWaits, long now)
    {
        if (writerWaits && _since != 0 && now > _since)
            Measure(now - _since);
        _since = 0;
    }

    private void Measure(long elapsed)
    {
        if (fixedHighBytes > 0)
            return;
        var measured = Math.Clamp(_moved * Target / elapsed, MinHighBytes, MaxHighBytes);
        HighBytes = (int)((HighBytes + (3 * measured)) / 4);
    }
}
