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

    // Below it cells break; what is shown then is what decides.
    private const int FullWidth = 150;
    private const int BorderWidth = 80;

    public static void Show(IAnsiConsole console, IReadOnlyList<SimulationRow> rows, SimulationPlan plan)
    {
        if (console.Profile.Out.IsTerminal && console.Profile.Width < FullWidth)
            ShowNarrow(console, rows);
        else
            ShowFull(console, rows);
        console.Write(new RawLine(string.Create(CultureInfo.InvariantCulture, $"Medians over the seeds {plan.Seed} to {plan.Seed + (ulong)plan.Repeat - 1}. Rates count IP bytes.")));
    }

    // A line for each row, and the bars that were missed in full below.
    private static void ShowNarrow(IAnsiConsole console, IReadOnlyList<SimulationRow> rows)
    {
        var isWide = console.Profile.Width >= BorderWidth;
        var table = new Table().Border(isWide ? TableBorder.Rounded : TableBorder.None);
        table.AddColumn(new TableColumn("Profile").NoWrap()).AddColumn(new TableColumn("Law").NoWrap()).AddColumn(new TableColumn("Goodput").NoWrap().RightAligned());
        if (isWide)
            table.AddColumn(new TableColumn("Queue p95").NoWrap().RightAligned());
        table.AddColumn(new TableColumn("Bars").NoWrap());
        foreach (var row in rows)
        {
            var missed = row.Profile.Bars.Count(bar => !row.IsMet(bar));
            var bars = missed == 0 ? "[green]met[/]" : string.Create(CultureInfo.InvariantCulture, $"[red]{missed} missed[/]");
            string[] cells = [row.Profile.Name, row.Law, row.Value(Metric.Goodput), .. isWide ? [row.Value(Metric.QueueP95)] : (string[])[], bars];
            table.AddRow(cells);
        }

        console.Write(table);
        foreach (var row in rows)
        {
            foreach (var bar in row.Profile.Bars.Where(bar => !row.IsMet(bar)))
                console.Write(new RawLine($"{row.Profile.Name}, {row.Law}: {row.BarText(bar)}"));
        }

        console.Write(new RawLine("All columns: in a terminal of 150 columns, or with --json."));
    }

    private static void ShowFull(IAnsiConsole console, IReadOnlyList<SimulationRow> rows)
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
    }
}
