using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Tests;

/// <summary>What nobody reads does not pass for delivered: its writer hears of it, with streams, pipes and messages.</summary>
public sealed class UnreadTests
{
    private static readonly CloseReason NotRead = new(CloseCause.Reset, CloseCodes.NotRead);

    [Fact]
    public async Task A_copy_to_a_peer_that_disposes_after_ten_bytes_fails()
    {
        await using var pair = await StreamPair.OpenAsync();
        using var source = new MemoryStream(TestTools.Bytes(50_000_000));
        var copying = CopyAsync();
        await pair.Server.ReadAsync(10);
        await pair.Server.DisposeAsync().Soon();

        var error = await Assert.ThrowsAsync<UtpException>(() => copying).Soon();
        Assert.Equal(NotRead, error.CloseReason);
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        Assert.Contains("before it had read all", error.Message, StringComparison.Ordinal);
        Assert.Equal(NotRead, await pair.Client.Closed.Soon());

        async Task CopyAsync()
        {
            await source.CopyToAsync(pair.Client);
            await pair.Client.CompleteWritesAsync();
            await pair.Client.WaitForDeliveryAsync();
        }
    }

    [Fact]
    public async Task A_write_that_follows_a_peer_that_has_disposed_fails()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Server.DisposeAsync().Soon();
        await pair.Client.WriteAsync(new byte[10_000]).Soon();
        var error = await Assert.ThrowsAsync<UtpException>(() => pair.Client.WaitForDeliveryAsync()).Soon();
        Assert.Equal(CloseCause.Reset, error.CloseReason!.Value.Cause);
        await Assert.ThrowsAsync<UtpException>(() => pair.Client.WriteAsync(new byte[1]).AsTask()).Soon();
    }

    [Fact]
    public async Task A_writer_that_has_finished_hears_that_the_end_was_not_read()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(new byte[10_000]).Soon();
        await pair.Client.CompleteWritesAsync();
        await pair.Client.WaitForDeliveryAsync().Soon();
        await pair.Server.ReadAsync(10);
        await pair.Server.DisposeAsync().Soon();
        Assert.Equal(NotRead, await pair.Client.Closed.Soon());
    }

    [Fact]
    public async Task What_was_read_to_its_end_closes_as_ever()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(new byte[10_000]).Soon();
        await pair.Client.CompleteWritesAsync();
        await pair.Server.ReadToEndAsync();
        await pair.Server.DisposeAsync().Soon();
        Assert.Equal(CloseCause.ConfirmedClosed, (await pair.Client.Closed.Soon()).Cause);
    }

    [Fact]
    public async Task An_answer_that_was_written_before_is_read_by_a_peer_that_is_still_sending()
    {
        await using var pair = await StreamPair.OpenAsync();
        var answer = TestTools.Bytes(200_000);
        var sending = Assert.ThrowsAsync<UtpException>(SendForEverAsync);
        await pair.Server.ReadAsync(10);
        await pair.Server.WriteAsync(answer).Soon();
        await pair.Server.DisposeAsync().Soon();
        Assert.Equal(CloseCause.Closed, (await pair.Server.Closed.Soon()).Cause);
        Assert.Equal(NotRead, (await sending.Soon()).CloseReason);
        Assert.Equal(answer, await pair.Client.ReadToEndAsync());

        async Task SendForEverAsync()
        {
            while (true)
                await pair.Client.WriteAsync(new byte[100_000]);
        }
    }

    // With more than the client takes before it reads: without a word to it each would wait for the other.
    [Fact]
    public async Task An_answer_larger_than_the_peers_window_ends_the_peers_writes_first()
    {
        var small = new UtpOptions { SendBufferBytes = 4 << 20, InitialReceiveWindowBytes = 64 << 10, MaxReceiveWindowBytes = 64 << 10 };
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = small }, new() { Protocol = small });
        var answer = TestTools.Bytes(2_000_000);
        var sending = Assert.ThrowsAsync<UtpException>(SendForEverAsync);
        await pair.Server.ReadAsync(10);
        await pair.Server.WriteAsync(answer).Soon();
        var disposing = pair.Server.DisposeAsync().AsTask();
        Assert.Equal(NotRead, (await sending.Soon()).CloseReason);
        Assert.Equal(answer, await pair.Client.ReadToEndAsync());
        await disposing.Soon();

        async Task SendForEverAsync()
        {
            while (true)
                await pair.Client.WriteAsync(new byte[100_000]);
        }
    }

    [Fact]
    public async Task Reading_is_aborted_with_a_code_and_writing_goes_on()
    {
        await using var pair = await StreamPair.OpenAsync();
        pair.Server.AbortReading(77);
        var error = await Assert.ThrowsAsync<UtpException>(() => WriteUntilItFailsAsync(pair.Client)).Soon();
        Assert.Equal(new CloseReason(CloseCause.Reset, 77), error.CloseReason);
        await Assert.ThrowsAsync<UtpException>(() => pair.Server.ReadAsync(1)).Soon();

        await pair.Server.WriteAsync(TestTools.Bytes(300_000)).Soon();
        await pair.Server.CompleteWritesAsync();
        Assert.Equal(TestTools.Bytes(300_000), await pair.Client.ReadToEndAsync());
        Assert.Equal(new CloseReason(CloseCause.Reset, 77), await pair.Client.Closed.Soon());
    }

    [Fact]
    public async Task A_pipe_whose_reader_is_completed_ends_the_flushes_of_the_peer()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Server.AsDuplexPipe().Input.CompleteAsync();
        var output = pair.Client.AsDuplexPipe().Output;
        while (!(await output.WriteAsync(new byte[10_000]).Soon()).IsCompleted)
        {
        }

        // The other direction is none the worse.
        await pair.Server.WriteAsync(new byte[] { 7 }).Soon();
        Assert.Equal(7, (await pair.Client.AsDuplexPipe().Input.ReadAsync().Soon()).Buffer.FirstSpan[0]);
    }

    [Fact]
    public async Task What_a_pipes_reader_took_and_did_not_consume_is_unread()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(new byte[1_000]).Soon();
        await pair.Client.CompleteWritesAsync();
        var input = pair.Server.AsDuplexPipe().Input;
        var read = await input.ReadAtLeastAsync(1_000).Soon();
        input.AdvanceTo(read.Buffer.GetPosition(10));
        await pair.Server.DisposeAsync().Soon();
        Assert.Equal(NotRead, await pair.Client.Closed.Soon());
    }

    [Fact]
    public async Task Messages_that_nobody_receives_are_told_to_their_sender()
    {
        await using var listener = await UtpMessageListener.BindAsync(StreamPair.Loopback);
        await using var sender = await UtpClient.ConnectMessagesAsync(listener.LocalEndPoint).Soon();
        var receiver = await listener.AcceptAsync().Soon();
        await sender.SendAsync(new byte[1_000]).Soon();
        await sender.WaitForDeliveryAsync().Soon();
        await receiver.DisposeAsync().Soon();
        Assert.Equal(NotRead, await sender.Closed.Soon());
    }

    private static async Task WriteUntilItFailsAsync(UtpStream stream)
    {
        while (true)
            await stream.WriteAsync(new byte[10_000]);
    }
}
