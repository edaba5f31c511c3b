using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Utp.Cli;

/// <summary><c>utp bench observed</c>: what it costs to look: the same bulk transfer unobserved, with a listener of the meter, and recorded, in turn and in one call.</summary>
internal static class ObservedCommand
{
    private const string Name = "bench observed";
    private const int MaxRounds = 100;
    private const string Rate = "megabytesPerSecond";

    public static Command Create(CommandRunner runner)
    {
        var options = new BenchOptions(seconds: 3, warmUp: 2);
        var rounds = BenchOptions.Count("--rounds", "How often all is done; medians are shown.", 5, MaxRounds);
        var folder = new Option<string?>("--folder") { Description = "Where records go, and are deleted again.", HelpName = "FOLDER" };
        var by = new Option<Observation?>("--by") { Description = "Compare this alone with none, in more rounds for the same time.", HelpName = "metrics|qlog|pcapng" };
        var command = new Command("observed", "What it costs to look: bulk without and with metrics, qlog and pcapng, in turn.") { rounds, folder, by, options.Seconds, options.WarmUp };
        runner.Attach(command, run => MeasureAsync(run, options, run.Parsed.GetValue(rounds), run.Parsed.GetValue(folder), run.Parsed.GetValue(by)));
        return command;
    }

    private static async Task<Outcome> MeasureAsync(CommandRun run, BenchOptions options, int rounds, string? folder, Observation? by)
    {
        Observation[] ways = by is { } one and not Observation.None ? [Observation.None, one] : Enum.GetValues<Observation>();
        var rates = ways.ToDictionary(static way => way, static _ => new List<double?>());
        try
        {
            for (var round = 1; round <= rounds; round++)
            {
                // Each round begins with another one, so that none always follows the same.
                foreach (var way in ways.Select((_, i) => ways[(i + round) % ways.Length]))
                {
                    if (run.Terminal.Live is not null)
                        run.Terminal.Say(string.Create(CultureInfo.InvariantCulture, $"Round {round} of {rounds}: {way}."));
                    rates[way].Add(await RunOneAsync(run, options, way, folder).ConfigureAwait(false));
                }
            }
        }
        catch (OperationCanceledException)
        {
            return new Outcome(Name, Sentences.Interrupted);
        }
        catch (CliException e)
        {
            return new Outcome(Name, e.Message, e.ExitCode);
        }

        return Report(run, rounds, rates);
    }

    private static async Task<double?> RunOneAsync(CommandRun run, BenchOptions options, Observation way, string? folder)
    {
        var plan = new EndPlan { Work = BenchWork.Bulk, Carrier = BenchCarrier.Utp, ListensToMeter = way == Observation.Metrics };
        using var records = RecordFolder.Create(way, folder);
        string[] settings = [.. BenchSettings.Of(plan, BenchOptions.DatagramSizeOf1400), .. records.Settings];
        var job = options.Job(run.Parsed, plan);
        var arguments = (string[])[EndCommand.Name, .. run.Forward(settings)];
        var result = await BenchRun.RunAsync(job, _ => SelfStart.Of(arguments), run.Terminal.Say, run.Interrupt).ConfigureAwait(false);
        return BenchFigures.Of(job, result).Single(static figure => figure.Name == Rate).Value;
    }

    private static Outcome Report(CommandRun run, int rounds, Dictionary<Observation, List<double?>> rates)
    {
        var plain = rates[Observation.None];
        var outcome = new Outcome(Name).With("rounds", (long)rounds);
        var table = new Table().Border(TableBorder.Rounded).AddColumns(
            new TableColumn("Observed by"), new TableColumn("MB/s, median (range)").RightAligned(), new TableColumn("of unobserved, median of rounds").RightAligned());
        foreach (var (way, values) in rates)
        {
            var word = way.ToString().ToLowerInvariant();
            var spread = Spread.Of(values)!.Value;
            var ratio = Spread.Of(values.Select((value, round) => value / plain[round]))!.Value;
            table.AddRow(word, spread.Text, ratio.Text);
            outcome.With(word + "MegabytesPerSecond", spread.Median).With(word + "Ratio", ratio.Median);
        }

        if (!run.Json)
            run.Terminal.People.Write(table);
        return outcome;
    }
}

/// <summary>Who looks on.</summary>
internal enum Observation
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>A listener of all instruments, which collects once a second, at both ends.</summary>
    Metrics,

    /// <summary>A qlog of both ends.</summary>
    Qlog,

    /// <summary>The packets of both ends.</summary>
    Pcapng,
}
