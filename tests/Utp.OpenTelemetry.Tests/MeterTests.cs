using Utp.Actors;
using Utp.Protocol;

namespace Utp.OpenTelemetry.Tests;

/// <summary>What the meter counts of real connections, and what that costs.</summary>
public sealed class MeterTests
{
    private const string Sent = "utp.io{network.io.direction=transmit}";
    private const string Received = "utp.io{network.io.direction=receive}";

    [Fact]
    public async Task Every_byte_of_a_transfer_is_counted_once_at_each_end()
    {
        using var heard = new Heard();
        await using var pair = await Pair.StartAsync();
        var (sent, received, accepted, closed) = (heard[Sent], heard[Received], heard["utp.connection.opened{utp.connection.role=acceptor}"], heard["utp.connection.closed{utp.close.cause=closed}"]);

        await Pair.CloseAsync(await pair.WriteAsync(300_000));

        await Pair.UntilAsync(() => Task.FromResult(heard[Received]), value => value == received + 300_000);
        Assert.Equal(sent + 300_000, heard[Sent]);
        Assert.Equal(accepted + 1, heard["utp.connection.opened{utp.connection.role=acceptor}"]);
        Assert.Equal(closed + 1, heard["utp.connection.closed{utp.close.cause=closed}"]);
        Assert.True(heard["utp.packet.count{network.io.direction=transmit}"] > 0);
        Assert.True(heard["utp.batch.count"] > 0);
        Assert.True(heard["utp.connection.rtt"] > 0);
        Assert.True(heard["utp.connection.duration{utp.close.cause=closed}"] > 0);
    }

    [Fact]
    public async Task A_connection_that_lives_is_sampled_while_somebody_listens()
    {
        using var heard = new Heard();
        await using var pair = await Pair.StartAsync();
        var before = heard[Received];

        await pair.WriteAsync(200_000);

        await Pair.UntilAsync(() => Task.FromResult(heard[Received]), value => value >= before + 200_000);
        Assert.Equal(2, heard["utp.connection.count{utp.connection.state=connected}"]);
        Assert.Equal(1, heard["utp.port.count{utp.port.kind=listener}"]);
        Assert.Equal(1, heard["utp.port.count{utp.port.kind=outgoing}"]);
        Assert.True(heard["utp.memory.limit{utp.memory.pool=receive}"] >= 2 * 64 << 20);
    }

    [Fact]
    public async Task Counters_do_not_fall_when_ports_and_systems_end_and_gauges_do()
    {
        using var heard = new Heard();
        double batches;
        await using (var pair = await Pair.StartAsync())
        {
            await pair.WriteAsync(100_000);
            await Pair.UntilAsync(() => Task.FromResult(heard["utp.connection.count{utp.connection.state=connected}"]), static count => count == 2);
            batches = heard["utp.batch.count"];
            Assert.True(batches > 0);
        }

        Assert.True(heard["utp.batch.count"] >= batches);
        Assert.Equal(0, heard["utp.connection.count{utp.connection.state=connected}"]);
        Assert.Equal(0, heard["utp.port.count{utp.port.kind=listener}"]);
        Assert.Equal(0, heard["utp.memory.usage{utp.memory.pool=receive}"]);
    }

    [Fact]
    public async Task No_stream_names_a_connection_an_address_or_a_port()
    {
        using var heard = new Heard();
        await using var pair = await Pair.StartAsync();
        await Pair.CloseAsync(await pair.WriteAsync(1_000));
        await Pair.UntilAsync(() => Task.FromResult(heard["utp.connection.duration{utp.close.cause=peer_closed}"]), static count => count > 0);
        var before = heard.Streams;

        for (var i = 0; i < 20; i++)
            await Pair.CloseAsync(await pair.WriteAsync(1_000));

        Assert.Equal(before, heard.Streams);
    }

    [Fact]
    public async Task What_the_network_refuses_is_counted_by_its_cause()
    {
        using var heard = new Heard();
        await using var pair = await Pair.StartAsync("utp.connect-timeout = 200ms");
        using var closed = new System.Net.Sockets.UdpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var before = heard["utp.connection.closed{utp.close.cause=connect_timeout}"];

        // A socket that nobody reads from answers nothing.
        await Akka.Actor.Futures.Ask<Messages.CommandFailed>(pair.System.Utp(), new Messages.Connect(closed.Client.LocalEndPoint!), Pair.Patience);

        await Pair.UntilAsync(() => Task.FromResult(heard["utp.connection.closed{utp.close.cause=connect_timeout}"]), value => value == before + 1);
    }

    // 86,400 samples of a connection, and as many ends: the same memory and the same streams as after the first.
    [Fact]
    public void A_simulated_day_of_samples_allocates_nothing_per_sample_and_adds_no_stream()
    {
        const int Seconds = 86_400;
        using var exported = new Exported();
        var counts = new PortCounts();
        for (var second = 0; second < 1_000; second++)
            Sample(counts, second);
        exported.Collect();
        Sample(counts, 0);
        var streams = exported.Streams;

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var second = 1; second < Seconds; second++)
            Sample(counts, second);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        exported.Collect();

        // The smallest object is 24 bytes; what the runtime does once, as compiling anew, may cost a little.
        Assert.InRange(allocated, 0, Seconds);
        Assert.Equal(streams, exported.Streams);
    }

    [Fact]
    public void Without_a_listener_nothing_is_sampled()
    {
        var counts = new PortCounts();
        Assert.False(counts.IsSampled);

        using (new Heard())
            Assert.True(counts.IsSampled);

        Assert.False(counts.IsSampled);
    }

    private static void Sample(PortCounts counts, int second)
    {
        var stats = new ConnectionStats { SmoothedRttMicros = 100 + second, QueueingDelayMicros = second, CongestionWindowBytes = 1_000 + (second * 10L), BytesSent = second };
        UtpMeter.OnSample(stats, sentSince: 1_000, lostSince: second % 7);
        counts.Add(Figure.BytesSent, 1_000);
        counts.Move(ConnectionState.SynSent, ConnectionState.Connected);
        counts.AddEnded(CloseCause.Closed);
    }
}
