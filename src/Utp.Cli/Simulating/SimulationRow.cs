using System.Collections.Immutable;
using System.Globalization;
using Utp.Simulation;

namespace Utp.Cli;

/// <summary>A profile, a law, and the medians over the seeds; and how figures of each metric are written.</summary>
internal sealed record SimulationRow(Profile Profile, string Law, ImmutableSortedDictionary<Metric, long> Medians)
{
    public bool MeetsAll => Profile.Bars.All(IsMet);

    public bool IsMet(Bar bar) => Medians.TryGetValue(bar.Metric, out var value) && bar.IsMetBy(value);

    /// <summary>The bar and, where it is no column of the table, what was measured.</summary>
    public string BarText(Bar bar)
    {
        var name = bar.Metric switch
        {
            Metric.Goodput => "goodput",
            Metric.Utilisation => "utilisation",
            Metric.QueueP50 => "queue p50",
            Metric.OwnLoss => "own loss",
            Metric.Jain => "Jain",
            Metric.Latecomer => "latecomer",
            Metric.TcpShare => "TCP keeps",
            Metric.AfterTcp => "after TCP",
            Metric.AfterRouteChange => "30 s after the change",
            Metric.Stall => "stall",
            Metric.QueueVersusNoDrift => "queue to no drift",
            Metric.Missing => "bytes missing",
            Metric.WorstSeed => "worst seed of the median",
            Metric.SentAgain => "sent again",
            _ => bar.Metric.ToString(),
        };
        var limits = (bar.AtLeast, bar.AtMost) switch
        {
            ({ } least, { } most) => $"{Figure(bar.Metric, least)}–{Figure(bar.Metric, most)}",
            ({ } least, _) => $"≥ {Figure(bar.Metric, least)}",
            (_, { } most) => $"≤ {Figure(bar.Metric, most)}",
            _ => "",
        };
        return $"{name} {(Medians.TryGetValue(bar.Metric, out var value) ? Figure(bar.Metric, value) : "?")}, {limits}: {(IsMet(bar) ? "met" : "missed")}";
    }

    public string Value(Metric metric) => Medians.TryGetValue(metric, out var value) ? Figure(metric, value) : "";

    private static string Figure(Metric metric, long value) => metric switch
    {
        Metric.Goodput => Text($"{value / 1e6:0.00} Mbit/s"),
        Metric.Utilisation or Metric.OwnLoss or Metric.TcpShare or Metric.AfterTcp or Metric.AfterRouteChange or Metric.WorstSeed or Metric.SentAgain => Text($"{value / 1e4:0.0} %"),
        Metric.QueueP50 or Metric.QueueP95 => Text($"{value / 1e3:0.0} ms"),
        Metric.Duration or Metric.Stall => Text($"{value / 1e6:0.00} s"),
        Metric.Jain => Text($"{value / 1e6:0.0000}"),
        Metric.Latecomer or Metric.QueueVersusNoDrift => Text($"{value / 1e6:0.00}"),
        Metric.WindowMean or Metric.WindowEnd => Text($"{value / 1e3:0} kB"),
        _ => Text($"{value}"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
