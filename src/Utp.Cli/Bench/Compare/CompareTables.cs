using Spectre.Console;

namespace Utp.Cli;

/// <summary>The rows for people: a table for each work.</summary>
internal static class CompareTables
{
    private static readonly Dictionary<string, string> Titles = new()
    {
        ["megabytesPerSecond"] = "MB/s",
        ["cpuSecondsPerGigabyte"] = "CPU s/GB",
        ["packetsPerSecond"] = "packets/s",
        ["allocatedBytesPerPacket"] = "B/packet",
        ["jain"] = "Jain",
        ["gcPauseMillis"] = "GC ms",
        ["p50Micros"] = "p50 µs",
        ["p99Micros"] = "p99 µs",
        ["p999Micros"] = "p99.9 µs",
        ["cpuMicrosPerRoundTrip"] = "CPU µs",
        ["connectionsPerSecond"] = "conn./s",
        ["cpuMicrosPerConnection"] = "CPU µs",
        ["messagesPerSecond"] = "messages/s",
        ["cpuMicrosPerMessage"] = "CPU µs",
        ["allocatedBytesPerMessage"] = "B allocated",
        ["roundTripsPerSecond"] = "round trips/s",
        ["allocatedBytesPerRoundTrip"] = "B allocated",
        ["alarms"] = "false alarms",
        ["maxMicros"] = "longest µs",
        ["managedBytesPerConnectionServer"] = "B managed, the one",
        ["managedBytesPerConnectionClient"] = "B managed, the 100",
        ["residentBytesPerConnectionServer"] = "B resident, the one",
        ["corePercentServer"] = "% of a core, the one",
        ["corePercentClient"] = "% of a core, the 100",
    };

    /// <summary>What stands above the figures, and above how often this library's holds the other's: of the first two figures.</summary>
    public static IReadOnlyList<string> Header(Contest contest) =>
        [.. contest.Figures.Select(static f => Titles[f]), .. Compared(contest).Select(static f => $"ours : {Titles[f]}")];

    /// <summary>As many as the header has; a row that has no figures says why instead.</summary>
    public static IReadOnlyList<string> Cells(CompareRow row, CompareRow? ours) => row.Rounds == 0
        ? [Sentences.OneLine(row.Note ?? ""), .. Enumerable.Repeat("", row.Contest.Figures.Count + 1)]
        :
        [
            .. row.Contest.Figures.Select(f => row[f]?.Text ?? "–"),
            .. Compared(row.Contest).Select(f => row.Contender.IsThisLibrary ? "" : row.RatioTo(ours, f) is { } ratio ? Spread.Digits(ratio) : "–"),
        ];

    public static CompareRow? Ours(IReadOnlyList<CompareRow> rows, CompareRow row) =>
        rows.FirstOrDefault(other => other.Contest == row.Contest && other.Contender.IsThisLibrary && other.Contender.HasTls == row.Contender.HasTls);

    public static void Show(IAnsiConsole console, IReadOnlyList<CompareRow> rows)
    {
        foreach (var contest in rows.GroupBy(static row => row.Contest))
        {
            var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(contest.Key.Title));
            table.AddColumn("");
            foreach (var title in Header(contest.Key))
                table.AddColumn(new TableColumn(Markup.Escape(title)).RightAligned());
            foreach (var row in contest)
                table.AddRow(
                [
                    row.Contender.Name,
                    .. row.Rounds == 0 ? Enumerable.Repeat("–", Header(contest.Key).Count) : Cells(row, Ours(rows, row)).Select(Markup.Escape),
                ]);
            console.Write(table);
        }

        console.WriteLine("Medians (smallest–largest); CPU and allocated bytes of both ends, these by packets of the client, messages or round trips; ours : this library's median by the row's.");
        foreach (var row in rows.Where(static r => r.Note is not null))
            console.WriteLine($"{row.Contest.Name}, {row.Contender.Name}: {Sentences.OneLine(row.Note!)}");
    }

    private static IEnumerable<string> Compared(Contest contest) => contest.Figures.Take(2);
}
