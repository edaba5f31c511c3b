using System.Text.Json;
using Utp.Simulation;
using Xunit;

namespace Utp.Cli.Tests;

public class SimulateTests
{
    [Fact]
    public async Task The_table_names_profile_law_and_bars()
    {
        using var run = UtpRun.Start("simulate", "--profile", "home-20ms-10m-1mb,loss-5", "--repeat", "3");
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        Assert.Contains("Medians over the seeds 1 to 3", run.PeopleText, StringComparison.Ordinal);
        Assert.Empty(run.ErrorLines);
    }

    [Fact]
    public async Task With_json_each_row_is_an_object_and_a_seed_replays_it()
    {
        string[] line = ["simulate", "--profile", "loss-5", "--seed", "4", "--json"];
        using var first = UtpRun.Start(line);
        using var second = UtpRun.Start(line);
        Assert.Equal(ExitCode.Done, await first.ExitAsync());
        Assert.Equal(ExitCode.Done, await second.ExitAsync());
        Assert.Equal(first.PeopleText, second.PeopleText);

        var row = JsonDocument.Parse(first.PeopleText).RootElement;
        Assert.Equal("loss-5", row.GetProperty("profile").GetString());
        Assert.Equal("lbe", row.GetProperty("congestion").GetString());
        Assert.Equal(0, row.GetProperty("missing").GetInt64());
        Assert.InRange(row.GetProperty("goodput").GetInt64(), 100_000, 10_000_000);
        Assert.Equal(1, first.Json.GetProperty("rows").GetInt64());
    }

    [Fact]
    public async Task The_markdown_says_by_which_command_it_was_written_and_which_bars_are_met()
    {
        using var folder = new TestFolder();
        var file = folder["network.md"];
        using var run = UtpRun.Start("simulate", "--profile", "home-20ms-10m-1mb", "--markdown", file);
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        var text = await File.ReadAllTextAsync(file);
        Assert.Contains("utp simulate --profile home-20ms-10m-1mb --congestion lbe --seed 1 --repeat 1 --markdown", text, StringComparison.Ordinal);
        Assert.Contains("| `home-20ms-10m-1mb` |", text, StringComparison.Ordinal);
        Assert.Contains("1 of 1 bars are met. Not run for this table: `lan-1ms-100m`, ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_in_the_page_from_the_mark_on_stays()
    {
        using var folder = new TestFolder();
        var file = folder["network.md"];
        const string Kept = "<!-- not simulated, kept by utp simulate -->\n\n## Over real links\n\nMeasured.\n";
        await File.WriteAllTextAsync(file, "# Old\n\n" + Kept);

        for (var i = 0; i < 2; i++)
        {
            using var run = UtpRun.Start("simulate", "--profile", "home-20ms-10m-1mb", "--markdown", file);
            Assert.Equal(ExitCode.Done, await run.ExitAsync());
        }

        var text = await File.ReadAllTextAsync(file);
        Assert.EndsWith("met |\n\n" + Kept, text, StringComparison.Ordinal);
        Assert.DoesNotContain("# Old", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_said_in_one_sentence_before_the_work()
    {
        using var folder = new TestFolder();
        foreach (var (path, reason) in new[] { (folder["none/file"], "does not exist"), (folder.Path, "is a folder") })
        {
            using var run = UtpRun.Start("simulate", "--profile", "home-20ms-10m-1mb", "--markdown", path);
            Assert.Equal(ExitCode.Failed, await run.ExitAsync());
            Assert.Contains(reason, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
            Assert.Empty(run.PeopleText);
        }
    }

    [Fact]
    public async Task On_all_cores_rows_come_in_the_order_that_was_asked_for()
    {
        using var run = UtpRun.Start("simulate", "--profile", "home-20ms-10m,home-20ms-10m-1mb,loss-5", "--congestion", "ledbat,cubic", "--repeat", "3", "--json");
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        var rows = run.PeopleText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(
            ["home-20ms-10m ledbat", "home-20ms-10m cubic", "home-20ms-10m-1mb ledbat", "home-20ms-10m-1mb cubic", "loss-5 ledbat", "loss-5 cubic"],
            rows.Select(static row => $"{row.GetProperty("profile").GetString()} {row.GetProperty("congestion").GetString()}"));

        var loss5 = ProfileCatalog.Find("loss-5")!;
        var alone = ProfileResult.Medians([.. Enumerable.Range(1, 3).Select(seed => ProfileRun.Run(loss5, "cubic", (ulong)seed))]);
        Assert.Equal(alone[Metric.Goodput], rows[^1].GetProperty("goodput").GetInt64());
    }

    [Fact]
    public async Task On_a_terminal_the_runs_are_counted_and_elsewhere_nothing_is_said()
    {
        using var drawn = new DrawnTerminal("of 1000 runs; now drift-fast, lbe, seed ");
        // So long that only the interrupt ends it: what is waited for is the line, and no time.
        using var run = UtpRun.Start(["simulate", "--profile", "drift-fast", "--repeat", "1000", "--json"], input: null, live: drawn.Console());
        await drawn.SeenAsync();
        run.Interrupt();
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Single(run.ErrorLines);
        Assert.Contains("Interrupted", run.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("of 1000 runs", run.PeopleText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_ends_a_long_run_at_once_and_shows_what_is_done()
    {
        using var folder = new TestFolder();
        using var drawn = new DrawnTerminal("1 of 2 runs");
        // The second takes a hundred times as long as the first.
        using var run = UtpRun.Start(
            ["simulate", "--profile", "home-20ms-10m-1mb,drift-fast", "--json", "--markdown", folder["table.md"]], input: null, live: drawn.Console());
        await drawn.SeenAsync();
        run.Interrupt();
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Contains("Interrupted", run.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, run.Json.GetProperty("rows").GetInt64());
        Assert.Equal("home-20ms-10m-1mb", JsonDocument.Parse(run.PeopleText).RootElement.GetProperty("profile").GetString());
        Assert.Empty(folder.Files);
    }
}
