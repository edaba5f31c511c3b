using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Tests;

/// <summary>Connecting, binding and accepting, and all that may be wrong with it.</summary>
public sealed class OpeningTests
{
    [Fact]
    public async Task Two_hundred_streams_go_through_one_listener_at_once()
    {
        const int Streams = 200;
        const int Bytes = 200_000;
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        var echoing = Task.Run(async () =>
        {
            List<Task> echoes = [];
            await foreach (var stream in listener.AcceptAllAsync())
            {
                echoes.Add(EchoAsync(stream));
                if (echoes.Count == Streams)
                    break;
            }

            await Task.WhenAll(echoes);
        });

        await Task.WhenAll(Enumerable.Range(0, Streams).Select(async i =>
        {
            await using var stream = await UtpClient.ConnectAsync(listener.LocalEndPoint, new() { ConnectTimeout = TimeSpan.FromSeconds(60) });
            var bytes = TestTools.Bytes(Bytes, i);
            var writing = Task.Run(async () =>
            {
                await stream.WriteAsync(bytes);
                await stream.CompleteWritesAsync();
            });
            Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await stream.ReadToEndAsync()));
            await writing;
        })).Soon();
        await echoing.Soon();
    }

    [Fact]
    public async Task A_host_is_found_by_name_and_by_address()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        foreach (var host in new[] { "localhost", "127.0.0.1" })
        {
            await using var client = await UtpClient.ConnectAsync(host, listener.LocalEndPoint.Port).Soon();
            await using var server = await listener.AcceptAsync().Soon();
            Assert.Equal(listener.LocalEndPoint.Port, client.RemoteEndPoint.Port);
            Assert.Equal(client.LocalEndPoint.Port, server.RemoteEndPoint.Port);
        }
    }

    [Fact]
    public async Task A_connection_through_a_listener_leaves_from_its_port()
    {
        await using var here = await UtpListener.BindAsync(StreamPair.Loopback);
        await using var there = await UtpListener.BindAsync(StreamPair.Loopback);
        await using var client = await here.ConnectAsync(there.LocalEndPoint).Soon();
        await using var server = await there.AcceptAsync().Soon();
        Assert.Equal(here.LocalEndPoint, server.RemoteEndPoint);
        await using var back = await there.ConnectAsync("127.0.0.1", here.LocalEndPoint.Port).Soon();
        await using var accepted = await here.AcceptAsync().Soon();
        Assert.Equal(there.LocalEndPoint, accepted.RemoteEndPoint);

        await Assert.ThrowsAsync<UtpException>(() => here.ConnectAsync(there.LocalEndPoint, new() { LocalEndPoint = StreamPair.Loopback }));
    }

    [Fact]
    public async Task The_first_data_travels_with_the_connection_and_its_delivery_is_known()
    {
        var first = TestTools.Bytes(1_170);
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        await using var client = await UtpClient.ConnectAsync(listener.LocalEndPoint, new() { InitialData = first }).Soon();
        await using var server = await listener.AcceptAsync().Soon();
        Assert.Equal(first, await server.ReadAsync(first.Length));
        await client.WaitForDeliveryAsync().Soon();
        await client.WriteAsync(new byte[] { 1 });
        Assert.Equal([1], await server.ReadAsync(1));

        var error = await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(listener.LocalEndPoint, new() { InitialData = new byte[1_171] }));
        Assert.Equal(FailureCause.InvalidOption, error.FailureCause);
        Assert.Contains("1170", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_refused_and_a_silent_host_times_out()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(StreamPair.Loopback);
        var timeout = await Assert.ThrowsAsync<UtpException>(() =>
            UtpClient.ConnectAsync(silent.LocalEndPoint!, new() { ConnectTimeout = TimeSpan.FromMilliseconds(200) }).Soon());
        Assert.Equal(FailureCause.ConnectTimeout, timeout.FailureCause);
        Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(timeout.InnerException).SocketErrorCode);

        var gone = silent.LocalEndPoint!;
        silent.Dispose();
        var refused = await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(gone).Soon());
        Assert.Equal(FailureCause.Refused, refused.FailureCause);
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task A_cancelled_attempt_says_so()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(StreamPair.Loopback);
        using var source = new CancellationTokenSource();
        var connecting = UtpClient.ConnectAsync(silent.LocalEndPoint!, cancellationToken: source.Token);
        await source.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Soon());
        Assert.Equal(source.Token, error.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => UtpClient.ConnectAsync(silent.LocalEndPoint!, cancellationToken: source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => UtpListener.BindAsync(StreamPair.Loopback, cancellationToken: source.Token));
    }

    [Fact]
    public async Task An_unknown_host_and_wrong_arguments_are_told()
    {
        Assert.Equal(FailureCause.UnknownHost, (await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync("no-such-host.invalid", 9).Soon())).FailureCause);
        Assert.Equal(FailureCause.InvalidAddress, (await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 0)).Soon())).FailureCause);
        Assert.Equal(FailureCause.InvalidAddress, (await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(new UnixDomainSocketEndPoint("/x")).Soon())).FailureCause);
        Assert.Equal(FailureCause.InvalidAddress, (await Assert.ThrowsAsync<UtpException>(() => UtpListener.BindAsync(new DnsEndPoint("localhost", 0)).Soon())).FailureCause);
        Assert.Equal(
            FailureCause.InvalidOption,
            (await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(StreamPair.Loopback, new() { Protocol = new() { SendBufferBytes = 1 } }).Soon())).FailureCause);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => UtpClient.ConnectAsync("localhost", 70_000));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => UtpClient.ConnectAsync("localhost", 0));
        await Assert.ThrowsAsync<ArgumentException>(() => UtpClient.ConnectAsync("", 9));
        await Assert.ThrowsAsync<ArgumentNullException>(() => UtpClient.ConnectAsync(null!));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => UtpListener.BindAsync(StreamPair.Loopback, new() { Backlog = 0 }));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        var error = await Assert.ThrowsAsync<UtpException>(() => UtpListener.BindAsync(listener.LocalEndPoint).Soon());
        Assert.Equal(FailureCause.AddressInUse, error.FailureCause);
        Assert.Contains("choose another port", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            FailureCause.AddressInUse,
            (await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 9), new() { LocalEndPoint = listener.LocalEndPoint }).Soon())).FailureCause);
    }

    [Fact]
    public async Task A_users_own_socket_is_used_and_closed()
    {
        var theirs = BoundUdp();
        var mine = BoundUdp();
        var (port, myPort) = (((IPEndPoint)theirs.LocalEndPoint!).Port, ((IPEndPoint)mine.LocalEndPoint!).Port);
        var listener = await UtpListener.BindAsync(StreamPair.Loopback, new() { Socket = theirs }).Soon();
        Assert.Equal(port, listener.LocalEndPoint.Port);
        await using (var client = await UtpClient.ConnectAsync(listener.LocalEndPoint, new() { Socket = mine }).Soon())
        {
            await using var server = await listener.AcceptAsync().Soon();
            Assert.Equal(myPort, server.RemoteEndPoint.Port);
        }

        listener.Dispose();
        await listener.Closed.Soon();
        Assert.True(theirs.SafeHandle.IsClosed);
        await TestTools.UntilAsync(() => mine.SafeHandle.IsClosed);
    }

    [Fact]
    public async Task A_socket_that_cannot_carry_uTP_is_told_and_closed()
    {
        var closed = BoundUdp();
        closed.Dispose();
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        tcp.Bind(StreamPair.Loopback);
        using var unbound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var connected = BoundUdp();
        connected.Connect(new IPEndPoint(IPAddress.Loopback, 9));
        foreach (var (socket, word) in new[] { (closed, "disposed"), (tcp, "Tcp"), (unbound, "Bind"), (connected, "connected") })
        {
            var bind = await Assert.ThrowsAsync<UtpException>(() => UtpListener.BindAsync(StreamPair.Loopback, new() { Socket = socket }).Soon());
            Assert.Equal(FailureCause.InvalidAddress, bind.FailureCause);
            Assert.Contains(word, bind.Message, StringComparison.Ordinal);
            Assert.True(socket.SafeHandle.IsClosed);
        }

        var again = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var connect = await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 9), new() { Socket = again }).Soon());
        Assert.Equal(FailureCause.InvalidAddress, connect.FailureCause);
        Assert.True(again.SafeHandle.IsClosed);
    }

    [Fact]
    public async Task What_nobody_takes_beyond_the_backlog_is_reset()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback, new() { Backlog = 1 });
        await using var first = await UtpClient.ConnectAsync(listener.LocalEndPoint).Soon();
        await first.WriteAsync(new byte[] { 1 });
        await first.WaitForDeliveryAsync().Soon();
        await using var second = await UtpClient.ConnectAsync(listener.LocalEndPoint).Soon();
        await Assert.ThrowsAsync<UtpException>(() => second.ReadAsync(new byte[1]).Soon());

        await using var accepted = await listener.AcceptAsync().Soon();
        Assert.Equal([1], await accepted.ReadAsync(1));
    }

    [Fact]
    public async Task A_disposed_listener_accepts_no_more_and_its_connections_go_on()
    {
        await using var pair = await StreamPair.OpenAsync();
        var accepting = pair.Listener.AcceptAsync().AsTask();
        var all = Task.Run(async () =>
        {
            await foreach (var stream in pair.Listener.AcceptAllAsync())
                Assert.Null(stream);
        });
        await pair.Listener.DisposeAsync();
        await pair.Listener.DisposeAsync();
        pair.Listener.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Listener.AcceptAsync().Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Listener.ConnectAsync(StreamPair.Loopback));
        await all.Soon();
        Assert.Equal(FailureCause.Refused, (await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(pair.Listener.LocalEndPoint).Soon())).FailureCause);
        await pair.Client.WriteAsync(new byte[] { 1 });
        Assert.Equal([1], await pair.Server.ReadAsync(1));
        Assert.False(pair.Listener.Closed.IsCompleted);

        await Task.WhenAll(pair.Client.DisposeAsync().AsTask(), pair.Server.DisposeAsync().AsTask()).Soon();
        await pair.Listener.Closed.Soon();
        await using var again = await UtpListener.BindAsync(pair.Listener.LocalEndPoint).Soon();
    }

    [Fact]
    public async Task A_cancelled_accept_loses_no_connection()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        using var source = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.Soon());
        await using var client = await UtpClient.ConnectAsync(listener.LocalEndPoint).Soon();
        await using var server = await listener.AcceptAsync().Soon();
        Assert.Equal(client.LocalEndPoint.Port, server.RemoteEndPoint.Port);
    }

    [Fact]
    public async Task Options_reach_the_connection_and_its_counters_can_be_asked()
    {
        await using var pair = await StreamPair.OpenAsync(new() { Protocol = new() { CongestionControl = "cubic" } });
        await pair.Client.WriteAsync(new byte[1_000]);
        await pair.Client.WaitForDeliveryAsync().Soon();
        var client = await pair.Client.GetStatisticsAsync().Soon();
        Assert.Equal(("cubic", 1_000L, ConnectionState.Connected), (client.CongestionControl, client.BytesDelivered, client.State));
        Assert.Equal(1_000, (await pair.Server.GetStatisticsAsync().Soon()).BytesReceived);
    }

    private static Socket BoundUdp()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(StreamPair.Loopback);
        return socket;
    }

    private static async Task EchoAsync(UtpStream stream)
    {
        await using (stream)
        {
            await stream.CopyToAsync(stream);
            await stream.CompleteWritesAsync();
        }
    }
}
