using System.Net;
using System.Net.Sockets;

namespace Utp.Sockets.Tests;

public class EndPointTests
{
    [Theory]
    [InlineData("10.1.2.3", 1)]
    [InlineData("255.255.255.255", 65_535)]
    [InlineData("::1", 6_881)]
    [InlineData("2001:db8::ff00:42:8329", 443)]
    [InlineData("fe80::1%7", 9)]
    public void An_end_point_survives_the_way_through_a_socket_address(string address, int port)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), port);
        var system = endPoint.Serialize();
        var value = SocketAddressCodec.Read(system.Family, system.Buffer.Span);
        Assert.Equal(UdpEndPoint.From(endPoint), value);
        Assert.Equal(endPoint, value.ToIPEndPoint());

        var written = new SocketAddress(endPoint.AddressFamily);
        written.Buffer.Span[2..].Fill(0xEE);
        Assert.True(SocketAddressCodec.TryWrite(endPoint.AddressFamily, written.Buffer.Span, value));
        Assert.Equal(system, written);
    }

    [Fact]
    public void Mapped_and_plain_ipv4_are_the_same_peer_on_either_kind_of_socket()
    {
        var plain = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 5));
        var mapped = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.1"), 5));
        Assert.Equal(plain, mapped);
        Assert.Equal(IPAddress.Parse("10.0.0.1"), mapped.ToIPAddress());

        var onIPv6 = new SocketAddress(AddressFamily.InterNetworkV6);
        Assert.True(SocketAddressCodec.TryWrite(AddressFamily.InterNetworkV6, onIPv6.Buffer.Span, plain));
        Assert.Equal(plain, SocketAddressCodec.Read(AddressFamily.InterNetworkV6, onIPv6.Buffer.Span));
    }

    [Fact]
    public void An_ipv6_peer_does_not_fit_an_ipv4_socket()
    {
        var address = new SocketAddress(AddressFamily.InterNetwork);
        var peer = UdpEndPoint.From(new IPEndPoint(IPAddress.IPv6Loopback, 5));
        Assert.False(SocketAddressCodec.TryWrite(AddressFamily.InterNetwork, address.Buffer.Span, peer));
    }

    [Fact]
    public void The_scope_tells_two_link_local_peers_apart()
    {
        var one = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse("fe80::1%1"), 5));
        var other = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse("fe80::1%2"), 5));
        Assert.NotEqual(one, other);
        Assert.Equal(2u, other.ScopeId);
    }
}
