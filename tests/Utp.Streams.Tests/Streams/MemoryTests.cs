
namespace Utp.Streams.Tests;

/// <summary>What streams hold on to, and what they leave to the garbage collector.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests
{
    [Fact]
    public async Task A_stream_that_nobody_reads_stops_the_writer_within_bounded_memory_and_all_flows_when_it_is_read()
    {
        const int Window = 256 << 10;
        const int SendBuffer = 512 << 10;
        await using var pair = await StreamPair.OpenAsync(
            new() { Protocol = new() { SendBufferBytes = SendBuffer } },
            new() { Protocol = new() { InitialReceiveWindowBytes = Window, MaxReceiveWindowBytes = Window } });
        var bytes = TestTools.Bytes(8 << 20);
        var writing = pair.Client.WriteAsync(bytes).AsTask();

        // All that may be under way: the stream's own mark, what the connection had on its way to it, the window, the sender's buffer.
        var delivered = -1L;
        await TestTools.UntilAsync(() =>
        {
            var before = delivered;
            delivered = pair.Client.GetStatisticsAsync().Result.BytesDelivered;
            return before == delivered && delivered >= Window;
        });
        Assert.False(writing.IsCompleted);
        Assert.InRange(delivered, Window, 4 * Window);

        var reading = pair.Server.ReadAsync(bytes.Length);
        Assert.True((await reading).AsSpan().SequenceEqual(bytes));
        await writing.Soon();
    }

    [Fact]
    public async Task A_transfer_allocates_little_for_each_read_and_write()
    {
        const int Block = 64 << 10;
        const int Blocks = 2_000;
        await using var pair = await StreamPair.OpenAsync();
        await TransferAsync(pair, Block, 500);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await TransferAsync(pair, Block, Blocks);
        var perBlock = (GC.GetTotalAllocatedBytes(precise: true) - before) / Blocks;

        // Both ends, with the connections' own messages and what their batches take: far from the 64 kB that were moved.
        Assert.InRange(perBlock, 0, 8_000);
    }

    [Fact]
    public async Task The_private_actor_system_ends_with_its_last_user()
    {
        await using (await UtpListener.BindAsync(StreamPair.Loopback))
            Assert.NotNull(SystemLease.Shared);

        // Other tests' last connections may hold it for a moment.
        await TestTools.UntilAsync(() => SystemLease.Shared is null);
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(new byte[] { 1 });
        Assert.Equal([1], await pair.Server.ReadAsync(1));
    }

    private static async Task TransferAsync(StreamPair pair, int block, int blocks)
    {
        var writing = Task.Run(async () =>
        {
            var buffer = new byte[block];
            for (var i = 0; i < blocks; i++)
                await pair.Client.WriteAsync(buffer);
        });
        var target = new byte[block];
        for (var left = (long)block * blocks; left > 0;)
            left -= await pair.Server.ReadAsync(target);
        await writing.Soon();
    }
}
