using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.OpenTelemetry.Tests;

/// <summary>What <see cref="GetStatistics"/> tells of a listener, and of all of uTP.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public async Task A_listener_tells_what_its_connections_have_done_together()
    {
        await using var pair = await Pair.StartAsync();
        await Pair.CloseAsync(await pair.WriteAsync(100_000));
        await pair.WriteAsync(50_000);

        var statistics = await Pair.UntilAsync(pair.ListenerStatisticsAsync, static statistics => statistics.Traffic.BytesReceived == 150_000 && statistics.Connections == 1);

        Assert.Equal(2, statistics.Traffic.Accepted);
        Assert.Equal(0, statistics.Traffic.Initiated);
        Assert.Equal(0, statistics.Traffic.BytesSent);
        Assert.Equal(1, statistics.Traffic.Ended[CloseCause.PeerClosed]);
        Assert.Equal(new KeyValuePair<ConnectionState, long>(ConnectionState.Connected, 1), Assert.Single(statistics.Traffic.Connections));
        Assert.InRange(statistics.Batches, 1, statistics.Endpoint.Delivered);
        Assert.Equal(64 << 20, statistics.ReceiveMemoryLimitBytes);
    }

    [Fact]
    public async Task The_manager_tells_all_of_it_also_of_ports_that_are_closed()
    {
        await using var pair = await Pair.StartAsync();
        await Pair.CloseAsync(await pair.WriteAsync(100_000));

        var statistics = await Pair.UntilAsync(pair.StatisticsAsync, static statistics => statistics is { OutgoingPorts: 0, Traffic.BytesReceived: 100_000 });

        Assert.Equal(1, statistics.Listeners);
        Assert.Equal((1, 1), (statistics.Traffic.Initiated, statistics.Traffic.Accepted));
        Assert.Equal(100_000, statistics.Traffic.BytesSent);
        Assert.Equal(1, statistics.Traffic.Ended[CloseCause.Closed]);
        Assert.True(statistics.Traffic.PacketsReceived <= statistics.Endpoint.Delivered + statistics.Endpoint.SynRefused + statistics.Traffic.Accepted);
        Assert.Equal(2 * 64 << 20, statistics.ReceiveMemory.LimitBytes);
        Assert.Equal(256 << 20, statistics.ReorderMemory.LimitBytes);
        Assert.Equal(256 << 20, statistics.UnreadMemory.LimitBytes);
        Assert.Equal(0, statistics.UnreadMemory.UsedBytes);
    }

    [Fact]
    public async Task Whoever_asks_for_the_first_time_soon_hears_of_connections_that_were_idle_before()
    {
        await using var pair = await Pair.StartAsync();
        var writer = await pair.WriteAsync(70_000);
        Assert.Equal(70_000, (await writer.Ask<ConnectionStatistics>(GetStatistics.Instance, Pair.Patience)).Connection.BytesDelivered);

        await Pair.UntilAsync(pair.StatisticsAsync, static statistics => statistics.Traffic is { BytesSent: 70_000, BytesReceived: 70_000 });
    }

    [Fact]
    public async Task A_connection_tells_what_its_losses_and_its_queue_were()
    {
        await using var pair = await Pair.StartAsync();
        var writer = await pair.WriteAsync(500_000);

        var statistics = (await writer.Ask<ConnectionStatistics>(GetStatistics.Instance, Pair.Patience)).Connection;

        Assert.Equal(statistics.PacketsLost, statistics.Lost.All);
        Assert.InRange(statistics.QueueingDelayMicros, 0, 60_000_000);
    }
}
