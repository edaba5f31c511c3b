using System.Globalization;
using Spectre.Console;
using Utp.Simulation;

namespace Utp.Cli;

/// <summary>The rows for people.</summary>
internal static class SimulationTable
{
    public static readonly (string Title, Metric Metric)[] Columns =
    [
        ("Goodput", Metric.Goodput),
        ("Link used", Metric.Utilisation),
        ("Queue p50", Metric.QueueP50),
        ("Queue p95", Metric.QueueP95),
        ("Sent again", Metric.Retransmissions),
        ("cwnd, mean", Metric.WindowMean),
        ("cwnd, end", Metric.WindowEnd),
    ];

    private const int RedirectedWidth = 200;

    public static void Show(IAnsiConsole console, IReadOnlyList<SimulationRow> rows, SimulationPlan plan)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Profile", "Law");
        foreach (var (title, _) in Columns)
            table.AddColumn(new TableColumn(title).RightAligned());
        table.AddColumn("Bar");
        foreach (var row in rows)
        {
            table.AddRow(
            [
                row.Profile.Name, row.Law, .. Columns.Select(c => row.Value(c.Metric)),
                string.Join('\n', row.Profile.Bars.Select(bar => $"[{(row.IsMet(bar) ? "green" : "red")}]{Markup.Escape(row.BarText(bar))}[/]")),
            ]);
        }

        // A file or a pipe has no width of its own; 80 columns, which are assumed for it, break every cell.
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = Math.Max(console.Profile.Width, RedirectedWidth);
        console.Write(table);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Medians over the seeds {plan.Seed} to {plan.Seed + (ulong)plan.Repeat - 1}. Rates count IP bytes."));
    }
}
