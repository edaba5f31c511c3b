using Microsoft.Extensions.Diagnostics.HealthChecks;
using Utp.Messages;

namespace Utp.Hosting.Tests;

/// <summary>Health checks of sockets and memory.</summary>
public sealed class ResourceHealthTests
{
    [Fact]
    public async Task A_program_at_rest_is_healthy_and_shows_drops_and_memory()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtp().WithUtpHealthChecks());
        await host.StartAsync();

        var report = await host.CheckHealthAsync();

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(0L, report.Entries["utp-sockets"].Data["receive-drops"]);
        Assert.Equal(0L, report.Entries["utp-memory"].Data["utp.unread-memory"]);
        Assert.All(report.Entries.Values, static entry => Assert.Contains("utp", entry.Tags));
    }

    [Fact]
    public void Drops_degrade_a_program_until_a_check_finds_no_new_ones()
    {
        var first = SocketHealthCheck.Judge(drops: 7, before: 0, ports: 1);
        var second = SocketHealthCheck.Judge(drops: 7, before: 7, ports: 1);

        Assert.Equal((HealthStatus.Degraded, HealthStatus.Healthy), (first.Status, second.Status));
        Assert.Contains("dropped 7 datagrams", first.Description, StringComparison.Ordinal);
        Assert.Contains("net.core.rmem_max", first.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utp.socket.receive-memory")]
    [InlineData("utp.reorder-memory")]
    [InlineData("utp.unread-memory")]
    public void Memory_at_its_limit_degrades_a_program_and_is_named(string key)
    {
        var full = new MemoryStatistics(95, 100);
        var statistics = new UtpStatistics
        {
            Listeners = 1,
            OutgoingPorts = 0,
            Traffic = TrafficStatistics.None,
            Endpoint = default,
            ReceiveDrops = 0,
            Truncated = 0,
            Batches = 0,
            ReceiveMemory = key == "utp.socket.receive-memory" ? full : new MemoryStatistics(1, 100),
            ReorderMemory = key == "utp.reorder-memory" ? full : new MemoryStatistics(1, 100),
            UnreadMemory = key == "utp.unread-memory" ? full : new MemoryStatistics(1, 100),
        };

        var result = MemoryHealthCheck.Judge(statistics);

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.StartsWith(key + ": 95 of 100 bytes", result.Description, StringComparison.Ordinal);
    }
}
