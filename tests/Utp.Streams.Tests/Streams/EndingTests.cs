using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Tests;

/// <summary>How streams end: half close, dispose, linger, abort, a peer that resets or dies.</summary>
public sealed class EndingTests
{
    private static readonly UtpOptions SmallBuffers = new() { SendBufferBytes = 64 << 10, InitialReceiveWindowBytes = 64 << 10, MaxReceiveWindowBytes = 64 << 10 };

    [Fact]
    public async Task The_peers_end_is_seen_while_our_own_data_waits_for_its_reader()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers }, new() { Protocol = SmallBuffers });
        await pair.Client.WriteAsync(new byte[64 << 10]).Soon();
        await pair.Client.CompleteWritesAsync();

        // The server reads nothing, answers and completes.
        await pair.Server.WriteAsync(new byte[] { 7 }).Soon();
        await pair.Server.CompleteWritesAsync();
        Assert.Equal([7], await pair.Client.ReadToEndAsync());
        Assert.Equal(64 << 10, (await pair.Server.ReadToEndAsync()).Length);
    }

    [Fact]
    public async Task A_write_after_completing_says_what_to_do()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.CompleteWritesAsync();
        await pair.Client.CompleteWritesAsync();

        var error = await Assert.ThrowsAsync<UtpException>(() => pair.Client.WriteAsync(new byte[1]).AsTask());
        Assert.Equal(FailureCause.Closing, error.FailureCause);
        Assert.Contains("before CompleteWritesAsync", error.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.Shutdown, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        Assert.Throws<UtpException>(() => pair.Client.Write([1]));
    }

    [Fact]
    public async Task Disposing_delivers_what_was_written_before_it_returns()
    {
        await using var pair = await StreamPair.OpenAsync();
        var bytes = TestTools.Bytes(3_000_000);
        await pair.Client.WriteAsync(bytes).Soon();
        var reading = pair.Server.ReadToEndAsync();
        await pair.Client.DisposeAsync().Soon();

        Assert.Equal(CloseCause.Closed, (await pair.Client.Closed.Soon()).Cause);
        Assert.Equal(bytes, await reading);
        Assert.Equal(bytes.Length, (await pair.Client.GetStatisticsAsync().Soon()).BytesDelivered);
    }

    [Fact]
    public async Task Disposing_without_waiting_delivers_too()
    {
        await using var pair = await StreamPair.OpenAsync();
        var bytes = TestTools.Bytes(1_000_000);
        await pair.Client.WriteAsync(bytes).Soon();
        pair.Client.Dispose();
        pair.Client.Dispose();
        pair.Client.Close();

        Assert.Equal(bytes, await pair.Server.ReadToEndAsync());
        Assert.Equal(CloseCause.Closed, (await pair.Client.Closed.Soon()).Cause);
    }

    [Fact]
    public async Task After_dispose_everything_says_so_and_disposing_again_is_harmless()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.DisposeAsync().Soon();
        await pair.Client.DisposeAsync().Soon();

        Assert.False(pair.Client.CanRead);
        Assert.False(pair.Client.CanWrite);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.ReadAsync(new byte[1]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.WriteAsync(new byte[1]).AsTask());
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Read(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Write(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.CompleteWritesAsync().AsTask());
        await pair.Client.FlushAsync();
        pair.Client.Abort();
    }

    [Fact]
    public async Task Disposing_ends_a_read_and_a_write_that_wait()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = SmallBuffers, Linger = TimeSpan.Zero }, new() { Protocol = SmallBuffers });
        var reading = pair.Client.ReadAsync(new byte[1]).AsTask();
        var writing = pair.Client.WriteAsync(new byte[2_000_000]).AsTask();
        Assert.False(writing.IsCompleted);
        await pair.Client.DisposeAsync().Soon();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.Soon());
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_holds_dispose_up_for_the_linger_time_only()
    {
        await using var pair = await StreamPair.OpenAsync(
            new() { Protocol = new() { SendBufferBytes = 4 << 20 }, Linger = TimeSpan.FromMilliseconds(300) }, new() { Protocol = SmallBuffers });
        await pair.Client.WriteAsync(new byte[3_000_000]).Soon();
        await pair.Client.DisposeAsync().Soon();

        Assert.Equal(CloseCause.Aborted, (await pair.Client.Closed.Soon()).Cause);
        var error = await Assert.ThrowsAsync<UtpException>(() => pair.Server.ReadToEndAsync());
        Assert.Equal(CloseCause.Reset, error.CloseReason?.Cause);
    }

    [Fact]
    public async Task An_abort_fails_both_ends_and_the_peer_hears_the_code()
    {
        await using var pair = await StreamPair.OpenAsync();
        var reading = pair.Server.ReadAsync(new byte[1]).AsTask();
        pair.Client.Abort(code: 42);

        var error = await Assert.ThrowsAsync<UtpException>(() => reading.Soon());
        Assert.Equal((CloseCause.Reset, (ushort?)42), (error.CloseReason!.Value.Cause, error.CloseReason.Value.PeerCode));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        Assert.Equal(CloseCause.Reset, (await Assert.ThrowsAsync<UtpException>(() => pair.Server.WriteAsync(new byte[1]).AsTask())).CloseReason?.Cause);
        Assert.Equal(CloseCause.Aborted, (await Assert.ThrowsAsync<UtpException>(() => pair.Client.ReadAsync(new byte[1]).AsTask())).CloseReason?.Cause);
        Assert.Equal(CloseCause.Aborted, (await Assert.ThrowsAsync<UtpException>(() => pair.Client.WriteAsync(new byte[1]).AsTask())).CloseReason?.Cause);
    }

    [Fact]
    public async Task What_arrived_before_a_reset_is_read_before_the_error()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(new byte[] { 1, 2, 3 });
        await TestTools.UntilAsync(() => pair.Server.DataAvailable);
        pair.Client.Abort();
        await pair.Server.Closed.Soon();

        Assert.Equal([1, 2, 3], await pair.Server.ReadAsync(3));
        await Assert.ThrowsAsync<UtpException>(() => pair.Server.ReadAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_peer_that_dies_without_a_word_fails_reads_and_writes_in_bounded_time()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback, new() { Linger = TimeSpan.Zero });
        using var relay = new Relay(listener.LocalEndPoint);
        await using var client = await UtpClient.ConnectAsync(relay.EndPoint, new() { Protocol = new() { MaxTimeouts = 1 }, Linger = TimeSpan.Zero });
        await using var server = await listener.AcceptAsync().Soon();
        await client.WriteAsync(new byte[] { 1 });
        Assert.Equal([1], await server.ReadAsync(1));

        relay.FallSilent();
        var reading = client.ReadAsync(new byte[1]).AsTask();
        await client.WriteAsync(new byte[] { 2 });
        var error = await Assert.ThrowsAsync<UtpException>(() => reading.Soon());
        Assert.Equal(CloseCause.TooManyRetransmissions, error.CloseReason?.Cause);
        Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        Assert.Equal(CloseCause.TooManyRetransmissions, (await Assert.ThrowsAsync<UtpException>(() => client.WriteAsync(new byte[1]).AsTask())).CloseReason?.Cause);
    }

    [Fact]
    public async Task An_actor_system_that_shuts_down_ends_its_streams_with_an_error_and_those_of_their_peers_properly()
    {
        using var system = Akka.Actor.ActorSystem.Create("ending", "akka.stdout-loglevel = OFF, akka.loglevel = OFF");
        await using var pair = await StreamPair.OpenAsync(server: new() { ActorSystem = system });
        await pair.Server.WriteAsync(new byte[] { 1 });
        var reading = pair.Server.ReadAsync(new byte[1]).AsTask();
        await system.Terminate().Soon();

        Assert.Equal(FailureCause.ShuttingDown, (await Assert.ThrowsAsync<UtpException>(() => reading.Soon())).FailureCause);
        Assert.Equal([1], await pair.Client.ReadToEndAsync());
        await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(pair.Listener.LocalEndPoint, new() { ActorSystem = system }));
    }

    [Fact]
    public async Task A_stream_that_was_lost_without_being_disposed_is_reset()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        var lost = Lose(listener);
        await using var server = await listener.AcceptAsync().Soon();
        await TestTools.UntilAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !lost.IsAlive;
        });
        Assert.Equal(CloseCause.Reset, (await server.Closed.Soon()).Cause);
    }

    [Fact]
    public async Task Delivery_is_known_when_the_peer_has_acknowledged_and_fails_when_it_cannot()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = new() { SendBufferBytes = 4 << 20 }, Linger = TimeSpan.Zero }, new() { Protocol = SmallBuffers });
        await pair.Client.WaitForDeliveryAsync().Soon();
        await pair.Client.WriteAsync(new byte[10]);
        await pair.Client.WaitForDeliveryAsync().Soon();
        Assert.Equal(10, (await pair.Client.GetStatisticsAsync().Soon()).BytesDelivered);

        // More than the peer takes without reading.
        await pair.Client.WriteAsync(new byte[3_000_000]).Soon();
        var waiting = pair.Client.WaitForDeliveryAsync();
        pair.Server.Abort();
        await Assert.ThrowsAsync<UtpException>(() => waiting.Soon());
    }

    // Its frame is gone when it returns, and with it all that refers to the stream.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Lose(UtpListener listener) => new(UtpClient.ConnectAsync(listener.LocalEndPoint).Soon().GetAwaiter().GetResult());
}
