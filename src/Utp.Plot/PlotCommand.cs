using System.CommandLine;
using System.Globalization;
using Utp.Simulation;

namespace Utp.Plot;

/// <summary>
/// <c>utp-plot PROFILE FILE</c>: runs a network profile in virtual time, and draws what came of it; <c>utp-plot trace FILE</c> draws a record. A tool of its own, because its drawing library is ten times as large as
/// the <c>utp</c> command.
/// </summary>
internal static class PlotCommand
{
    private const int Done = 0, Failed = 1, WrongUsage = 2;

    /// <summary>Runs the command.</summary>
    /// <param name="args">What follows the command's name.</param>
    /// <param name="output">Where help goes.</param>
    /// <param name="errors">Where the reason goes when there is no plot.</param>
    /// <param name="interrupt">Ends the simulation.</param>
    /// <returns>The exit code of the process: 0 done, 1 failed, 2 wrong usage, 130 interrupted.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter errors, CancellationToken interrupt)
    {
        var profile = new Argument<string>("PROFILE") { Description = "The network profile; 'utp simulate --help' says more of them." };
        var file = new Argument<string>("FILE") { Description = "The PNG file that is written." };
        var congestion = new Option<string>("--congestion") { Description = "A curve for each of these congestion control laws.", HelpName = "LAW[,LAW…]", DefaultValueFactory = _ => "lbe" };
        var seed = new Option<ulong>("--seed") { Description = "The same seed draws the same plot.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var root = new RootCommand("Draws a simulated uTP transfer over time: congestion window, queue and goodput, a curve for each law. With trace: a record of a real one.") { profile, file, congestion, seed, TraceCommand.Create(interrupt) };
        root.SetAction(parsed =>
        {
            Draw(parsed.GetValue(profile)!, parsed.GetValue(file)!, parsed.GetValue(congestion)!, parsed.GetValue(seed), interrupt);
            return Done;
        });
        var parsed = root.Parse(args);
        try
        {
            if (parsed.Errors.Count == 0)
                return parsed.Invoke(new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false });
            errors.WriteLine($"utp-plot: {parsed.Errors[0].Message.TrimEnd('.')} (see utp-plot --help).");
            return WrongUsage;
        }
        catch (PlotException e)
        {
            errors.WriteLine($"utp-plot: {e.Message}");
            return Failed;
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("utp-plot: interrupted; nothing was drawn.");
            return 130;
        }
    }

    private static void Draw(string profileName, string file, string congestion, ulong seed, CancellationToken interrupt)
    {
        var profile = ProfileCatalog.Find(profileName)
            ?? throw new PlotException($"There is no profile '{profileName}': choose from {string.Join(", ", ProfileCatalog.All.Select(static known => known.Name))}.");
        var laws = congestion.Split(',', StringSplitOptions.TrimEntries);
        if (laws.FirstOrDefault(static law => CongestionLaws.Find(law) is null) is { } unknown)
            throw new PlotException($"There is no congestion control law '{unknown}': choose from {string.Join(", ", CongestionLaws.Names)}; lbe@10ms is one with another target delay.");
        if (string.IsNullOrWhiteSpace(file) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))) || Directory.Exists(file))
            throw new PlotException(string.Create(CultureInfo.InvariantCulture, $"'{file}' cannot be written: name a PNG file in a folder that exists."));

        // Each run is a simulator of its own.
        var runs = laws.AsParallel().AsOrdered().WithCancellation(interrupt).Select(law => ProfileRun.Run(profile, law, seed, true, interrupt)).ToArray();
        try
        {
            File.WriteAllBytes(file, ProfilePlot.Draw(runs));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlotException($"'{file}' cannot be written: {e.Message}", e);
        }
    }
}
