using Utp.Protocol;

namespace Utp.Streams.Tests;

/// <summary>One direction is aborted, the other goes on: what <c>QuicStream.Abort(Write)</c> does.</summary>
public sealed class AbortWritingTests
{
    [Fact]
    public async Task The_peer_reads_what_came_and_then_that_it_is_not_all()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync("a beginning"u8.ToArray()).Soon();
        Assert.Equal("a beginning"u8.ToArray(), await pair.Server.ReadAsync(11));
        pair.Client.AbortWriting(77);
        var error = await Assert.ThrowsAsync<UtpException>(() => pair.Server.ReadToEndAsync());
        Assert.Equal((CloseCause.CutOff, (ushort?)77), (error.CloseReason!.Value.Cause, error.CloseReason.Value.PeerCode));
        Assert.Contains("not all", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_other_direction_goes_on_to_its_proper_end()
    {
        await using var pair = await StreamPair.OpenAsync();
        pair.Client.AbortWriting();
        await Assert.ThrowsAsync<UtpException>(() => pair.Server.ReadToEndAsync());
        var all = TestTools.Bytes(3_000_000);
        await Task.WhenAll(WriteAllAsync(), ReadAllAsync()).Soon();
        Assert.Equal(CloseCause.Reset, (await pair.Server.Closed.Soon()).Cause);

        async Task WriteAllAsync()
        {
            await pair.Server.WriteAsync(all);
            await pair.Server.CompleteWritesAsync();
            await pair.Server.WaitForDeliveryAsync();
        }

        async Task ReadAllAsync() => Assert.Equal(all, await pair.Client.ReadToEndAsync());
    }

    [Fact]
    public async Task What_was_written_and_has_not_left_is_dropped_and_its_writer_hears_so()
    {
        await using var pair = await StreamPair.OpenAsync();
        // More than window and buffers hold: the server does not read.
        var writing = Task.Run(async () =>
        {
            while (true)
                await pair.Client.WriteAsync(new byte[64 << 10]);
        });
        for (var i = 0; i < 6_000; i++)
        {
            // What is written and cannot be delivered any more: the window is all but closed, and what may still pass is less than what waits.
            var statistics = await pair.Client.GetStatisticsAsync().Soon();
            if (statistics.PeerWindowBytes < 128 << 10 && statistics.BufferedBytes > 256 << 10)
                break;
            await Task.Delay(10);
        }

        var delivery = pair.Client.WaitForDeliveryAsync();
        pair.Client.AbortWriting();
        await Assert.ThrowsAsync<UtpException>(() => writing.Soon());
        await Assert.ThrowsAsync<UtpException>(() => delivery.Soon());
        var error = await Assert.ThrowsAsync<UtpException>(() => pair.Server.CopyToAsync(Stream.Null).Soon());
        Assert.Equal(CloseCodes.CutOff, error.CloseReason!.Value.PeerCode);
    }

    [Fact]
    public async Task Behind_a_completed_direction_nothing_is_aborted()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync("all"u8.ToArray()).Soon();
        await pair.Client.CompleteWritesAsync().Soon();
        await pair.Client.WaitForDeliveryAsync().Soon();
        Assert.Equal("all"u8.ToArray(), await pair.Server.ReadToEndAsync());
        pair.Client.AbortWriting();
        await pair.Server.WriteAsync("answer"u8.ToArray()).Soon();
        await pair.Server.CompleteWritesAsync().Soon();
        Assert.Equal("answer"u8.ToArray(), await pair.Client.ReadToEndAsync());
        Assert.Equal(CloseCause.ConfirmedClosed, (await pair.Server.Closed.Soon()).Cause);
    }
}
