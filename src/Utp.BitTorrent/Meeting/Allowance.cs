namespace Utp.BitTorrent;

/// <summary>How often somebody may make us do something: some at once, then one for each time that passes. No two threads at the same time.</summary>
internal sealed class Allowance
{
    private double _usedUntil = double.NegativeInfinity;

    /// <summary>Whether it may, once more.</summary>
    /// <param name="now">Seconds.</param>
    /// <param name="atOnce">How many without waiting.</param>
    /// <param name="secondsPerOne">How long until there is one more.</param>
    public bool TryTake(double now, int atOnce, double secondsPerOne)
    {
        var used = Math.Max(_usedUntil, now) + secondsPerOne;
        if (used - now > atOnce * secondsPerOne)
            return false;
        _usedUntil = used;
        return true;
    }
}
