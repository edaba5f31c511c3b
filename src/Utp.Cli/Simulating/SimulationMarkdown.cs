using System.Globalization;
using System.Text;
using Utp.Simulation;

namespace Utp.Cli;

/// <summary>
/// The rows as <c>docs/network.md</c>: nothing in it but what was run, so that the same command gives the same file. What stands from the mark on is not the simulator's, and stays.
/// </summary>
internal static class SimulationMarkdown
{
    private const int Columns = 120;
    private const string KeptFrom = "<!-- not simulated, kept by utp simulate -->";

    /// <param name="rows">What was run.</param>
    /// <param name="plan">As what.</param>
    /// <param name="file">Where it goes.</param>
    /// <param name="before">What stands there now; empty: nothing.</param>
    public static string Text(IReadOnlyList<SimulationRow> rows, SimulationPlan plan, string file, string before)
    {
        var isAll = plan.Profiles.SequenceEqual(ProfileCatalog.All);
        var family = ProfileCatalog.Families.FirstOrDefault(f => plan.Profiles.SequenceEqual(f.Value)).Key;
        var profiles = isAll ? "all" : family ?? string.Join(',', plan.Profiles.Select(static p => p.Name));
        var bars = rows.Sum(static r => r.Profile.Bars.Length);
        var met = rows.Sum(static r => r.Profile.Bars.Count(r.IsMet));
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            # The network: what each law makes of it

            Written by the command, not by hand:

            ```
            utp simulate --profile {profiles} --congestion {string.Join(',', plan.Laws)} --seed {plan.Seed} --repeat {plan.Repeat} --markdown {file}
            ```

            Medians over {plan.Repeat} seed(s), in virtual time, with the real core, router and wire format, pacing on. Rates
            count IP bytes of new data. Transfers of a size are measured from Connect to the last byte delivered; the others
            run 60 s, of which the first 5 s do not count, unless the profile says otherwise. The queue is the simulated one
            itself, looked at every millisecond; it holds 256 kB and drops at its tail unless the profile says otherwise. Loss
            and reordering strike the data's direction unless the profile names the ACKs. The TCP beside uTP is a model (slow
            start, fast retransmit, a scoreboard, RFC 6298 timers; no HyStart, no delayed acknowledgements); what it keeps is
            compared with the same run without uTP.

            {Wrap($"{met} of {bars} bars are met.{NotRun(plan)}")}


            """);
        text.Append("| profile | what | law |").AppendJoin('|', SimulationTable.Columns.Select(static c => $" {c.Title} ")).Append("| bars |\n");
        text.Append("|---|---|---|").AppendJoin('|', SimulationTable.Columns.Select(static _ => "---:")).Append("|---|\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{row.Profile.Name}` | {row.Profile.Title} | {row.Law} |");
            text.AppendJoin('|', SimulationTable.Columns.Select(c => $" {row.Value(c.Metric)} ")).Append("| ");
            text.AppendJoin("<br>", row.Profile.Bars.Select(bar => row.IsMet(bar) ? row.BarText(bar) : $"**{row.BarText(bar)}**")).Append(" |\n");
        }

        return text.Append(Kept(before)).ToString();
    }

    // Lines of at most 120 columns, as in every page.
    private static string Wrap(string text)
    {
        var (wrapped, column) = (new StringBuilder(), 0);
        foreach (var word in text.Split(' '))
        {
            var fits = column + 1 + word.Length <= Columns;
            wrapped.Append(wrapped.Length == 0 ? "" : fits ? " " : "\n").Append(word);
            column = (fits ? column + 1 : 0) + word.Length;
        }

        return wrapped.ToString();
    }

    private static string Kept(string before)
    {
        var from = before.IndexOf(KeptFrom, StringComparison.Ordinal);
        return from < 0 ? "" : "\n" + before[from..];
    }

    private static string NotRun(SimulationPlan plan)
    {
        // A table of a family's profiles, which stand beside those of the table, leaves nothing out.
        if (!plan.Profiles.Any(ProfileCatalog.All.Contains))
            return "";
        var missing = ProfileCatalog.All.Except(plan.Profiles).Select(static p => $"`{p.Name}`").ToList();
        return missing.Count == 0 ? "" : $" Not run for this table: {string.Join(", ", missing)}.";
    }
}
