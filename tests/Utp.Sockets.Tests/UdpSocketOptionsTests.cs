using System.Net;
using System.Net.Sockets;

namespace Utp.Sockets.Tests;

public class UdpSocketOptionsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_buffer_without_bytes_is_refused_by_name(int bytes)
    {
        Assert.Equal("ReceiveBufferBytes", Refused(new UdpSocketOptions { ReceiveBufferBytes = bytes }).ParamName);
        Assert.Equal("SendBufferBytes", Refused(new UdpSocketOptions { SendBufferBytes = bytes }).ParamName);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void A_time_to_live_out_of_range_is_refused_by_name(int hops)
    {
        var error = Refused(new UdpSocketOptions { TimeToLive = hops });
        Assert.Equal("TimeToLive", error.ParamName);
        Assert.Contains("1 to 255", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::")]
    public void A_time_to_live_is_set_on_the_socket(string address)
    {
        using var socket = UdpSocketFactory.Open(Loopback(address) with { TimeToLive = 7 });
        Assert.Equal(7, socket.Ttl);
        if (address == "::")
            Assert.Equal(7, socket.GetSocketOption(SocketOptionLevel.IP, SocketOptionName.IpTimeToLive));
    }

    [Fact]
    public void The_granted_buffers_are_read_back_and_not_doubled()
    {
        using var channel = UdpSocketChannel.Bind(Loopback("127.0.0.1") with { ReceiveBufferBytes = 100_000, SendBufferBytes = 50_000 });
        Assert.Equal(100_000, channel.ReceiveBufferBytes);
        Assert.Equal(50_000, channel.SendBufferBytes);
    }

    [Fact]
    public void A_buffer_beyond_what_the_kernel_grants_is_no_error()
    {
        using var channel = UdpSocketChannel.Bind(Loopback("127.0.0.1") with { ReceiveBufferBytes = 1_000_000_000 });
        Assert.InRange(channel.ReceiveBufferBytes, 1_000, 1_000_000_000);
    }

    [Fact]
    public void A_port_in_use_is_an_address_in_use()
    {
        using var first = UdpSocketChannel.Bind(Loopback("127.0.0.1"));
        var error = Assert.Throws<SocketException>(() => UdpSocketChannel.Bind(new UdpSocketOptions { Bind = first.LocalEndPoint }));
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
    }

    [Fact]
    public void A_port_in_use_may_be_shared_when_both_say_so()
    {
        using var first = UdpSocketChannel.Bind(Loopback("127.0.0.1") with { ReuseAddress = true });
        using var second = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = first.LocalEndPoint, ReuseAddress = true });
        Assert.Equal(first.LocalEndPoint, second.LocalEndPoint);
    }

    [Fact]
    public void An_address_that_is_not_ours_is_refused()
    {
        // RFC 5737: 203.0.113.0/24 is documentation and nobody's.
        var error = Assert.Throws<SocketException>(() => UdpSocketChannel.Bind(Loopback("203.0.113.1")));
        Assert.Equal(SocketError.AddressNotAvailable, error.SocketErrorCode);
    }

    [Fact]
    public void A_mapped_address_is_bound_as_ipv4()
    {
        using var channel = UdpSocketChannel.Bind(Loopback("::ffff:127.0.0.1"));
        Assert.Equal(IPAddress.Loopback, channel.LocalEndPoint.Address);
    }

    [Fact]
    public void Without_dual_mode_ipv4_peers_are_out_of_reach()
    {
        using var channel = UdpSocketChannel.Bind(Loopback("::") with { DualMode = false });
        var peer = new UdpPath(UdpEndPoint.From(new IPEndPoint(IPAddress.Loopback, 9)), default);
        Assert.Equal(SendStatus.Unreachable, channel.Send(peer, "x"u8, 1, dontFragment: true));
    }

    [Fact]
    public void An_ipv4_socket_cannot_reach_an_ipv6_peer()
    {
        using var channel = UdpSocketChannel.Bind(Loopback("127.0.0.1"));
        var peer = new UdpPath(UdpEndPoint.From(new IPEndPoint(IPAddress.IPv6Loopback, 9)), default);
        Assert.Equal(SendStatus.Unreachable, channel.Send(peer, "x"u8, 1, dontFragment: true));
    }

    private static UdpSocketOptions Loopback(string address) => new() { Bind = new IPEndPoint(IPAddress.Parse(address), 0) };

    private static ArgumentException Refused(UdpSocketOptions options) =>
        Assert.ThrowsAny<ArgumentException>(() => UdpSocketChannel.Bind(options));
}
