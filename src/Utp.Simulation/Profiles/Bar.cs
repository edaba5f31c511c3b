namespace Utp.Simulation;

/// <summary>What a median must reach, or not exceed.</summary>
/// <param name="Metric">Of what.</param>
/// <param name="AtLeast">The smallest value that is good enough; null for none.</param>
/// <param name="AtMost">The largest; null for none.</param>
public readonly record struct Bar(Metric Metric, long? AtLeast, long? AtMost)
{
    /// <summary>A bar from below.</summary>
    public static Bar Least(Metric metric, long value) => new(metric, value, null);

    /// <summary>A bar from above.</summary>
    public static Bar Most(Metric metric, long value) => new(metric, null, value);

    /// <summary>Whether <paramref name="value"/> meets it.</summary>
    public bool IsMetBy(long value) => (AtLeast is null || value >= AtLeast) && (AtMost is null || value <= AtMost);
}
