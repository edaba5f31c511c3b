using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;

namespace Utp.Cli;

/// <summary><c>utp trace plot FILE…</c>: has <c>utp-plot</c> draw a record. The drawing library is ten times as large as this command, so it is a tool of its own.</summary>
internal static class TraceCommand
{
    private const string Name = "trace plot";
    private const string Tool = "utp-plot";

    public static Command Create(CommandRunner runner)
    {
        var files = new Argument<string[]>("FILE") { Description = "The record (.sqlog) that utp.trace or StartTrace has written.", Arity = ArgumentArity.OneOrMore };
        var to = new Option<string?>("--out") { Description = "Write this file alone: .png or .html. Left out: both, beside the record.", HelpName = "FILE" };
        var plot = new Command("plot", "Draws a record of a connection over time, with the tool utp-plot.") { files, to };
        runner.Attach(plot, run => PlotAsync(run, run.Parsed.GetValue(files)!, run.Parsed.GetValue(to)));
        return new Command("trace", "What is done with records of connections; utp.trace = FOLDER makes them.") { plot };
    }

    private static async Task<Outcome> PlotAsync(CommandRun run, string[] files, string? to)
    {
        string[] arguments = ["trace", .. files, .. to is null ? (string[])[] : ["--out", to]];
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Tool, arguments) { RedirectStandardError = true })!;
            // Ctrl-C reaches both.
            var said = await process.StandardError.ReadToEndAsync(CancellationToken.None).ConfigureAwait(false);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            return process.ExitCode == ExitCode.Done ? new Outcome(Name).With("plotted", (long)files.Length)
                : run.Interrupt.IsCancellationRequested ? new Outcome(Name, Sentences.Interrupted)
                : new Outcome(Name, Sentences.OneLine(said.Replace($"{Tool}: ", "", StringComparison.Ordinal)));
        }
        catch (Win32Exception)
        {
            return new Outcome(Name, $"{Tool} is not installed, which draws records: dotnet tool install -g {Tool}, and then run this again, or {Tool} {string.Join(' ', arguments)}.");
        }
    }
}
