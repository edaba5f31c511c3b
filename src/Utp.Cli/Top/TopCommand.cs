using System.CommandLine;
using Spectre.Console;

namespace Utp.Cli;

/// <summary>
/// <c>utp top ADDR:PORT</c>: the page of <c>--dashboard</c> in a terminal. It reads what a browser would be sent, so it sees any program that shows its page: a command, or an
/// application with <c>MapUtpDashboard</c> (design note 0043).
/// </summary>
internal static class TopCommand
{
    private const string Name = "top";

    // Rates are there at the second look at the latest: the first one makes connections begin to tell.
    private const int LooksOfOnce = 3;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    public static Command Create(CommandRunner runner)
    {
        var page = new Argument<Uri?>("PAGE")
        {
            Description = "Where a page is: ADDR:PORT of --dashboard, or the URL of MapUtpDashboard.",
            CustomParser = static result =>
            {
                var text = result.Tokens[0].Value;
                if (Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                    return new Uri(uri.AbsoluteUri.TrimEnd('/') + "/");
                result.AddError($"'{text}' is no address of a page: write ADDR:PORT, as in 127.0.0.1:8029, or http://…");
                return null;
            },
        };
        var sort = new Option<string>("--sort") { Description = "The column that orders the table.", HelpName = string.Join('|', TopView.Columns), DefaultValueFactory = static _ => "rate" };
        sort.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !TopView.Columns.Contains(result.Tokens[0].Value))
                result.AddError($"--sort is '{result.Tokens[0].Value}': choose {string.Join(", ", TopView.Columns)}");
        });
        var once = new Option<bool>("--once") { Description = "Print the table once, and end; so it is where there is no terminal." };
        var command = new Command(Name, "Shows the connections of a running program in the terminal. Keys: s and r sort, arrows scroll, q ends.") { page, sort, once };
        runner.Attach(command, run => ShowAsync(run, run.Parsed.GetValue(page)!, new TopView(run.Parsed.GetValue(sort)!), run.Parsed.GetValue(once)));
        return command;
    }

    private static async Task<Outcome> ShowAsync(CommandRun run, Uri page, TopView view, bool once)
    {
        var console = run.Terminal.People;
        once |= !console.Profile.Out.IsTerminal || run.Json;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Interrupt);
        using var feed = new TopFeed(page);
        try
        {
            if (once)
                return await PrintAsync(console, feed, view, stop.Token).ConfigureAwait(false);
            await console.Live(new Text("")).AutoClear(true).StartAsync(live => DrawAsync(console, live, feed, view, stop)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C and q are how it ends.
        }
        catch (HttpRequestException e)
        {
            return new Outcome(Name, $"No page answers at {page} ({Sentences.OneLine(e.Message).TrimEnd('.')}): start a command with --dashboard ADDR:PORT, or map the page in the program, and name that address.");
        }

        return new Outcome(Name);
    }

    private static async Task<Outcome> PrintAsync(IAnsiConsole console, TopFeed feed, TopView view, CancellationToken cancellation)
    {
        var looks = 0;
        await foreach (var frame in feed.ReadAsync(view, console.Profile.Height, cancellation).ConfigureAwait(false))
        {
            if (++looks < LooksOfOnce)
                continue;
            console.Write(TopTable.Of(frame, view));
            return new Outcome(Name).With("connections", frame.GetProperty("all").GetProperty("live").GetInt64());
        }

        return new Outcome(Name, "The page ended before it showed anything: run this again.");
    }

    private static async Task DrawAsync(IAnsiConsole console, LiveDisplayContext live, TopFeed feed, TopView view, CancellationTokenSource stop)
    {
        var keys = ReadKeysAsync(console, feed, view, stop);
        var seen = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var frame in feed.ReadAsync(view, console.Profile.Height, stop.Token).ConfigureAwait(false))
                {
                    seen = true;
                    live.UpdateTarget(TopTable.Of(frame, view));
                }
            }
            catch (Exception e) when (seen && e is HttpRequestException or IOException)
            {
                // The program may come again, as a page in a browser waits for it.
            }

            live.UpdateTarget(new Text($"No answer from {feed.Page} – trying again; q ends."));
            await Task.Delay(Retry, stop.Token).ConfigureAwait(false);
        }

        await keys.ConfigureAwait(false);
    }

    private static async Task ReadKeysAsync(IAnsiConsole console, TopFeed feed, TopView view, CancellationTokenSource stop)
    {
        try
        {
            while (await console.Input.ReadKeyAsync(intercept: true, stop.Token).ConfigureAwait(false) is { } key)
            {
                if (key.KeyChar is 'q' or 'Q')
                    await stop.CancelAsync().ConfigureAwait(false);
                else if (view.OnKey(key, Math.Max(1, console.Profile.Height - TopView.LinesBesideRows)))
                    await feed.ChangeAsync(view, console.Profile.Height, stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException or HttpRequestException)
        {
            // It ends, or there is no keyboard.
        }
    }
}
