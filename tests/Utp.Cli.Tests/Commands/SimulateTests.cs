using System.Text.Json;
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
    public async Task A_file_that_cannot_be_written_is_an_error()
    {
        using var folder = new TestFolder();
        using var run = UtpRun.Start("simulate", "--profile", "home-20ms-10m-1mb", "--markdown", folder["none/network.md"]);
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Contains("cannot be written", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }
}
