using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Utp.Sockets.Linux;

namespace Utp.Sockets.Tests;

/// <summary>What Linux offers beyond the portable calls.</summary>
[SupportedOSPlatform("linux")]
public class LinuxSocketTests
{
    private const DatagramChannelFeatures Everything =
        DatagramChannelFeatures.DontFragment | DatagramChannelFeatures.LocalAddress | DatagramChannelFeatures.PathErrors;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    [InlineData("::")]
    public void Every_shape_of_socket_offers_everything_but_segmentation(string address)
    {
        using var channel = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(address), 0) });
        Assert.Equal(Everything, channel.Features);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    public void Dont_fragment_is_set_again_after_a_send_without_it(string bind, string to)
    {
        var socket = UdpSocketFactory.Open(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(bind), 0) });
        using var channel = UdpSocketChannel.FromSocket(socket, ownsSocket: true);
        var peer = new IPEndPoint(IPAddress.Parse(to), channel.LocalEndPoint.Port);
        Assert.Equal(SocketOption.PMTUDISC_PROBE, Discovery(socket, peer.AddressFamily));
        Assert.Equal(SendStatus.Sent, channel.Send(new UdpPath(UdpEndPoint.From(peer), default), "x"u8, 1, dontFragment: false));
        Assert.Equal(SocketOption.PMTUDISC_PROBE, Discovery(socket, peer.AddressFamily));
    }

    [Fact]
    public async Task What_exceeds_the_interfaces_mtu_is_refused_with_that_mtu_unless_it_may_be_fragmented()
    {
        // Loopback's MTU is 65,536; IPv6 and UDP headers take 48.
        using var sender = Open("::1");
        using var receiver = Open("::1");
        var path = new UdpPath(receiver.Address, default);
        Assert.Equal(SendStatus.MessageTooLarge, sender.Send(path, new byte[65_489]));
        Assert.Equal((path, SendStatus.MessageTooLarge, 65_536), Assert.Single(sender.PathErrors));

        Assert.Equal(SendStatus.Sent, sender.Channel.Send(path, new byte[65_489], 65_489, dontFragment: false));
        Assert.Equal(65_489, (await receiver.NextAsync()).Payload.Length);
        Assert.Equal(SendStatus.Sent, sender.Send(path, new byte[65_488]));
        Assert.Equal(65_488, (await receiver.NextAsync()).Payload.Length);
        Assert.Single(sender.PathErrors);
    }

    [Fact]
    public async Task A_pending_error_of_one_peer_is_reported_by_a_send_to_another_which_still_leaves()
    {
        using var sender = Open("127.0.0.1");
        using var receiver = Open("127.0.0.1");
        var gone = TestPorts.Open(port => Open("127.0.0.1", port));
        gone.Dispose();

        // Loopback answers within the first send; nobody reads, so the error waits for the second.
        Assert.Equal(SendStatus.Sent, sender.SendTo(gone.Address, "anybody?"u8));
        Assert.Empty(sender.PathErrors);
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "hello"u8));
        var error = Assert.Single(sender.PathErrors);
        Assert.Equal(gone.Address, error.Path.Remote);
        Assert.Equal(SendStatus.ConnectionRefused, error.Error);
        Assert.Equal("hello", (await receiver.NextAsync()).Text);
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.3")]
    [InlineData("::", "127.0.0.3")]
    [InlineData("::", "::1")]
    public async Task A_path_error_on_a_wildcard_socket_names_the_address_we_sent_from(string bind, string localText)
    {
        using var sender = Open(bind);
        var local = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse(localText), 0));
        var gone = TestPorts.Open(port => Open(local.IsIPv4 ? "127.0.0.1" : "::1", port));
        gone.Dispose();
        Assert.Equal(SendStatus.Sent, sender.Send(new UdpPath(gone.Address, local), "anybody?"u8));
        await sender.WhenPathErrorsAsync(1);
        Assert.Equal((new UdpPath(gone.Address, local), SendStatus.ConnectionRefused, 0), Assert.Single(sender.PathErrors));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task What_icmp_quotes_is_told_with_the_error(string address)
    {
        using var sender = Open(address);
        var gone = TestPorts.Open(port => Open(address, port));
        gone.Dispose();
        Assert.Equal(SendStatus.Sent, sender.SendTo(gone.Address, "twenty bytes of a packet's header, and more"u8));
        await sender.WhenPathErrorsAsync(1);
        Assert.Equal("twenty bytes of a pa"u8.ToArray(), sender.Quoted);
    }

    [Fact]
    public void A_local_address_that_is_not_ours_fails_that_send_and_no_other()
    {
        using var sender = Open("0.0.0.0");
        using var receiver = Open("127.0.0.1");
        var notOurs = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse("203.0.113.1"), 0));
        var status = sender.Send(new UdpPath(receiver.Address, notOurs), "x"u8);
        Assert.Contains(status, new[] { SendStatus.Failed, SendStatus.Unreachable });
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "x"u8));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", 1)]
    [InlineData("::1", "::1", 2)]
    [InlineData("::", "127.0.0.1", 3)]
    [InlineData("::", "::1", 1)]
    public async Task The_ecn_bits_arrive(string bind, string sendFrom, int ecn)
    {
        using var receiver = Open(bind);
        var from = IPAddress.Parse(sendFrom);
        using var sender = new Socket(from.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (from.AddressFamily == AddressFamily.InterNetwork)
            sender.SetRawSocketOption(SocketOption.SOL_IP, SocketOption.IP_TOS, BitConverter.GetBytes(ecn));
        else
            sender.SetRawSocketOption(SocketOption.SOL_IPV6, SocketOption.IPV6_TCLASS, BitConverter.GetBytes(ecn));
        sender.SendTo("marked"u8.ToArray(), new IPEndPoint(from, receiver.Channel.LocalEndPoint.Port));

        receiver.Channel.RequestReadable();
        await receiver.WhenReadableAsync();
        Assert.Equal(ReceiveStatus.Drained, receiver.Channel.Receive(receiver.Batch));
        Assert.Equal(ecn, Assert.Single(receiver.Batch.Datagrams.ToArray()).Ecn);
    }

    [Fact]
    public void What_the_kernel_dropped_at_a_full_buffer_is_counted()
    {
        using var receiver = UdpSocketChannel.Bind(
            new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0), ReceiveBufferBytes = 10_000 });
        using var sender = Open("127.0.0.1");
        Assert.Equal(0, receiver.ReceiveDrops);
        const int Sends = 100;
        for (var i = 0; i < Sends; i++)
            sender.SendTo(UdpEndPoint.From(receiver.LocalEndPoint), new byte[1_400]);

        var batch = new ReceiveBatch(Sends, new SlabPool(256 * 1024, 1024 * 1024));
        Assert.Equal(ReceiveStatus.Drained, receiver.Receive(batch));
        Assert.InRange(receiver.ReceiveDrops, 1, Sends - 1);
        Assert.Equal(Sends, batch.Count + receiver.ReceiveDrops);
        batch.Clear();
    }

    [Fact]
    public void A_socket_shut_down_under_the_channel_is_a_failure()
    {
        var socket = UdpSocketFactory.Open(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        using var channel = UdpSocketChannel.FromSocket(socket, ownsSocket: true);
        using var probe = new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint));

        // An unconnected socket answers ENOTCONN to this, and is shut down all the same.
        Assert.Throws<SocketException>(() => socket.Shutdown(SocketShutdown.Both));
        Assert.Equal(SendStatus.Closed, probe.SendTo(probe.Address, "x"u8));
        Assert.Equal(ReceiveStatus.Closed, channel.Receive(probe.Batch));
        Assert.IsType<SocketException>(Assert.Single(probe.Failures));
    }

    [Fact]
    public async Task A_socket_shut_down_under_a_waiting_channel_is_a_failure()
    {
        var socket = UdpSocketFactory.Open(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        using var channel = UdpSocketChannel.FromSocket(socket, ownsSocket: true);
        using var probe = new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint));
        channel.RequestReadable();
        Assert.Throws<SocketException>(() => socket.Shutdown(SocketShutdown.Both));
        await probe.WhenFailedAsync();
        Assert.IsType<SocketException>(Assert.Single(probe.Failures));
        Assert.Equal(SendStatus.Closed, probe.SendTo(probe.Address, "x"u8));
        Assert.Equal(0, probe.ReadableCount);
    }

    [Fact]
    public async Task Many_channels_wait_at_once_and_each_is_woken_for_itself()
    {
        using var sender = Open("127.0.0.1");
        var receivers = Enumerable.Range(0, 200).Select(_ => Open("127.0.0.1")).ToList();
        foreach (var receiver in receivers)
            receiver.Channel.RequestReadable();
        for (var i = 0; i < receivers.Count; i += 2)
            Assert.Equal(SendStatus.Sent, sender.SendTo(receivers[i].Address, BitConverter.GetBytes(i)));
        for (var i = 0; i < receivers.Count; i += 2)
        {
            await receivers[i].WhenReadableAsync();
            Assert.Equal(i, BitConverter.ToInt32((await receivers[i].NextAsync()).Payload));
        }

        Assert.All(receivers.Where((_, i) => i % 2 == 1), r => Assert.Equal(0, r.ReadableCount));
        receivers.ForEach(r => r.Dispose());
    }

    [Fact]
    public async Task A_reader_and_a_writer_that_wait_at_once_are_both_woken()
    {
        using var probe = Open("127.0.0.1");
        for (var i = 0; i < 100; i++)
        {
            probe.Channel.RequestReadable();
            probe.Channel.RequestWritable();
            await probe.WhenWritableAsync();
            Assert.Equal(i, probe.ReadableCount);
            Assert.Equal(SendStatus.Sent, probe.SendTo(probe.Address, "to myself"u8));
            await probe.WhenReadableAsync();
            Assert.Equal("to myself", (await probe.NextAsync()).Text);
        }

        Assert.Equal((100, 100), (probe.ReadableCount, probe.WritableCount));
    }

    [Theory]
    [InlineData(Errno.EAGAIN, SendStatus.WouldBlock)]
    [InlineData(Errno.ENOBUFS, SendStatus.NoBuffers)]
    [InlineData(Errno.ENOMEM, SendStatus.NoBuffers)]
    [InlineData(Errno.EMSGSIZE, SendStatus.MessageTooLarge)]
    [InlineData(Errno.ECONNREFUSED, SendStatus.ConnectionRefused)]
    [InlineData(Errno.ENETUNREACH, SendStatus.Unreachable)]
    [InlineData(Errno.EHOSTUNREACH, SendStatus.Unreachable)]
    [InlineData(Errno.ENETDOWN, SendStatus.Unreachable)]
    [InlineData(Errno.EPERM, SendStatus.Denied)]
    [InlineData(Errno.EACCES, SendStatus.Denied)]
    [InlineData(71, SendStatus.Failed)]
    public void An_error_number_has_one_meaning(int errno, SendStatus status)
    {
        Assert.Equal(status, Errno.ToSendStatus(errno));
        Assert.False(Errno.IsFatal(errno));
    }

    private static ChannelProbe Open(string address, int port = 0)
    {
        var channel = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(address), port) });
        return new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint));
    }

    private static int Discovery(Socket socket, AddressFamily family)
    {
        var value = new byte[4];
        if (family == AddressFamily.InterNetwork)
            socket.GetRawSocketOption(SocketOption.SOL_IP, SocketOption.IP_MTU_DISCOVER, value);
        else
            socket.GetRawSocketOption(SocketOption.SOL_IPV6, SocketOption.IPV6_MTU_DISCOVER, value);
        return BitConverter.ToInt32(value);
    }
}
