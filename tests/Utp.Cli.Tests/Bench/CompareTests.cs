using System.Text.Json;
using Xunit;

namespace Utp.Cli.Tests;

public class CompareTests
{
    private static readonly string[] Short = ["--rounds", "1", "--seconds", "0.1", "--warm-up", "0"];

    [Theory]
    [InlineData("bulk", "megabytesPerSecond")]
    [InlineData("bulk-100-ports", "jain")]
    [InlineData("ping", "p99Micros")]
    [InlineData("accept", "connectionsPerSecond")]
    public async Task Every_contender_of_this_program_does_the_work(string work, string figure)
    {
        using var run = UtpRun.Start(["bench", "compare", "--work", work, "--against", "utp-stream,tcp-cubic,akka-tcp,akka-tcp-256k", .. Short, "--json"]);
        Assert.True(await run.ExitAsync() == ExitCode.Done, string.Join('|', run.ErrorLines));
        var rows = Rows(run);
        Assert.Equal(["utp", "utp-stream", "tcp-cubic", "akka-tcp", "akka-tcp-256k"], rows.Select(row => row.GetProperty("contender").GetString()));
        // The kernel may lack a congestion control, which the row then says.
        foreach (var row in rows.Where(row => !row.TryGetProperty("note", out _)))
            Assert.True(row.GetProperty(figure).GetProperty("median").GetDouble() > 0, row.ToString());
        Assert.False(rows[0].TryGetProperty("note", out _));
        Assert.Equal(rows.Count(row => row.TryGetProperty("note", out _)), run.Json.GetProperty("missing").GetInt64());
    }

    [Fact]
    public async Task Flows_are_compared_with_flows_in_bulk_and_say_so_elsewhere()
    {
        using var run = UtpRun.Start(["bench", "compare", "--work", "bulk,ping", "--against", "utp-flow,akka-tcp-flow,akka-tcp-flow-256k", .. Short, "--json"]);
        Assert.True(await run.ExitAsync() == ExitCode.Done, string.Join('|', run.ErrorLines));
        var rows = Rows(run);
        Assert.All(rows[..4], static row => Assert.True(row.GetProperty("megabytesPerSecond").GetProperty("median").GetDouble() > 0, row.ToString()));
        Assert.All(rows[5..], static row => Assert.Equal("flows are measured with bulk", row.GetProperty("note").GetString()));
    }

    [Fact]
    public async Task Libutp_does_the_work_or_its_row_says_why_not()
    {
        using var run = UtpRun.Start(["bench", "compare", "--work", "ping,accept", "--against", "libutp", .. Short, "--json"]);
        Assert.True(await run.ExitAsync() == ExitCode.Done, string.Join('|', run.ErrorLines));
        var row = Rows(run).First(row => row.GetProperty("contender").GetString() == "libutp");
        if (row.TryGetProperty("note", out var note))
            Assert.Matches("Node|install|load|there", note.GetString());
        else
            Assert.True(row.GetProperty("p50Micros").GetProperty("oursToThis").GetDouble() > 0);
    }

    [Fact]
    public async Task Without_the_Node_ends_the_row_says_so_and_the_page_is_written()
    {
        using var folder = new TestFolder();
        var file = folder["performance.md"];
        await File.WriteAllTextAsync(file, "old\n<!-- by hand: begin -->\n## Where the time goes\n\nIn the kernel.\n<!-- by hand: end -->\n");
        using var run = UtpRun.Start(["bench", "compare", "--work", "bulk", "--against", "libutp", "--peers", folder.Path, .. Short, "--markdown", file]);
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        Assert.Contains("benchmarks/peers is not there", run.PeopleText, StringComparison.Ordinal);
        var page = await File.ReadAllTextAsync(file);
        Assert.Contains("bench compare --rounds 1 --seconds 0.1 --warm-up 0 --markdown docs/performance.md", page, StringComparison.Ordinal);
        Assert.Contains("| this library |", page, StringComparison.Ordinal);
        Assert.Contains("| benchmarks/peers is not there |", page, StringComparison.Ordinal);
        Assert.EndsWith("<!-- by hand: begin -->\n## Where the time goes\n\nIn the kernel.\n<!-- by hand: end -->\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_congestion_control_that_the_kernel_lacks_is_said()
    {
        var plan = new EndPlan { Work = BenchWork.Bulk, Carrier = BenchCarrier.Tcp, Congestion = "no-such-law", IsServer = true };
        var server = new TcpServer(plan, new Tally());
        await using var end = server.ConfigureAwait(false);
        var error = await Assert.ThrowsAsync<CliException>(() => server.OpenAsync([]));
        Assert.Contains("TCP", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3)]
    [InlineData(new[] { 5.0, 1, 3 }, 3, 1, 5)]
    [InlineData(new[] { 4.0, 1, 3, 10 }, 3.5, 1, 10)]
    public void A_spread_is_median_least_and_most(double[] values, double median, double min, double max) =>
        Assert.Equal(new Spread(median, min, max), Spread.Of(values.Select(v => (double?)v)));

    [Fact]
    public void A_spread_of_nothing_is_none() => Assert.Null(Spread.Of([null, null]));

    private static List<JsonElement> Rows(UtpRun run) =>
        [.. run.PeopleText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}
