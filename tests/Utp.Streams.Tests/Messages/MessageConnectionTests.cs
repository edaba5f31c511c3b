using System.Text;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Tests;

/// <summary>Messages with metadata, without actors.</summary>
public sealed class MessageConnectionTests
{
    private static readonly UtpOptions Objects = new() { Delivery = DeliveryMode.Objects };

    [Fact]
    public async Task A_message_arrives_whole_with_its_metadata_whatever_its_size()
    {
        await using var pair = await MessagePair.OpenAsync();
        Assert.Equal(250, pair.Client.MaxMetadataBytes);
        int[] sizes = [0, 1, 1_400, 70_000, 1_000_000];
        foreach (var size in sizes)
            await pair.Client.SendAsync(TestTools.Bytes(size, size), Encoding.UTF8.GetBytes($"size {size}")).Soon();
        await pair.Client.CompleteSendsAsync();

        var index = 0;
        await foreach (var message in pair.Server.ReceiveAllAsync())
        {
            Assert.Equal($"size {sizes[index]}", Encoding.UTF8.GetString(message.Metadata.Span));
            Assert.True(message.Data.Span.SequenceEqual(TestTools.Bytes(sizes[index], sizes[index])));
            message.Dispose();
            message.Dispose();
            index++;
        }

        Assert.Equal(sizes.Length, index);
        Assert.Null(await pair.Server.ReceiveAsync().Soon());

        // The other direction goes on.
        await pair.Server.SendAsync(new byte[] { 1 });
        Assert.Equal([1], (await pair.Client.ReceiveAsync().Soon())!.Value.Data.ToArray());
    }

    [Fact]
    public async Task Objects_carry_their_metadata_too()
    {
        await using var pair = await MessagePair.OpenAsync(new() { Protocol = Objects }, new() { Protocol = Objects });
        Assert.Equal(255, pair.Client.MaxMetadataBytes);
        await pair.Client.SendAsync("one"u8.ToArray(), new byte[] { 1 });
        await pair.Client.SendAsync("two"u8.ToArray(), new byte[] { 2 });
        var one = (await pair.Server.ReceiveAsync().Soon())!.Value;
        var two = (await pair.Server.ReceiveAsync().Soon())!.Value;
        Assert.Equal("one-1 two-2", $"{Encoding.UTF8.GetString(one.Data.Span)}-{one.Metadata.Span[0]} {Encoding.UTF8.GetString(two.Data.Span)}-{two.Metadata.Span[0]}");
        Assert.NotEqual(one, two);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_told_and_the_connection_goes_on()
    {
        await using var pair = await MessagePair.OpenAsync(new() { Protocol = new() { MaxFrameBytes = 100_000, SendBufferBytes = 80_000 } });
        Assert.Equal(80_000, pair.Client.MaxMessageBytes);
        async Task<UtpException> Fails(int bytes, int metadata) =>
            await Assert.ThrowsAsync<UtpException>(() => pair.Client.SendAsync(new byte[bytes], new byte[metadata]).AsTask());

        var tooLong = await Fails(1, 251);
        Assert.Equal(FailureCause.MetadataTooLong, tooLong.FailureCause);
        Assert.Contains("at most 250", tooLong.Message, StringComparison.Ordinal);
        Assert.Equal(FailureCause.FrameTooLarge, (await Fails(100_001, 0)).FailureCause);
        Assert.Equal(FailureCause.WriteTooLarge, (await Fails(80_001, 0)).FailureCause);

        await pair.Client.SendAsync(new byte[80_000]).Soon();
        Assert.Equal(80_000, (await pair.Server.ReceiveAsync().Soon())!.Value.Data.Length);
    }

    [Fact]
    public async Task A_peer_that_negotiated_no_messages_is_told_of()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        await using var frames = await UtpClient.ConnectMessagesAsync("127.0.0.1", listener.LocalEndPoint.Port).Soon();
        await using var stream = await listener.AcceptAsync().Soon();
        Assert.Equal(0, frames.MaxMetadataBytes);
        Assert.Equal(FailureCause.FramesNotNegotiated, (await Assert.ThrowsAsync<UtpException>(() => frames.SendAsync(new byte[1]).AsTask())).FailureCause);
        Assert.Equal(FailureCause.FramesNotNegotiated, (await Assert.ThrowsAsync<UtpException>(() => frames.ReceiveAsync().AsTask())).FailureCause);

        await using var objects = await UtpClient.ConnectMessagesAsync(listener.LocalEndPoint, new() { Protocol = Objects }).Soon();
        await using var other = await listener.AcceptAsync().Soon();
        Assert.Equal(FailureCause.MetadataNotNegotiated, (await Assert.ThrowsAsync<UtpException>(() => objects.SendAsync(new byte[1], new byte[1]).AsTask())).FailureCause);
        await objects.SendAsync(new byte[] { 4 });
        Assert.Equal([4], await other.ReadAsync(1));

        await using var dropping = await UtpClient.ConnectMessagesAsync(listener.LocalEndPoint, new() { Protocol = Objects with { DropUnsupportedMetadata = true } }).Soon();
        await using var third = await listener.AcceptAsync().Soon();
        await dropping.SendAsync(new byte[] { 5 }, new byte[300]);
        Assert.Equal([5], await third.ReadAsync(1));
    }

    [Fact]
    public async Task A_send_that_waits_for_room_sends_nothing_when_it_is_cancelled()
    {
        await using var pair = await MessagePair.OpenAsync(new() { Protocol = new() { SendBufferBytes = 64 << 10 } });
        using var source = new CancellationTokenSource();
        Task? waiting = null;
        var sent = 0;
        while (true)
        {
            var next = pair.Client.SendAsync(new byte[30_000], cancellationToken: source.Token).AsTask();
            if (next.IsFaulted)
            {
                await Assert.ThrowsAsync<InvalidOperationException>(() => next);
                break;
            }

            if (waiting is not null)
                await waiting.Soon();
            waiting = next;
            sent++;
            Assert.InRange(sent, 1, 10_000);
        }

        await source.CancelAsync();

        // It may have found room in the meantime, and then it was sent.
        sent -= await Record.ExceptionAsync(() => waiting!.Soon()) is null ? 0 : 1;
        await pair.Client.CompleteSendsAsync();
        var received = 0;
        await foreach (var message in pair.Server.ReceiveAllAsync())
        {
            Assert.Equal(30_000, message.Data.Length);
            received++;
        }

        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task A_cancelled_receive_loses_no_message_and_dispose_ends_one_that_waits()
    {
        await using var pair = await MessagePair.OpenAsync();
        using var source = new CancellationTokenSource();
        var receiving = pair.Server.ReceiveAsync(source.Token).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.ReceiveAsync().AsTask());
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.Soon());
        await pair.Client.SendAsync(new byte[] { 8 });
        Assert.Equal([8], (await pair.Server.ReceiveAsync().Soon())!.Value.Data.ToArray());

        var last = pair.Server.ReceiveAsync().AsTask();
        await pair.Server.DisposeAsync().AsTask().Soon();
        await pair.Server.DisposeAsync().AsTask().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => last.Soon());
        Assert.Null(await pair.Client.ReceiveAsync().Soon());
    }

    [Fact]
    public async Task Delivery_statistics_and_abort_are_those_of_streams()
    {
        await using var pair = await MessagePair.OpenAsync();
        await pair.Client.SendAsync(new byte[100]);
        await pair.Client.WaitForDeliveryAsync().Soon();
        Assert.Equal(100, (await pair.Client.GetStatisticsAsync().Soon()).BytesDelivered);
        pair.Client.Abort(7);
        Assert.Equal((ushort?)7, (await pair.Server.Closed.Soon()).PeerCode);
        Assert.Equal(100, (await pair.Server.ReceiveAsync().Soon())!.Value.Data.Length);
        Assert.Equal(CloseCause.Reset, (await Assert.ThrowsAsync<UtpException>(() => pair.Server.ReceiveAsync().AsTask())).CloseReason?.Cause);
    }

    private sealed class MessagePair(UtpMessageListener listener, UtpMessageConnection client, UtpMessageConnection server) : IAsyncDisposable
    {
        public UtpMessageConnection Client => client;

        public UtpMessageConnection Server => server;

        public static async Task<MessagePair> OpenAsync(UtpClientOptions? client = null, UtpListenerOptions? server = null)
        {
            var listener = await UtpMessageListener.BindAsync(StreamPair.Loopback, server).Soon();
            var connecting = UtpClient.ConnectMessagesAsync(listener.LocalEndPoint, client);
            return new MessagePair(listener, await connecting.Soon(), await listener.AcceptAsync().Soon());
        }

        public async ValueTask DisposeAsync()
        {
            await listener.DisposeAsync();
            await Task.WhenAll(client.DisposeAsync().AsTask(), server.DisposeAsync().AsTask()).Soon();
        }
    }
}
