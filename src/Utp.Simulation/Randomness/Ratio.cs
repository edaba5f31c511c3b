using System.Globalization;

namespace Utp.Simulation;

/// <summary>How often something happens, in parts per million: an integer, so that it means the same on every machine.</summary>
/// <param name="PerMillion">0 for never, 1,000,000 for always.</param>
public readonly record struct Ratio(int PerMillion)
{
    /// <summary>The whole: 1,000,000.</summary>
    public const int Million = 1_000_000;

    /// <summary>Never.</summary>
    public static readonly Ratio Never;

    /// <summary>Always.</summary>
    public static readonly Ratio Always = new(Million);

    /// <summary>So many of a hundred; rounded to millionths.</summary>
    public static Ratio Percent(double percent) => new((int)Math.Round(percent * (Million / 100)));

    /// <summary>One of <paramref name="count"/>, on average.</summary>
    public static Ratio OneIn(int count) => new(Million / count);

    /// <inheritdoc/>
    public override string ToString() => (PerMillion / 10_000m).ToString("0.####", CultureInfo.InvariantCulture) + "%";
}
