using System.Text.Json;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>That each benchmark does its work and tells what it should. How fast that goes is no test's business.</summary>
public class BenchTests
{
    [Fact]
    public async Task Bulk_moves_and_checks_so_many_bytes_between_two_processes()
    {
        var json = await RunAsync("bulk", "--bytes", "3MB");
        Assert.Equal(3_000_000, json.GetProperty("bytes").GetInt64());
        foreach (var name in new[] { "megabytesPerSecond", "cpuSecondsPerGigabyte", "packetsPerSecond", "allocatedBytesPerPacket", "residentBytesClient", "residentBytesServer", "seconds" })
            Assert.True(json.GetProperty(name).GetDouble() > 0, name);
        // A payload of 1,352 bytes a packet, and its acknowledgements.
        var packets = json.GetProperty("packetsPerSecond").GetDouble() * json.GetProperty("seconds").GetDouble();
        Assert.InRange(packets, 3_000_000 / 1_352.0, 12_000);
    }

    [Fact]
    public async Task Bulk_over_connections_from_several_ports_is_fair_by_its_index()
    {
        var json = await RunAsync("bulk", "--connections", "4", "--ports", "2", "--bytes", "2MB", "--mtu", "path");
        Assert.Equal(4, json.GetProperty("connections").GetInt64());
        Assert.Equal(2, json.GetProperty("ports").GetInt64());
        // Each moved the quarter that it was given.
        Assert.Equal(1, json.GetProperty("jain").GetDouble(), 3);
    }

    [Theory]
    [InlineData("bulk", "--bytes", "3MB", "--connections", "3", "--ports", "2")]
    [InlineData("ping", "--seconds", "0.3", "--warm-up", "0")]
    [InlineData("accept", "--seconds", "0.3", "--warm-up", "0", "--connections", "3")]
    public async Task The_same_work_goes_through_streams(params string[] arguments)
    {
        var json = await RunAsync([arguments[0], "--api", "stream", .. arguments[1..]]);
        Assert.True(json.GetProperty(arguments[0] == "bulk" ? "bytes" : "completed").GetInt64() > 0);
    }

    [Theory]
    [InlineData("--bytes", "3MB")]
    [InlineData("--bytes", "3MB", "--connections", "3")]
    [InlineData("--seconds", "0.3", "--warm-up", "0.1")]
    public async Task Bulk_goes_through_flows_of_Akka_Streams(params string[] arguments)
    {
        var json = await RunAsync(["bulk", "--api", "flow", .. arguments]);
        Assert.True(json.GetProperty("bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Bulk_by_time_measures_after_the_warm_up()
    {
        var json = await RunAsync("bulk", "--seconds", "0.3", "--warm-up", "0.1");
        Assert.InRange(json.GetProperty("seconds").GetDouble(), 0.25, 60);
        Assert.True(json.GetProperty("bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Ping_tells_percentiles_and_both_processes_may_share_a_core()
    {
        var json = await RunAsync("ping", "--seconds", "2", "--warm-up", "0.1", "--pin");
        Assert.True(json.GetProperty("pinned").GetBoolean());
        Assert.Equal(1, json.GetProperty("coresOfAnEnd").GetInt64());
        var percentiles = new[] { "p50Micros", "p99Micros", "p999Micros", "maxMicros" }.Select(name => json.GetProperty(name).GetDouble()).ToList();
        Assert.Equal(percentiles.Order(), percentiles);
        Assert.True(percentiles[0] > 0);
        Assert.True(json.GetProperty("completed").GetInt64() > 0);
    }

    [Fact]
    public async Task Idle_tells_what_a_connection_keeps()
    {
        var json = await RunAsync("idle", "--connections", "200", "--seconds", "0.2", "--warm-up", "0");
        foreach (var name in new[] { "managedBytesPerConnectionClient", "managedBytesPerConnectionServer", "openedPerSecond" })
            Assert.True(json.GetProperty(name).GetDouble() > 0, name);
        Assert.True(json.GetProperty("corePercentServer").GetDouble() >= 0);
    }

    [Fact]
    public async Task Accept_counts_connections_that_were_closed_properly()
    {
        var json = await RunAsync("accept", "--connections", "4", "--seconds", "2", "--warm-up", "0");
        Assert.True(json.GetProperty("connectionsPerSecond").GetDouble() > 0);
        Assert.True(json.GetProperty("p99Micros").GetDouble() >= json.GetProperty("p50Micros").GetDouble());
    }

    [Fact]
    public async Task First_tells_how_long_a_process_takes_until_its_first_connection()
    {
        var json = await RunAsync("first", "--rounds", "2");
        Assert.InRange(json.GetProperty("medianMillis").GetDouble(), json.GetProperty("minMillis").GetDouble(), json.GetProperty("maxMillis").GetDouble());
        Assert.True(json.GetProperty("minMillis").GetDouble() > 0);
    }

    [Fact]
    public async Task Without_json_a_table_is_for_people()
    {
        using var run = UtpRun.Start("bench", "bulk", "--bytes", "1MB");
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        Assert.Contains("CPU of both ends, a GB", run.PeopleText, StringComparison.Ordinal);
        Assert.Empty(run.ErrorLines);
    }

    [Fact]
    public async Task A_wrong_setting_is_the_users_and_is_said_once()
    {
        using var run = UtpRun.Start("bench", "ping", "--set", "utp.send-buffer=1");
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        Assert.Contains("utp.send-buffer = 1 is not allowed", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_and_its_processes()
    {
        using var run = UtpRun.Start("bench", "bulk", "--seconds", "3000", "--json");
        run.Interrupt();
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Contains("Interrupted", run.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_that_the_command_leaves_alone_ends()
    {
        using var end = UtpRun.Start(["bench-end"], Stream.Null);
        Assert.Equal(ExitCode.Done, await end.ExitAsync());
    }

    private static async Task<JsonElement> RunAsync(params string[] args)
    {
        using var run = UtpRun.Start(["bench", .. args, "--json"]);
        var exit = await run.ExitAsync();
        Assert.True(exit == ExitCode.Done, string.Join('|', run.ErrorLines));
        Assert.Empty(run.PeopleText);
        Assert.Equal("bench " + args[0], run.Json.GetProperty("command").GetString());
        return run.Json;
    }
}
