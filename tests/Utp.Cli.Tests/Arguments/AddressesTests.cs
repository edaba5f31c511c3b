using System.Net;
using Xunit;

namespace Utp.Cli.Tests;

public class AddressesTests
{
    [Theory]
    [InlineData("127.0.0.1:9000", "127.0.0.1", 9000)]
    [InlineData("[::1]:9000", "::1", 9000)]
    [InlineData("[2001:db8::7]:65535", "2001:db8::7", 65535)]
    public void A_peer_may_be_an_address(string text, string address, int port)
    {
        Assert.True(Addresses.TryParsePeer(text, out var peer, out _));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), peer);
    }

    [Theory]
    [InlineData("localhost:9000", "localhost")]
    [InlineData("files.example.org:9000", "files.example.org")]
    public void A_peer_may_be_a_name(string text, string host)
    {
        Assert.True(Addresses.TryParsePeer(text, out var peer, out _));
        Assert.Equal(new DnsEndPoint(host, 9000), peer);
    }

    [Theory]
    [InlineData("localhost", "lacks the port")]
    [InlineData("[::1]", "lacks the port")]
    [InlineData("::1:9000", "in brackets")]
    [InlineData("localhost:", "is no port")]
    [InlineData("localhost:http", "is no port")]
    [InlineData("localhost:65536", "is no port")]
    [InlineData("localhost:-1", "is no port")]
    [InlineData("localhost:0", "port 0")]
    [InlineData(":9000", "lacks the host")]
    [InlineData("[nonsense]:9000", "is no address")]
    [InlineData("[127.0.0.1]:9000", "is no address")]
    [InlineData("1.2.3:9000", "is no address")]
    [InlineData("1.2.3.4.5:9000", "is no address")]
    [InlineData("a b:9000", "neither a host name nor an address")]
    public void A_peer_that_cannot_be_reached_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(Addresses.TryParsePeer(text, out _, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:0", "127.0.0.1", 0)]
    [InlineData("0.0.0.0:9000", "0.0.0.0", 9000)]
    [InlineData("[::]:9000", "::", 9000)]
    [InlineData("localhost:9000", "127.0.0.1", 9000)]
    public void A_listener_may_take_an_address_and_any_port(string text, string address, int port)
    {
        Assert.True(Addresses.TryParseLocal(text, out var local, out _));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), local);
    }

    [Theory]
    [InlineData(":9000")]
    [InlineData("*:9000")]
    public void A_listener_without_a_host_takes_all_addresses(string text)
    {
        Assert.True(Addresses.TryParseLocal(text, out var local, out _));
        Assert.True(local!.Address.Equals(IPAddress.IPv6Any) || local.Address.Equals(IPAddress.Any));
    }

    [Theory]
    [InlineData("example.org:9000", "no address of a network interface")]
    [InlineData("9000", "lacks the port")]
    public void A_listener_that_cannot_be_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(Addresses.TryParseLocal(text, out _, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_IPv4_address_in_IPv6_clothes_is_shown_as_IPv4() =>
        Assert.Equal("10.0.0.1:80", Addresses.Text(new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.1"), 80)));
}
