using Xunit;

namespace Utp.Cli.Tests;

public class DemoTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("3MiB", 3 << 20)]
    public async Task A_file_goes_through_and_the_table_says_how(string size, long bytes)
    {
        using var run = UtpRun.Start("demo", "--size", size, "--json");
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        foreach (var row in new[] { "Rate", "Time to first byte", "Packets", "Retransmissions", "Round trip", "Congestion window", "the same", "Try next:", "utp send FILE" })
            Assert.Contains(row, run.PeopleText, StringComparison.Ordinal);
        Assert.True(run.Json.GetProperty("ok").GetBoolean());
        Assert.True(run.Json.GetProperty("same").GetBoolean());
        Assert.Equal(bytes, run.Json.GetProperty("bytes").GetInt64());
        Assert.Equal(64, run.Json.GetProperty("sha256").GetString()!.Length);
        Assert.Single(run.ErrorLines);
    }

    [Fact]
    public async Task The_demo_reads_well_in_80_columns()
    {
        using var run = UtpRun.Start("demo", "--size", "1MiB");
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        // A line that was broken would leave its rest at the margin.
        Assert.All(run.PeopleText.Split('\n').Where(line => line.Length > 0), line => Assert.Matches(@"^(uTP demo|Try next:|  |[╭│╰])", line));
    }
}
