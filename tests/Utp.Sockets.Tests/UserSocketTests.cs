using System.Net;
using System.Net.Sockets;

namespace Utp.Sockets.Tests;

/// <summary>A socket that the user brings.</summary>
public class UserSocketTests
{
    [Fact]
    public void A_tcp_socket_is_refused()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.Contains("Stream/Tcp", Refused(socket).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_that_is_not_bound_is_refused()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.Contains("not bound", Refused(socket).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connected_socket_is_refused()
    {
        using var socket = Bound();
        socket.Connect(IPAddress.Loopback, 9);
        Assert.Contains("connected", Refused(socket).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_socket_is_refused()
    {
        var socket = Bound();
        socket.Dispose();
        Assert.Contains("disposed", Refused(socket).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_of_another_family_is_refused()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        Assert.Contains("Unix", Refused(socket).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_borrowed_socket_is_still_bound_and_usable_after_dispose()
    {
        using var socket = Bound();
        var probe = Probe(UdpSocketChannel.FromSocket(socket, ownsSocket: false));
        Assert.Equal(socket.LocalEndPoint, probe.Channel.LocalEndPoint);
        probe.Channel.RequestReadable();
        probe.Dispose();
        Assert.Equal(SendStatus.Closed, probe.SendTo(probe.Address, "late"u8));

        socket.SendTo("mine"u8.ToArray(), socket.LocalEndPoint!);
        var buffer = new byte[10];
        var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, socket.LocalEndPoint!).WaitAsync(ChannelProbe.Patience);
        Assert.Equal(4, received.ReceivedBytes);
        Assert.Equal(0, probe.ReadableCount);
        Assert.Empty(probe.Failures);
    }

    [Fact]
    public async Task A_borrowed_socket_can_carry_one_channel_after_another()
    {
        using var socket = Bound();
        for (var i = 0; i < 3; i++)
        {
            using var probe = Probe(UdpSocketChannel.FromSocket(socket, ownsSocket: false));
            probe.Channel.RequestReadable();
            Assert.Equal(SendStatus.Sent, probe.SendTo(probe.Address, "to myself"u8));
            Assert.Equal("to myself", (await probe.NextAsync()).Text);
        }
    }

    [Fact]
    public void An_owned_socket_is_closed_with_the_channel()
    {
        var socket = Bound();
        UdpSocketChannel.FromSocket(socket, ownsSocket: true).Dispose();
        Assert.True(socket.SafeHandle.IsClosed);
    }

    [Fact]
    public async Task A_borrowed_socket_closed_under_a_waiting_channel_is_a_failure_that_is_told_once()
    {
        var socket = Bound();
        var failed = new FailureObserver();
        using var channel = UdpSocketChannel.FromSocket(socket, ownsSocket: false);
        channel.SetObserver(failed);
        channel.RequestReadable();
        socket.Dispose();

        var cause = await failed.Cause.Task.WaitAsync(ChannelProbe.Patience);
        Assert.True(cause is SocketException or ObjectDisposedException, cause.ToString());
        Assert.Equal(SendStatus.Closed, channel.Send(default, "x"u8, 1, dontFragment: true));
        Assert.Equal(ReceiveStatus.Closed, channel.Receive(new ReceiveBatch(1, new SlabPool(65_536, 65_536))));
        channel.RequestReadable();
        channel.RequestWritable();
        Assert.Equal(1, failed.Count);
    }

    [Theory]
    [InlineData("Send")]
    [InlineData("Receive")]
    [InlineData("RequestReadable")]
    [InlineData("RequestWritable")]
    public void A_socket_closed_under_the_channel_is_found_by_whatever_is_done_next(string next)
    {
        var socket = Bound();
        using var probe = Probe(UdpSocketChannel.FromSocket(socket, ownsSocket: true));
        socket.Dispose();
        switch (next)
        {
            case "Send":
                Assert.Equal(SendStatus.Closed, probe.SendTo(probe.Address, "x"u8));
                break;
            case "Receive":
                Assert.Equal(ReceiveStatus.Closed, probe.Channel.Receive(probe.Batch));
                break;
            case "RequestReadable":
                probe.Channel.RequestReadable();
                break;
            default:
                probe.Channel.RequestWritable();
                break;
        }

        Assert.Single(probe.Failures);
        Assert.Equal(SendStatus.Closed, probe.SendTo(probe.Address, "x"u8));
        Assert.Equal(0, probe.Channel.ReceiveDrops);
        Assert.Single(probe.Failures);
    }

    [Fact]
    public void A_channel_without_an_observer_says_so()
    {
        using var channel = UdpSocketChannel.FromSocket(Bound(), ownsSocket: true);
        Assert.Throws<InvalidOperationException>(channel.RequestReadable);
        Assert.Throws<InvalidOperationException>(channel.RequestWritable);
        channel.SetObserver(new FailureObserver());
        Assert.Throws<InvalidOperationException>(() => channel.SetObserver(new FailureObserver()));
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static ChannelProbe Probe(UdpSocketChannel channel) => new(channel, UdpEndPoint.From(channel.LocalEndPoint));

    private static ArgumentException Refused(Socket socket) =>
        Assert.Throws<ArgumentException>(() => UdpSocketChannel.FromSocket(socket, ownsSocket: false));

    private sealed class FailureObserver : IDatagramChannelObserver
    {
        private int _count;

        public TaskCompletionSource<Exception> Cause { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count => Volatile.Read(ref _count);

        public void OnReadable()
        {
        }

        public void OnWritable()
        {
        }

        public void OnFailed(Exception cause)
        {
            Interlocked.Increment(ref _count);
            Cause.TrySetResult(cause);
        }

        public void OnPathError(in UdpPath path, SendStatus error, int pathMtu)
        {
        }
    }
}
