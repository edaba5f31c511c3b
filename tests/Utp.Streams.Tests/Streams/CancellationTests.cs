using System.Net.Sockets;
using Utp.Messages;

namespace Utp.Streams.Tests;

/// <summary>Cancelled, timed out and forbidden operations, and what they leave behind.</summary>
public sealed class CancellationTests
{
    private static readonly UtpOptions SmallBuffers = new() { SendBufferBytes = 64 << 10, InitialReceiveWindowBytes = 64 << 10, MaxReceiveWindowBytes = 64 << 10 };

    [Fact]
    public async Task Cancelled_reads_lose_nothing()
    {
        await using var pair = await StreamPair.OpenAsync();
        var bytes = TestTools.Bytes(2_000_000);
        var writing = Task.Run(async () =>
        {
            for (var at = 0; at < bytes.Length; at += 1_000)
            {
                await pair.Client.WriteAsync(bytes.AsMemory(at, 1_000));
                if (at % 100_000 == 0)
                    await Task.Yield();
            }

            await pair.Client.CompleteWritesAsync();
        });

        // Each read is cancelled while it waits, or as data arrives, or too late.
        using var received = new MemoryStream();
        var buffer = new byte[3_000];
        var cancelled = 0;
        while (true)
        {
            using var source = new CancellationTokenSource();
            var reading = pair.Server.ReadAsync(buffer, source.Token).AsTask();
            var cancelling = Task.Run(source.Cancel);
            try
            {
                var count = await reading.Soon();
                if (count == 0)
                    break;
                received.Write(buffer, 0, count);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }

            await cancelling;
        }

        await writing.Soon();
        Assert.True(received.ToArray().AsSpan().SequenceEqual(bytes));

        // And surely at least one that waited.
        using var last = new CancellationTokenSource();
        var waiting = pair.Client.ReadAsync(buffer, last.Token).AsTask();
        await last.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        Assert.Equal(last.Token, error.CancellationToken);
        await pair.Server.WriteAsync(new byte[] { 9 });
        Assert.Equal([9], await pair.Client.ReadAsync(1));
    }

    [Fact]
    public async Task A_write_cancelled_in_the_middle_has_sent_a_beginning_of_its_bytes_and_the_stream_goes_on()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        var bytes = TestTools.Bytes(2_000_000);
        using var source = new CancellationTokenSource();
        var writing = pair.Client.WriteAsync(bytes, source.Token).AsTask();
        Assert.False(writing.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.Soon());

        byte[] mark = [1, 2, 3, 4];
        var reading = pair.Server.ReadToEndAsync();
        await pair.Client.WriteAsync(mark).Soon();
        await pair.Client.CompleteWritesAsync();
        var received = await reading;
        Assert.InRange(received.Length, mark.Length + 1, bytes.Length);
        Assert.True(received.AsSpan(0, received.Length - mark.Length).SequenceEqual(bytes.AsSpan(0, received.Length - mark.Length)));
        Assert.Equal(mark, received[^mark.Length..]);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_before_does_nothing()
    {
        await using var pair = await StreamPair.OpenAsync();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.WriteAsync(new byte[1], cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.ReadAsync(new byte[1], cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.FlushAsync(cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.CompleteWritesAsync(cancelled).AsTask());

        await pair.Client.WriteAsync(new byte[] { 5 });
        await pair.Client.CompleteWritesAsync();
        Assert.Equal([5], await pair.Server.ReadToEndAsync());
    }

    [Fact]
    public async Task Two_reads_or_two_writes_at_once_are_refused_and_harm_nothing()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        var buffer = new byte[1];
        var reading = pair.Client.ReadAsync(buffer).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.ReadAsync(new byte[1]).AsTask());
        var bytes = TestTools.Bytes(1_000_000);
        var writing = pair.Client.WriteAsync(bytes).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.WriteAsync(new byte[1]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.CompleteWritesAsync());

        Assert.Equal(bytes, await pair.Server.ReadAsync(bytes.Length));
        await writing.Soon();
        await pair.Server.WriteAsync(new byte[] { 3 });
        Assert.Equal(1, await reading.Soon());
        Assert.Equal(3, buffer[0]);
    }

    [Fact]
    public async Task A_blocking_read_that_times_out_loses_nothing()
    {
        await using var pair = await StreamPair.OpenAsync();
        pair.Client.ReadTimeout = 50;
        var error = Assert.Throws<UtpException>(() => pair.Client.Read(new byte[1]));
        Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        Assert.Contains("50 ms", error.Message, StringComparison.Ordinal);

        pair.Client.ReadTimeout = Timeout.Infinite;
        var reading = Task.Run(() => pair.Client.ReadByte());
        pair.Server.WriteByte(200);
        Assert.Equal(200, await reading.Soon());
    }

    [Fact]
    public async Task A_blocking_write_that_finds_no_room_times_out()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers, Linger = TimeSpan.Zero }, new() { Protocol = SmallBuffers });
        pair.Client.WriteTimeout = 50;
        var error = Assert.Throws<UtpException>(() => pair.Client.Write(new byte[3_000_000]));
        Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task Time_outs_are_above_zero_or_infinite()
    {
        await using var pair = await StreamPair.OpenAsync();
        Assert.True(pair.Client.CanTimeout);
        Assert.Equal((Timeout.Infinite, Timeout.Infinite), (pair.Client.ReadTimeout, pair.Client.WriteTimeout));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.ReadTimeout = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.WriteTimeout = -2);
        Assert.Throws<NotSupportedException>(() => pair.Client.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => pair.Client.SetLength(0));
        Assert.Throws<NotSupportedException>(() => pair.Client.Length);
        Assert.Throws<NotSupportedException>(() => pair.Client.Position = 1);
        Assert.False(pair.Client.CanSeek);
    }

    [Fact]
    public async Task Blocking_reads_and_writes_carry_a_transfer()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        var bytes = TestTools.Bytes(2_000_000);
        var writing = Task.Factory.StartNew(
            () =>
            {
                pair.Client.Write(bytes, 0, 1_500_000);
                pair.Client.Write(bytes.AsSpan(1_500_000));
                pair.Client.Flush();
                pair.Client.Close();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var received = await Task.Factory.StartNew(
            () =>
            {
                using var all = new MemoryStream();
                pair.Server.CopyTo(all);
                return all.ToArray();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Soon();
        await writing.Soon();
        Assert.True(received.AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task A_read_into_nothing_waits_for_something_to_read()
    {
        await using var pair = await StreamPair.OpenAsync();
        var reading = pair.Client.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(reading.IsCompleted);
        await pair.Server.WriteAsync(new byte[] { 1 });
        Assert.Equal(0, await reading.Soon());
        Assert.True(pair.Client.DataAvailable);
        Assert.Equal([1], await pair.Client.ReadAsync(1));
        Assert.False(pair.Client.DataAvailable);
    }

    [Fact]
    public async Task Begin_and_end_work_as_ever()
    {
        await using var pair = await StreamPair.OpenAsync();
        pair.Client.EndWrite(pair.Client.BeginWrite([1, 2], 0, 2, null, null));
        var buffer = new byte[2];
        Assert.Equal(2, await Task.Factory.FromAsync(pair.Server.BeginRead(buffer, 0, 2, null, null), pair.Server.EndRead).Soon());
        Assert.Equal([1, 2], buffer);
    }
}
