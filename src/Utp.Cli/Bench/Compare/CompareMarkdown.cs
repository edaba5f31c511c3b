using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Utp.Cli;

/// <summary>The rows as <c>docs/performance.md</c>. What people wrote between the marks of the file stays.</summary>
internal static class CompareMarkdown
{
    private const string Begin = "<!-- by hand: begin -->";
    private const string End = "<!-- by hand: end -->";

    private const string Unwritten = """
        ## Where the time goes

        Not profiled yet.
        """;

    /// <exception cref="CliException">The file cannot be read or written.</exception>
    public static void Write(string file, IReadOnlyList<CompareRow> rows, ComparePlan plan) => Replace(file, before => Text(rows, plan, ByHand(before)));

    /// <summary>Makes another page of what a file holds; of a file that is not there it is empty.</summary>
    /// <exception cref="CliException">The file cannot be read or written.</exception>
    public static void Replace(string file, Func<string, string> text)
    {
        try
        {
            File.WriteAllText(file, text(File.Exists(file) ? File.ReadAllText(file) : ""));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be written ({Sentences.OneLine(e.Message)}): choose another file.", inner: e);
        }
    }

    public static string Text(IReadOnlyList<CompareRow> rows, ComparePlan plan, string? byHand)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            # Performance: the same work over this library and others

            The tables are written by the command, not by hand; only what stands between the marks at the end is:

            ```
            dotnet run -c Release --project src/Utp.Cli -- bench compare --rounds {plan.Rounds} --seconds {Seconds(plan.Job.Duration)} --warm-up {Seconds(plan.Job.WarmUp)} --markdown docs/performance.md
            ```

            In each round each contender does each work, one after the other, {Seconds(plan.Job.Duration)} s after a warm-up of {Seconds(plan.Job.WarmUp)} s; shown are medians and, in brackets, the
            smallest and the largest of {plan.Rounds} round(s). Client and server are two processes on loopback. Writes are of 64 KiB; the receiver looks at
            everything and finds each kilobyte stamped with its place in the stream. This library and Akka.IO.Tcp are driven by the same actors,
            with a handler for each connection; kernel TCP by a task for each; libutp by the npm package `utp-native` in two Node processes. CPU is user and
            kernel time of both. B/packet is what both ends allocated, by the packets that the client sent. MB/s and µs hold for this machine and this
            hour; ratios hold longer: "ours" is this library's median by that row's.

            {Machine()}


            """);
        foreach (var contest in rows.GroupBy(static row => row.Contest))
            text.Append(CultureInfo.InvariantCulture, $"## {contest.Key.Title}\n\n").Append(Table(rows, contest)).Append('\n');

        return WithHand(text.ToString(), byHand);
    }

    /// <summary>A work's table.</summary>
    public static string Table(IReadOnlyList<CompareRow> rows, IGrouping<Contest, CompareRow> contest)
    {
        var header = CompareTables.Header(contest.Key);
        var text = new StringBuilder().Append("| | ").AppendJoin(" | ", header).Append(" |\n|---|").AppendJoin('|', header.Select(static _ => "---:")).Append("|\n");
        foreach (var row in contest)
            text.Append(CultureInfo.InvariantCulture, $"| {Title(row)} | ").AppendJoin(" | ", CompareTables.Cells(row, CompareTables.Ours(rows, row)).Select(Escaped)).Append(" |\n");
        return text.ToString();
    }

    /// <summary>The machine, as the page names it.</summary>
    public static string Machine() => $"Measured with {RuntimeInformation.FrameworkDescription} on {Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}, {Kernel()}.";

    /// <summary>A duration in seconds, as an option takes it.</summary>
    public static string Seconds(TimeSpan duration) => duration.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>Puts what people wrote behind the tables, between the marks.</summary>
    public static string WithHand(string text, string? byHand) => $"{text}{Begin}\n{byHand ?? Unwritten}\n{End}\n";

    /// <summary>What stands between the marks; null: there are none.</summary>
    public static string? ByHand(string page)
    {
        var from = page.IndexOf(Begin, StringComparison.Ordinal);
        var to = page.IndexOf(End, StringComparison.Ordinal);
        return from < 0 || to < from ? null : page[(from + Begin.Length)..to].Trim('\n');
    }

    // Some rounds were done, and others not.
    private static string Title(CompareRow row) => row is { Note: { } note, Rounds: > 0 } ? $"{row.Contender.Title} ({Escaped(Sentences.OneLine(note))})" : row.Contender.Title;

    private static string Escaped(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal);

    // Of a Linux the numbers alone: the rest names somebody's build.
    private static string Kernel() => OperatingSystem.IsLinux()
        ? $"Linux {Environment.OSVersion.Version.ToString(2)}"
        : RuntimeInformation.OSDescription;
}
