using System.Globalization;

namespace Utp.Cli;

/// <summary>A median and its range.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    public static Spread? Of(IEnumerable<double?> values)
    {
        var sorted = values.OfType<double>().Order().ToList();
        if (sorted.Count == 0)
            return null;
        var middle = sorted.Count / 2;
        var median = sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    /// <summary>With three digits that say something.</summary>
    public string Text => Min == Max ? Digits(Median) : $"{Digits(Median)} ({Digits(Min)}–{Digits(Max)})";

    public static string Digits(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 => "N0", >= 10 => "0.0", >= 0.995 => "0.00", 0 => "0", _ => "0.000" }, CultureInfo.InvariantCulture);
}

/// <summary>What one contender made of one contest, round after round.</summary>
internal sealed class CompareRow(Contest contest, Contender contender)
{
    private readonly List<IReadOnlyList<Figure>> _rounds = [];

    public Contest Contest => contest;

    public Contender Contender => contender;

    /// <summary>Why rounds are missing; null: none is.</summary>
    public string? Note { get; private set; }

    public int Rounds => _rounds.Count;

    public void Add(IReadOnlyList<Figure> round) => _rounds.Add(round);

    public void Miss(string why) => Note = why;

    public Spread? this[string figure] => Spread.Of(_rounds.Select(round => round.FirstOrDefault(f => f.Name == figure)?.Value));

    /// <summary>How often this library's median holds this one's.</summary>
    public double? RatioTo(CompareRow? ours, string figure) =>
        this[figure] is { Median: > 0 } theirs && ours?[figure] is { } mine ? mine.Median / theirs.Median : null;
}
