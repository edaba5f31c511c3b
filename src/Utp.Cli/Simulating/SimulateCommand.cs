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
        var profile = new Option<string>("--profile") { Description = "Which profiles, with commas between them, or all.", HelpName = "NAME|all", DefaultValueFactory = _ => AllProfiles };
        var congestion = new Option<string>("--congestion") { Description = "Which congestion control laws, with commas between them.", HelpName = "LAW[,LAW…]", DefaultValueFactory = _ => DefaultLaw };
        var seed = new Option<ulong>("--seed") { Description = "The first seed: the same seed replays a run to the byte.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var repeat = new Option<int>("--repeat") { Description = "How many seeds; medians over them are shown.", HelpName = "K", DefaultValueFactory = _ => 1 };
        var markdown = new Option<string?>("--markdown") { Description = "Write the table to this file, too, as docs/network.md is.", HelpName = "FILE" };
        var command = new Command(Name, "Runs network profiles in virtual time, and compares what they give with what they should.")
        {
            profile, congestion, seed, repeat, markdown,
        };
        runner.Attach(command, run =>
        {
            var parsed = run.Parsed;
            var plan = new SimulationPlan(
                Profiles(parsed.GetValue(profile)!), Laws(parsed.GetValue(congestion)!), parsed.GetValue(seed), Repeat(parsed.GetValue(repeat)));
            return Task.Run(() => Simulate(run, plan, parsed.GetValue(markdown)));
        });
        return command;
    }

    private static Outcome Simulate(CommandRun run, SimulationPlan plan, string? markdown)
    {
        var rows = new List<SimulationRow>();
        foreach (var profile in plan.Profiles)
        {
            foreach (var law in plan.Laws)
            {
                var results = new List<ProfileResult>();
                for (var i = 0; i < plan.Repeat; i++)
                {
                    if (run.Interrupt.IsCancellationRequested)
                        return new Outcome(Name, Sentences.Interrupted);
                    results.Add(ProfileRun.Run(profile, law, plan.Seed + (ulong)i));
                }

                var row = new SimulationRow(profile, law, ProfileResult.Medians(results));
                rows.Add(row);
                if (run.Json)
                    run.Terminal.People.Profile.Out.Writer.WriteLine(SimulationJson.Row(row, plan));
            }
        }

        if (!run.Json)
            SimulationTable.Show(run.Terminal.People, rows, plan);
        if (markdown is not null)
            WriteMarkdown(markdown, rows, plan);
        return new Outcome(Name)
            .With("rows", (long)rows.Count)
            .With("barsMissed", (long)rows.Count(static r => !r.MeetsAll));
    }

    private static void WriteMarkdown(string file, List<SimulationRow> rows, SimulationPlan plan)
    {
        try
        {
            File.WriteAllText(file, SimulationMarkdown.Text(rows, plan));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be written ({Sentences.OneLine(e.Message)}): choose another file.", inner: e);
        }
    }

    private static ImmutableArray<Profile> Profiles(string text) => text == AllProfiles
        ? ProfileCatalog.All
        : [.. Split(text).Select(static name => ProfileCatalog.Find(name)
            ?? throw Unknown("profile", name, ProfileCatalog.All.Select(static p => p.Name).Append(AllProfiles)))];

    private static IReadOnlyList<string> Laws(string text) =>
        [.. Split(text).Select(static name => CongestionLaws.Find(name) is not null ? name : throw Unknown("congestion control law", name, CongestionLaws.Names))];

    private static int Repeat(int count) => count is >= 1 and <= MaxRepeat
        ? count
        : throw CliException.WrongUsage(string.Create(CultureInfo.InvariantCulture, $"--repeat is {count}: give a number from 1 to {MaxRepeat}."));

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    private static CliException Unknown(string what, string name, IEnumerable<string> known) =>
        CliException.WrongUsage($"There is no {what} '{name}': choose from {string.Join(", ", known)}.");
}

/// <summary>What is to be run.</summary>
internal sealed record SimulationPlan(IReadOnlyList<Profile> Profiles, IReadOnlyList<string> Laws, ulong Seed, int Repeat);
