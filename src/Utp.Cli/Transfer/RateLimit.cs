namespace Utp.Cli;

/// <summary>Says how long to wait before the next bytes may go, so that no more than so many go in a second. It knows no clock; one caller, one call after the other.</summary>
/// <param name="bytesPerSecond">Above 0.</param>
internal sealed class RateLimit(long bytesPerSecond)
{
    // What was not sent while nothing was to be sent may not follow at once, but for this.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    private TimeSpan _free;

    /// <summary>Bytes that should go together at most: a tenth of a second's.</summary>
    public int PieceBytes { get; } = (int)Math.Clamp(bytesPerSecond / 10, 1, int.MaxValue);

    /// <summary>So many bytes are to go.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="now">The time since any start.</param>
    /// <returns>How long they must wait.</returns>
    public TimeSpan Take(int bytes, TimeSpan now)
    {
        if (_free < now - Slack)
            _free = now - Slack;
        var wait = _free - now;
        _free += TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
