using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Utp.Simulation;

namespace Utp.Cli;

/// <summary><c>utp simulate</c>: runs network profiles in virtual time and says what each congestion control law makes of them.</summary>
internal static class SimulateCommand
{
    private const string Name = "simulate";
    private const string AllProfiles = "all";
    private const string DefaultLaw = "lbe";
    private const int MaxRepeat = 1_000;

    public static Command Create(CommandRunner runner)
    {
        var profile = new Option<string>("--profile") { Description = "Which profiles, with commas between them; all, or a family: random-loss, shallow-queues.", HelpName = "NAME|all", DefaultValueFactory = _ => AllProfiles };
        var congestion = new Option<string>("--congestion") { Description = "Which congestion control laws, with commas between them.", HelpName = "LAW[,LAW…]", DefaultValueFactory = _ => DefaultLaw };
        var seed = new Option<ulong>("--seed")
        {
            Description = "The first seed: the same seed replays a run to the byte.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
            CustomParser = static result =>
            {
                var text = result.Tokens[0].Value;
                if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                    return value;
                result.AddError($"--seed is '{text}': give a whole number from 0 to {ulong.MaxValue}");
                return 0;
            },
        };
        var repeat = new Option<int>("--repeat") { Description = "How many seeds; medians over them are shown.", HelpName = "K", DefaultValueFactory = _ => 1 };
        var markdown = new Option<string?>("--markdown") { Description = "Write the table to this file, too, as docs/network.md is.", HelpName = "FILE" };
        // What it did before its drawing library became a tool of its own.
        var plot = new Option<string?>("--plot") { Hidden = true, Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(Name, "Runs network profiles in virtual time, and compares what they give with what they should.")
        {
            profile, congestion, seed, repeat, markdown, plot,
        };
        runner.Attach(command, run =>
        {
            var parsed = run.Parsed;
            if (parsed.GetResult(plot) is not null)
                throw CliException.WrongUsage("utp simulate draws no plots: install the tool utp-plot ('dotnet tool install --global utp-plot'), and run 'utp-plot PROFILE FILE'.");
            var table = parsed.GetValue(markdown);
            var plan = new SimulationPlan(
                Profiles(parsed.GetValue(profile)!), Laws(parsed.GetValue(congestion)!), parsed.GetValue(seed), Repeat(parsed.GetValue(repeat)));
            // Said before the work, not after it.
            CheckPlace("--markdown", table);
            return SimulateAsync(run, plan, table);
        });
        return command;
    }

    private static async Task<Outcome> SimulateAsync(CommandRun run, SimulationPlan plan, string? markdown)
    {
        // Rows for scripts appear as they come, but not in the midst of what is being drawn.
        var live = run.Terminal.Live;
        var writesAtOnce = run.Json && live is null;
        var runs = new SimulationRuns(plan, row =>
        {
            if (writesAtOnce)
                WriteJson(run, row, plan);
        });
        var interrupted = false;
        try
        {
            await SimulationProgress.WhileAsync(live, runs, runs.RunAsync(run.Interrupt)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (run.Interrupt.IsCancellationRequested)
        {
            interrupted = true;
        }

        var rows = runs.Rows;
        if (run.Json && !writesAtOnce)
        {
            foreach (var row in rows)
                WriteJson(run, row, plan);
        }

        if (!run.Json && rows.Count > 0)
            SimulationTable.Show(run.Terminal.People, rows, plan);
        if (!interrupted && markdown is not null)
            WriteFile(markdown, System.Text.Encoding.UTF8.GetBytes(SimulationMarkdown.Text(rows, plan, markdown, ReadFile(markdown))));
        return new Outcome(Name, interrupted ? Sentences.Interrupted : null)
            .With("rows", (long)rows.Count)
            .With("barsMissed", (long)rows.Count(static r => !r.MeetsAll));
    }

    private static void WriteJson(CommandRun run, SimulationRow row, SimulationPlan plan) =>
        run.Terminal.People.Profile.Out.Writer.WriteLine(SimulationJson.Row(row, plan));

    private static void CheckPlace(string option, string? file)
    {
        if (file is null)
            return;
        if (string.IsNullOrWhiteSpace(file))
            throw CliException.WrongUsage($"{option} names no file: give its path.");
        if (Directory.Exists(file))
            throw new CliException(FileErrors.Writing(file, new UnauthorizedAccessException()));
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))))
            throw new CliException(FileErrors.Writing(file, new DirectoryNotFoundException()));
    }

    // What cannot be read is found out by writing.
    private static string ReadFile(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static void WriteFile(string file, byte[] bytes)
    {
        try
        {
            File.WriteAllBytes(file, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(FileErrors.Writing(file, e), inner: e);
        }
    }

    private static ImmutableArray<Profile> Profiles(string text) => text == AllProfiles ? ProfileCatalog.All : [.. Split(text).SelectMany(Named)];

    // One profile, or all of a family.
    private static IEnumerable<Profile> Named(string name)
    {
        if (ProfileCatalog.Families.TryGetValue(name, out var family))
            return family;
        var known = ProfileCatalog.All.Select(static p => p.Name).Concat(ProfileCatalog.Families.Keys).Append(AllProfiles);
        return [ProfileCatalog.Find(name) ?? throw Unknown("profile", name, known)];
    }

    private static IReadOnlyList<string> Laws(string text) =>
        [.. Split(text).Select(static name => CongestionLaws.Find(name) is not null ? name : throw UnknownLaw(name))];

    private static CliException UnknownLaw(string name)
    {
        var at = name.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && CongestionLaws.Find(name[..at]) is not null
            ? CliException.WrongUsage($"'{name[(at + 1)..]}' is no target delay for {name[..at]}: lbe, ledbat and ledbat++ take one from 1ms to 1000ms, as in lbe@10ms.")
            : Unknown("congestion control law", name, CongestionLaws.Names);
    }

    private static int Repeat(int count) => count is >= 1 and <= MaxRepeat
        ? count
        : throw CliException.WrongUsage(string.Create(CultureInfo.InvariantCulture, $"--repeat is {count}: give a number from 1 to {MaxRepeat}."));

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    private static CliException Unknown(string what, string name, IEnumerable<string> known) =>
        CliException.WrongUsage($"There is no {what} '{name}': choose from {string.Join(", ", known)}.");
}
