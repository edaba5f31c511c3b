using System.Buffers;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Tests;

/// <summary>A stream as a pair of pipes.</summary>
public sealed class DuplexPipeTests
{
    private static readonly UtpOptions SmallBuffers = new() { SendBufferBytes = 64 << 10, InitialReceiveWindowBytes = 64 << 10, MaxReceiveWindowBytes = 64 << 10 };

    [Theory]
    [InlineData(1)]
    [InlineData(700)]
    [InlineData(5_000)]
    [InlineData(70_000)]
    [InlineData(300_000)]
    public async Task What_is_flushed_in_pieces_of_any_size_is_read_in_order(int piece)
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        var bytes = TestTools.Bytes(Math.Min(2_000_000, piece * 3_000));
        var output = pair.Client.AsDuplexPipe().Output;
        var writing = Task.Run(async () =>
        {
            for (var at = 0; at < bytes.Length; at += piece)
            {
                var part = bytes.AsMemory(at, Math.Min(piece, bytes.Length - at));
                if (at % 2 == 0)
                {
                    part.CopyTo(output.GetMemory(part.Length));
                    output.Advance(part.Length);
                }
                else
                {
                    output.Write(part.Span);
                }

                Assert.Equal(part.Length, output.UnflushedBytes);
                var result = await output.FlushAsync();
                Assert.False(result.IsCanceled || result.IsCompleted);
            }

            await output.CompleteAsync();
        });

        using var received = new MemoryStream();
        var input = pair.Server.AsDuplexPipe().Input;
        Assert.Same(input, pair.Server.AsDuplexPipe().Input);
        await input.CopyToAsync(received).Soon();
        await writing.Soon();
        Assert.True(received.ToArray().AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task What_was_examined_and_not_consumed_comes_again_with_more_behind_it()
    {
        await using var pair = await StreamPair.OpenAsync();
        var input = pair.Server.AsDuplexPipe().Input;
        await pair.Client.WriteAsync("abc"u8.ToArray());
        var first = await input.ReadAsync().Soon();
        Assert.Equal("abc"u8.ToArray(), first.Buffer.ToArray());
        input.AdvanceTo(first.Buffer.GetPosition(1), first.Buffer.End);
        Assert.False(input.TryRead(out _));

        await pair.Client.WriteAsync("def"u8.ToArray());
        var second = await input.ReadAtLeastAsync(5).Soon();
        Assert.Equal("bcdef"u8.ToArray(), second.Buffer.ToArray());

        // Not all examined: the rest is there at once.
        input.AdvanceTo(second.Buffer.GetPosition(2), second.Buffer.GetPosition(3));
        Assert.True(input.TryRead(out var third));
        Assert.Equal("def"u8.ToArray(), third.Buffer.ToArray());
        input.AdvanceTo(third.Buffer.Start, third.Buffer.End);

        await pair.Client.CompleteWritesAsync();
        var end = await input.ReadAsync().Soon();
        Assert.True(end.IsCompleted);
        Assert.Equal("def"u8.ToArray(), end.Buffer.ToArray());
        input.AdvanceTo(end.Buffer.End);
        Assert.True((await input.ReadAsync().Soon()).IsCompleted);
    }

    [Fact]
    public async Task Pending_reads_and_flushes_are_cancelled_without_loss()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        var input = pair.Server.AsDuplexPipe().Input;
        var reading = input.ReadAsync().AsTask();
        input.CancelPendingRead();
        var cancelled = await reading.Soon();
        Assert.True(cancelled.IsCanceled);
        input.AdvanceTo(cancelled.Buffer.End);
        using var source = new CancellationTokenSource();
        var waiting = input.ReadAsync(source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());

        var output = pair.Client.AsDuplexPipe().Output;
        var bytes = TestTools.Bytes(1_000_000);
        output.Write(bytes);
        var flushing = output.FlushAsync().AsTask();
        Assert.False(flushing.IsCompleted);
        output.CancelPendingFlush();
        Assert.True((await flushing.Soon()).IsCanceled);
        var completing = output.CompleteAsync().AsTask();
        using var received = new MemoryStream();
        await input.CopyToAsync(received).Soon();
        await completing.Soon();
        Assert.True(received.ToArray().AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task The_writer_may_be_completed_while_a_flush_waits_and_nothing_is_lost()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        var output = pair.Client.AsDuplexPipe().Output;
        var bytes = TestTools.Bytes(1_000_000);
        output.Write(bytes);
        var flushing = output.FlushAsync().AsTask();
        var completing = output.CompleteAsync().AsTask();
        Assert.False(flushing.IsCompleted);
        Assert.False(completing.IsCompleted);

        using var received = new MemoryStream();
        await pair.Server.AsDuplexPipe().Input.CopyToAsync(received).Soon();
        Assert.False((await flushing.Soon()).IsCanceled);
        await completing.Soon();
        Assert.True(received.ToArray().AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task An_error_completes_the_writer_though_a_flush_waits()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        var output = pair.Client.AsDuplexPipe().Output;
        output.Write(TestTools.Bytes(1_000_000));
        var flushing = output.FlushAsync().AsTask();
        Assert.False(flushing.IsCompleted);

        await output.CompleteAsync(new InvalidOperationException()).AsTask().Soon();
        Assert.True((await flushing.Soon()).IsCompleted);
        Assert.Equal(CloseCause.Aborted, (await pair.Client.Closed.Soon()).Cause);
    }

    [Fact]
    public async Task A_connection_that_failed_is_a_reader_gone_and_the_input_says_why()
    {
        await using var pair = await StreamPair.OpenAsync();
        pair.Server.Abort();
        await pair.Client.Closed.Soon();
        var pipe = pair.Client.AsDuplexPipe();
        Assert.True((await pipe.Output.WriteAsync(new byte[10]).Soon()).IsCompleted);
        Assert.Equal(CloseCause.Reset, (await Assert.ThrowsAsync<UtpException>(() => pipe.Input.ReadAsync().AsTask())).CloseReason?.Cause);
    }

    [Fact]
    public async Task Completing_both_pipes_closes_the_connection_and_an_error_aborts_it()
    {
        await using var pair = await StreamPair.OpenAsync();
        var client = pair.Client.AsDuplexPipe();
        await client.Output.WriteAsync(new byte[] { 1 });
        await client.Output.CompleteAsync();
        await client.Input.CompleteAsync();
        Assert.Equal([1], await pair.Server.ReadToEndAsync());
        Assert.Throws<InvalidOperationException>(() => client.Output.GetMemory());
        Assert.Throws<InvalidOperationException>(() => client.Input.TryRead(out _));
        await pair.Server.DisposeAsync().Soon();
        await pair.Client.Closed.Soon();

        await using var other = await StreamPair.OpenAsync();
        await other.Client.AsDuplexPipe().Output.CompleteAsync(new IOException("enough"));
        Assert.Equal(CloseCause.Reset, (await Assert.ThrowsAsync<UtpException>(() => other.Server.ReadAsync(new byte[1]).AsTask().Soon())).CloseReason?.Cause);
    }
}
