using System.Text.Json;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>That <c>bench remote</c> does each work over each transport, and tells what it should. How fast that goes is no test's business.</summary>
public class RemoteTests
{
    // Long enough that a busy machine gets some work done.
    private static readonly string[] Short = ["--rounds", "1", "--seconds", "1", "--warm-up", "0"];

    [Theory]
    [InlineData("tell-10k", "utp,tcp", "messagesPerSecond", "cpuMicrosPerMessage", "allocatedBytesPerMessage", "p99Micros")]
    [InlineData("ping", "utp-tls,tcp-tls", "p50Micros", "p99Micros", "cpuMicrosPerRoundTrip")]
    [InlineData("heartbeat", "utp", "p99Micros", "megabytesPerSecond")]
    [InlineData("tell-100", "none", "messagesPerSecond", "cpuMicrosPerMessage", "allocatedBytesPerMessage")]
    [InlineData("idle", "utp", "managedBytesPerConnectionServer", "managedBytesPerConnectionClient")]
    public async Task Both_processes_do_the_work_over_each_transport(string work, string over, params string[] figures)
    {
        using var run = UtpRun.Start(["bench", "remote", "--work", work, "--over", over, .. Short, "--json"]);
        Assert.True(await run.ExitAsync() == ExitCode.Done, string.Join('|', run.ErrorLines));
        var rows = run.PeopleText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement).ToList();

        Assert.Equal(over.Split(','), rows.Select(static row => row.GetProperty("contender").GetString()));
        foreach (var row in rows)
        {
            Assert.False(row.TryGetProperty("note", out var note), note.ToString());
            foreach (var figure in figures)
                Assert.True(row.GetProperty(figure).GetProperty("median").GetDouble() > 0, $"{figure} of {row}");
        }
    }

    [Fact]
    public void The_page_keeps_the_works_that_were_not_done_and_what_people_wrote()
    {
        var plan = new ComparePlan([], [], 2, new BenchJob(new EndPlan { Work = BenchWork.RemoteTell, Carrier = BenchCarrier.RemoteUtp }), null);
        var ping = Contest.Remote.Single(static contest => contest.Name == "ping");
        var elsewhere = Contest.Remote[0] with { Title = "Messages elsewhere" };
        const string Before = "# x\n\n## Messages elsewhere\n\nold\n\n## A message of 100 B there and back, then the next\n\nold\n\n<!-- by hand: begin -->\nmine\n<!-- by hand: end -->\n";

        var page = RemoteMarkdown.Text([new CompareRow(ping, Contender.Remote[0])], plan, Before);
        var again = RemoteMarkdown.Text([new CompareRow(elsewhere, Contender.Remote[0])], plan, page);

        Assert.Contains("## Messages elsewhere\n\nold\n", page, StringComparison.Ordinal);
        Assert.Contains($"## {ping.Title}\n\n`--work ping --rounds 2", page, StringComparison.Ordinal);
        Assert.True(page.IndexOf(ping.Title, StringComparison.Ordinal) < page.IndexOf("elsewhere", StringComparison.Ordinal));
        Assert.EndsWith("<!-- by hand: begin -->\nmine\n<!-- by hand: end -->\n", page, StringComparison.Ordinal);
        Assert.Contains("## Messages elsewhere\n\n`--work tell-100 --rounds 2", again, StringComparison.Ordinal);
        Assert.Equal(page.Length > 0, again.Contains(ping.Title, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--work", "no-such", "There is no work 'no-such': choose from tell-100")]
    [InlineData("--over", "sctp", "There is no transport 'sctp': choose from utp, tcp, utp-tls, tcp-tls, utp-lbe, none, all.")]
    public async Task A_wrong_name_is_answered_with_the_right_ones(string option, string value, string expected)
    {
        using var run = UtpRun.Start(["bench", "remote", option, value]);
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        Assert.Contains(expected, string.Join(' ', run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_is_started_behind_the_command_that_puts_it_elsewhere()
    {
        var place = new EndPlace("10.0.0.2", "10.0.0.1") { ServerVia = "ip netns exec there" };
        var plan = new EndPlan { Work = BenchWork.RemotePing, Carrier = BenchCarrier.RemoteUtp };

        var server = place.Start(plan with { IsServer = true }, new System.Diagnostics.ProcessStartInfo("utp", ["bench-end"]));
        var client = place.Start(plan, new System.Diagnostics.ProcessStartInfo("utp", ["bench-end"]));

        Assert.Equal(("ip", "netns exec there utp bench-end"), (server.FileName, string.Join(' ', server.ArgumentList)));
        Assert.Equal(("utp", "bench-end"), (client.FileName, string.Join(' ', client.ArgumentList)));
    }
}
