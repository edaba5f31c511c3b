using System.CommandLine;

namespace Utp.Cli;

/// <summary><c>utp bench compare</c>: the same work, in turn and in the same call, over this library and what others have.</summary>
internal static class CompareCommand
{
    private const string Name = "bench compare";
    private const int MaxRounds = 100;

    public static Command Create(CommandRunner runner)
    {
        var options = new BenchOptions(seconds: 3);
        var rounds = BenchOptions.Count("--rounds", "How often all is done; medians and ranges are shown.", 3, MaxRounds);
        var work = new Option<string>("--work") { Description = "Which work, with commas between, or all.", HelpName = "NAME|all", DefaultValueFactory = static _ => "all" };
        var against = new Option<string>("--against") { Description = "Whom to compare with, with commas between, or all.", HelpName = "NAME|all", DefaultValueFactory = static _ => "all" };
        var markdown = new Option<string?>("--markdown") { Description = "Write the tables to this file, too, as docs/performance.md is.", HelpName = "FILE" };
        var peers = new Option<string?>("--peers") { Description = "The folder benchmarks/peers, where it is not found.", HelpName = "FOLDER" };
        var command = new Command("compare", "The same work, in turn, over this library, kernel TCP, Akka.IO.Tcp and libutp.")
        {
            work, against, rounds, options.Seconds, options.WarmUp, markdown, peers,
        };
        runner.Attach(command, run =>
        {
            var parsed = run.Parsed;
            var plan = new ComparePlan(
                Chosen(parsed.GetValue(work)!, Contest.All, static c => c.Name, "work"),
                Contenders(parsed.GetValue(against)!),
                parsed.GetValue(rounds),
                options.Job(parsed, new EndPlan { Work = BenchWork.Bulk, Carrier = BenchCarrier.Utp }),
                parsed.GetValue(peers));
            return CompareAsync(run, Name, plan, parsed.GetValue(markdown), CompareMarkdown.Write);
        });
        return command;
    }

    /// <summary>Does the work, shows the tables, and writes the page, if that is wanted.</summary>
    public static async Task<Outcome> CompareAsync(CommandRun run, string name, ComparePlan plan, string? markdown, Action<string, IReadOnlyList<CompareRow>, ComparePlan> write)
    {
        try
        {
            var rows = await Comparison.RunAsync(run, plan).ConfigureAwait(false);
            if (run.Json)
            {
                foreach (var row in rows)
                    run.Terminal.People.Profile.Out.Writer.WriteLine(CompareJson.Row(row, CompareTables.Ours(rows, row)));
            }
            else
            {
                CompareTables.Show(run.Terminal.People, rows);
            }

            if (markdown is not null)
                write(markdown, rows, plan);
            // Who else does not run is said in its row.
            var ours = rows.FirstOrDefault(static r => r.Contender.IsThisLibrary && r.Note is not null);
            return new Outcome(name, ours is null ? null : $"{ours.Contest.Title}: {ours.Note}")
                .With("rows", (long)rows.Count)
                .With("missing", (long)rows.Count(static r => r.Note is not null));
        }
        catch (OperationCanceledException)
        {
            return new Outcome(name, Sentences.Interrupted);
        }
    }

    // This library is always among them: the others are held against it.
    private static IReadOnlyList<Contender> Contenders(string text) =>
        [.. Chosen(text, Contender.All, static c => c.Name, "contender").Union([Contender.All[0]]).OrderBy(static c => c.IsThisLibrary ? 0 : 1)];

    /// <summary>Those that a list with commas names, or all.</summary>
    /// <exception cref="CliException">There is no such one.</exception>
    public static IReadOnlyList<T> Chosen<T>(string text, IReadOnlyList<T> all, Func<T, string> name, string what) => text == "all"
        ? all
        : [.. text.Split(',', StringSplitOptions.TrimEntries).Distinct().Select(wanted => all.FirstOrDefault(item => name(item) == wanted)
            ?? throw CliException.WrongUsage($"There is no {what} '{wanted}': choose from {string.Join(", ", all.Select(name).Append("all"))}."))];
}

/// <summary>What is to be compared.</summary>
/// <param name="Contests">The works.</param>
/// <param name="Contenders">Who does them, this library first.</param>
/// <param name="Rounds">How often.</param>
/// <param name="Job">How long each takes.</param>
/// <param name="Peers">Where the Node ends are; null: they are looked for.</param>
internal sealed record ComparePlan(IReadOnlyList<Contest> Contests, IReadOnlyList<Contender> Contenders, int Rounds, BenchJob Job, string? Peers)
{
    /// <summary>Where the ends run.</summary>
    public EndPlace Place { get; init; } = new();
}
