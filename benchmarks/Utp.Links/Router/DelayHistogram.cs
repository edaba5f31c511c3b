namespace Utp.Links.Router;

/// <summary>Times in steps of 1 µs up to 1 s; longer ones count as 1 s, but for the longest.</summary>
public sealed class DelayHistogram
{
    private const int StepNanos = 1_000;
    private const int Steps = 1_000_000;
    private readonly int[] _counts = new int[Steps];

    public long Count { get; private set; }

    /// <summary>The shortest, µs; 0 when there are none.</summary>
    public double MinMicros { get; private set; }

    /// <summary>The longest, µs.</summary>
    public double MaxMicros { get; private set; }

    /// <summary>So many percent were not longer, µs: the upper edge of the step; 0 when there are none.</summary>
    public double Percentile(double percent)
    {
        var rank = (long)Math.Ceiling(Count * percent / 100);
        long seen = 0;
        for (var i = 0; i < Steps && Count > 0; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
                return Math.Min((i + 1) * StepNanos / 1_000.0, MaxMicros);
        }

        return 0;
    }

    public void Add(long nanos)
    {
        nanos = Math.Max(0, nanos);
        _counts[Math.Min(nanos / StepNanos, Steps - 1)]++;
        MinMicros = Count == 0 ? nanos / 1_000.0 : Math.Min(MinMicros, nanos / 1_000.0);
        Count++;
        MaxMicros = Math.Max(MaxMicros, nanos / 1_000.0);
    }

    internal DelayHistogram Clone()
    {
        var copy = new DelayHistogram { Count = Count, MinMicros = MinMicros, MaxMicros = MaxMicros };
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    internal void Clear()
    {
        Array.Clear(_counts);
        (Count, MinMicros, MaxMicros) = (0, 0, 0);
    }
}
