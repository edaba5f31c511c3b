using System.Globalization;
using System.Text;

namespace Utp.Cli;

/// <summary>
/// The rows as <c>docs/performance-remote.md</c>: a section for each work, with the options it was done with. Sections of works that were not done stay, and so does what people wrote between the
/// marks.
/// </summary>
internal static class RemoteMarkdown
{
    private const string Heading = "\n## ";

    /// <exception cref="CliException">The file cannot be read or written.</exception>
    public static void Write(string file, IReadOnlyList<CompareRow> rows, ComparePlan plan) => CompareMarkdown.Replace(file, before => Text(rows, plan, before));

    /// <summary>The page.</summary>
    /// <param name="rows">What was measured.</param>
    /// <param name="plan">And how.</param>
    /// <param name="before">The page that is replaced; empty: none.</param>
    public static string Text(IReadOnlyList<CompareRow> rows, ComparePlan plan, string before)
    {
        var done = rows.GroupBy(static row => row.Contest).ToDictionary(static contest => contest.Key.Title, contest => Section(rows, contest, plan));
        var kept = Sections(before);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            # Performance of Akka.Remote over uTP

            The tables are written by the command, not by hand; only what stands between the marks at the end is:

            ```
            dotnet run -c Release --project src/Utp.Cli -- bench remote --markdown docs/performance-remote.md
            ```

            Two processes on loopback, where no other path is named; in each round each transport does each work, in processes of
            its own. Above each table stand the options it was done with; shown are medians and, in brackets, the smallest and the
            largest of the rounds. All run with the defaults of their transport, but for `maximum-frame-size`, which is 2 MiB for
            the message of 1 MB. Messages are byte arrays; the receiver answers about every 64 KiB, and the sender then tells as
            many more. p50 and p99 of one-way work are from the telling of such a batch to that answer: the window, by its rate. CPU
            is user and kernel time of both processes. Heartbeats are messages of the remote watcher between
            `/system/cluster/heartbeatSender` and `heartbeatReceiver`, where a cluster has its own; as a cluster's they are of the
            kind that Akka sends before others which wait for the transport. "ours" is uTP's median by that row's: by TCP's, with
            TLS by TCP's with TLS. "No transport" is Akka.Remote over a transport that costs nothing, both nodes in one process:
            what a perfect one could reach. "False alarms" are those of a failure detector with a cluster's settings that hears
            these heartbeats.

            {CompareMarkdown.Machine()}


            """);
        foreach (var title in Titles(kept, done))
            text.Append(CultureInfo.InvariantCulture, $"## {title}\n\n").Append(done.GetValueOrDefault(title) ?? kept[title]).Append('\n');
        return CompareMarkdown.WithHand(text.ToString(), CompareMarkdown.ByHand(before));
    }

    private static string Section(IReadOnlyList<CompareRow> rows, IGrouping<Contest, CompareRow> contest, ComparePlan plan) => string.Create(
        CultureInfo.InvariantCulture,
        $"`--work {contest.Key.Name} --rounds {plan.Rounds} --seconds {CompareMarkdown.Seconds(plan.Job.Duration)} --warm-up {CompareMarkdown.Seconds(plan.Job.WarmUp)}`\n\n{CompareMarkdown.Table(rows, contest)}");

    // In the order of the works; those with another path behind all.
    private static IEnumerable<string> Titles(Dictionary<string, string> kept, Dictionary<string, string> done)
    {
        var there = kept.Keys.Union(done.Keys).ToList();
        var usual = Contest.Remote.Select(static contest => contest.Title).Where(there.Contains).ToList();
        return usual.Concat(there.Except(usual));
    }

    private static Dictionary<string, string> Sections(string page)
    {
        var byHand = page.IndexOf("<!-- by hand: begin -->", StringComparison.Ordinal);
        var parts = (byHand < 0 ? page : page[..byHand]).Split(Heading);
        return parts.Skip(1).Select(static part => part.Split('\n', 2)).ToDictionary(static part => part[0], static part => part[1].Trim('\n') + "\n");
    }
}
