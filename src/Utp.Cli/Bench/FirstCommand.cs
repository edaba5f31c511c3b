using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Akka.Actor;
using Spectre.Console;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Cli;

/// <summary><c>utp bench first</c>: how long it takes from the start of a process until its first connection is open.</summary>
internal static class FirstCommand
{
    private const string Name = "bench first";
    private const string EndName = "bench-first";
    private const int MaxRounds = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Command Create(CommandRunner runner)
    {
        var rounds = BenchOptions.Count("--rounds", "How many processes are started, one after the other.", 5, MaxRounds);
        var command = new Command("first", "Starts processes: how long until the first connection of each is open.") { rounds };
        runner.Attach(command, run => MeasureAsync(run, run.Parsed.GetValue(rounds)));
        return command;
    }

    /// <summary><c>utp bench-first</c>, hidden: connects, prints the machine's clock, and ends.</summary>
    public static Command CreateEnd(CommandRunner runner)
    {
        var port = new Argument<int>("PORT");
        var command = new Command(EndName, "A process whose first connection is measured.") { port };
        command.Hidden = true;
        runner.Attach(command, async run =>
        {
            // Nothing but what a user's program does: an actor system, and a connect.
            var system = ActorSystem.Create("first", run.Configuration);
            var answer = await system.Utp().Ask<UtpEvent>(new Connect(new IPEndPoint(IPAddress.Loopback, run.Parsed.GetValue(port))), Patience).ConfigureAwait(false);
            var now = Stopwatch.GetTimestamp();
            if (answer is not Connected)
                return new Outcome(EndName, answer is CommandFailed failed ? Sentences.OneLine(failed.Message) : answer.ToString());
            await run.Terminal.Output.WriteAsync(System.Text.Encoding.ASCII.GetBytes(now.ToString(CultureInfo.InvariantCulture))).ConfigureAwait(false);
            await system.Terminate().ConfigureAwait(false);
            return new Outcome(EndName);
        });
        return command;
    }

    private static async Task<Outcome> MeasureAsync(CommandRun run, int rounds)
    {
        var tally = new Tally();
        var plan = new EndPlan { Work = BenchWork.Ping, Carrier = BenchCarrier.Utp, IsServer = true };
        var server = new ActorEnd(await UtpCarrier.StartAsync(run.Configuration, run.Terminal, plan).ConfigureAwait(false), plan, tally);
        await using var serverEnd = server.ConfigureAwait(false);
        var ports = await server.OpenAsync([]).ConfigureAwait(false);
        var millis = new List<double?>();
        try
        {
            for (var i = 0; i < rounds; i++)
                millis.Add((await StartOneAsync(run, ports[0]).ConfigureAwait(false)).TotalMilliseconds);
        }
        catch (OperationCanceledException)
        {
            return new Outcome(Name, Sentences.Interrupted);
        }

        var spread = Spread.Of(millis)!.Value;
        if (!run.Json)
            run.Terminal.People.WriteLine($"From the start of a process to its first connection: {spread.Text} ms, median (smallest–largest).");
        return new Outcome(Name).With("medianMillis", spread.Median).With("minMillis", spread.Min).With("maxMillis", spread.Max).With("rounds", (long)rounds);
    }

    // Both processes read the same monotonic clock.
    private static async Task<TimeSpan> StartOneAsync(CommandRun run, int port)
    {
        var start = SelfStart.Of([EndName, port.ToString(CultureInfo.InvariantCulture), .. run.Forward([])]);
        start.Environment.Remove("DOTNET_TieredPGO");
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var begin = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(run.Interrupt);
            var output = await process.StandardOutput.ReadToEndAsync(run.Interrupt).WaitAsync(Patience, run.Interrupt).ConfigureAwait(false);
            await process.WaitForExitAsync(run.Interrupt).ConfigureAwait(false);
            return long.TryParse(output, NumberStyles.None, CultureInfo.InvariantCulture, out var connected)
                ? Stopwatch.GetElapsedTime(begin, connected)
                : throw new CliException($"The process did not connect: {Sentences.OneLine(await errors.ConfigureAwait(false))}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
