using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Spectre.Console;

namespace Utp.Cli;

/// <summary>
/// <c>utp bench page</c>: what the page of <c>--dashboard</c> costs a process with many connections, all of which move, and how smoothly a browser scrolls its table. The same
/// connections are measured without a page and with a browser that watches and scrolls; what the page costs is the difference.
/// </summary>
internal static class PageCommand
{
    private const string Name = "bench page";
    private const string CorePercent = "corePercentServer";

    public static Command Create(CommandRunner runner)
    {
        var options = new BenchOptions(seconds: 20, warmUp: 12);
        var connections = BenchOptions.Connections(10_000);
        var browser = new Option<string>("--browser") { Description = "Chromium, by its name or path.", HelpName = "PROGRAM", DefaultValueFactory = static _ => "chromium" };
        var command = new Command("page", "What the page of --dashboard costs with many connections, and how smoothly a browser scrolls it.") { connections, browser, options.Seconds, options.WarmUp };
        runner.Attach(command, run =>
        {
            var count = run.Parsed.GetValue(connections);
            var plan = new EndPlan { Work = BenchWork.Idle, Carrier = BenchCarrier.Utp, Connections = count, Ports = BenchSettings.PortsFor(count, asked: 1) };
            return MeasureAsync(run, options.Job(run.Parsed, plan), run.Parsed.GetValue(browser)!);
        });
        return command;
    }

    private static async Task<Outcome> MeasureAsync(CommandRun run, BenchJob job, string browser)
    {
        // Each connection sends and receives a packet every second, so that each is seen anew at every look.
        string[] arguments = [EndCommand.Name, .. run.Forward([.. BenchSettings.Of(job.Plan, null), "utp.keep-alive=1s"])];
        try
        {
            // Started first: without a browser nothing is worth measuring.
            var chromium = await Chromium.StartAsync(browser, run.Interrupt).ConfigureAwait(false);
            await using var endOfBrowser = chromium.ConfigureAwait(false);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Interrupt);
            var without = await RunAsync(job).ConfigureAwait(false);
            var port = FreePort();
            var scrolling = ScrollAsync(chromium, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/")), job, stop.Token);
            double with;
            try
            {
                with = await RunAsync(job with { Plan = job.Plan with { PagePort = port } }).ConfigureAwait(false);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await ((Task)scrolling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            return Report(run, job, without, with, await scrolling.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return new Outcome(Name, Sentences.Interrupted);
        }
        catch (CliException e)
        {
            return new Outcome(Name, e.Message, e.ExitCode);
        }

        async Task<double> RunAsync(BenchJob one)
        {
            var result = await BenchRun.RunAsync(one, _ => SelfStart.Of(arguments), run.Terminal.Say, run.Interrupt).ConfigureAwait(false);
            return BenchFigures.Of(one, result).Single(static figure => figure.Name == CorePercent).Value!.Value;
        }
    }

    // It scrolls from when all connections are there for as long as is measured.
    private static async Task<Smoothness> ScrollAsync(Chromium chromium, Uri page, BenchJob job, CancellationToken interrupt)
    {
        await chromium.OpenAsync(page, interrupt).ConfigureAwait(false);
        await chromium.UntilAsync($"Number(document.getElementById('all-live')?.textContent.replaceAll(',', '')) >= {job.Plan.Connections}", interrupt).ConfigureAwait(false);
        await Task.Delay(job.WarmUp / 2, interrupt).ConfigureAwait(false);
        return await Smoothness.MeasureAsync(chromium, job.Duration + (job.WarmUp / 4), interrupt).ConfigureAwait(false);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static Outcome Report(CommandRun run, BenchJob job, double without, double with, Smoothness scrolled)
    {
        if (!run.Json)
        {
            var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns(new TableColumn(""), new TableColumn("").RightAligned());
            table.AddRow("Connections, each with a packet a second", Texts.Count(job.Plan.Connections));
            table.AddRow("Of a core at the server, without a page", BenchFigures.Text(without, "0.0", "%"));
            table.AddRow("Of a core at the server, with a browser that scrolls", BenchFigures.Text(with, "0.0", "%"));
            table.AddRow("What the page costs, of a core", BenchFigures.Text(with - without, "0.0", "%"));
            table.AddRow("Frames a second while scrolling", BenchFigures.Text(scrolled.FramesPerSecond, "0.0", ""));
            table.AddRow("Frames that took more than 50 ms", BenchFigures.Text(scrolled.LongFrames, "0", ""));
            table.AddRow("Longest frame", BenchFigures.Text(scrolled.LongestMillis, "0.0", "ms"));
            table.AddRow("Rows scrolled past", Texts.Count(scrolled.Rows));
            run.Terminal.People.Write(table);
        }

        return new Outcome(Name)
            .With("connections", (long)job.Plan.Connections)
            .With("corePercentWithout", without)
            .With("corePercentWith", with)
            .With("corePercentOfPage", with - without)
            .With("framesPerSecond", scrolled.FramesPerSecond)
            .With("longFrames", (long)scrolled.LongFrames)
            .With("longestFrameMillis", scrolled.LongestMillis)
            .With("rowsScrolled", scrolled.Rows);
    }
}

/// <summary>How smoothly the table was scrolled.</summary>
internal sealed record Smoothness(double FramesPerSecond, int LongFrames, double LongestMillis, long Rows)
{
    // Up and down, so many rows a second as a wheel turns; the rows that come are asked for and drawn. A frame counts when the page has drawn it.
    private const string Script = """
        new Promise(done => {
          const table = document.getElementById('table');
          const height = table.querySelector('.body .row').offsetHeight;
          const begin = performance.now();
          let last = begin, frames = 0, long = 0, longest = 0, travelled = 0, step = height;
          const next = now => {
            frames++;
            longest = Math.max(longest, now - last);
            if (now - last > 50) long++;
            last = now;
            const before = table.scrollTop;
            table.scrollTop += step;
            travelled += Math.abs(table.scrollTop - before);
            if (table.scrollTop === before) step = -step;
            if (now - begin < MILLIS) requestAnimationFrame(next);
            else done(JSON.stringify({ framesPerSecond: frames / (now - begin) * 1000, longFrames: long, longestMillis: longest, rows: Math.round(travelled / height) }));
          };
          requestAnimationFrame(next);
        })
        """;

    public static async Task<Smoothness> MeasureAsync(Chromium chromium, TimeSpan duration, CancellationToken interrupt)
    {
        var script = Script.Replace("MILLIS", duration.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture), StringComparison.Ordinal);
        using var told = System.Text.Json.JsonDocument.Parse(await chromium.EvaluateAsync(script, interrupt).ConfigureAwait(false));
        var numbers = told.RootElement;
        return new Smoothness(
            numbers.GetProperty("framesPerSecond").GetDouble(), numbers.GetProperty("longFrames").GetInt32(), numbers.GetProperty("longestMillis").GetDouble(), numbers.GetProperty("rows").GetInt64());
    }
}
