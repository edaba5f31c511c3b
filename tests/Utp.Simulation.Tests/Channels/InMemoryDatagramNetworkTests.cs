using System.Net;
using System.Net.Sockets;
using Utp.Sockets;
using Utp.Sockets.Tests;

namespace Utp.Simulation.Tests.Channels;

public class InMemoryDatagramNetworkTests
{
    private static readonly IPEndPoint A = new(IPAddress.Parse("10.0.0.1"), 1000);
    private static readonly IPEndPoint B = new(IPAddress.Parse("10.0.0.2"), 2000);

    [Fact]
    public void An_address_in_use_cannot_be_bound_again()
    {
        using var network = new InMemoryDatagramNetwork();
        using var first = network.Bind(A);

        var error = Assert.Throws<SocketException>(() => network.Bind(A));

        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_delayed_datagram_arrives_no_earlier_than_its_delay()
    {
        using var network = new InMemoryDatagramNetwork(link: new LinkOptions { LatencyMicros = 30_000 });
        using var a = Probe(network, A);
        using var b = Probe(network, B);
        var sent = MonotonicClock.NowMicros;

        a.SendTo(b.Address, "slow"u8);

        Assert.InRange((await b.NextAsync()).ArrivalMicros - sent, 30_000, long.MaxValue);
    }

    [Fact]
    public async Task Links_can_be_cut_and_mended_while_it_runs()
    {
        using var network = new InMemoryDatagramNetwork();
        using var a = Probe(network, A);
        using var b = Probe(network, B);
        SimulatedLink? forth = null;
        network.Configure(n => forth = n.Connect(a.Address, b.Address, LinkOptions.Perfect with { Loss = Ratio.Always }).Forth);
        a.SendTo(b.Address, "lost"u8);
        network.Configure(_ => forth!.Options = LinkOptions.Perfect);
        a.SendTo(b.Address, "arrives"u8);

        Assert.Equal("arrives", (await b.NextAsync()).Text);
        Assert.Equal(1, forth!.Statistics.Lost);
    }

    [Fact]
    public void A_full_receive_buffer_drops_and_counts()
    {
        using var network = new InMemoryDatagramNetwork();
        using var a = Probe(network, A);
        using var b = Probe(network, B, new SimulatedChannelOptions { ReceiveBufferBytes = 2_500 });
        for (var i = 0; i < 5; i++)
            a.SendTo(b.Address, new byte[1_000]);

        Assert.Equal(3, b.Channel.ReceiveDrops);
    }

    [Fact]
    public async Task A_blocked_channel_takes_datagrams_again_when_it_says_so()
    {
        using var network = new InMemoryDatagramNetwork();
        var channel = network.Bind(A);
        using var a = new ChannelProbe(channel, UdpEndPoint.From(A));
        using var b = Probe(network, B);
        channel.BlockSends(TimeSpan.FromMilliseconds(20));
        Assert.Equal(SendStatus.WouldBlock, a.SendTo(b.Address, "now"u8));

        channel.RequestWritable();
        await a.WhenWritableAsync();

        Assert.Equal(SendStatus.Sent, a.SendTo(b.Address, "later"u8));
        Assert.Equal("later", (await b.NextAsync()).Text);
    }

    [Fact]
    public void A_channel_that_fails_tells_why_and_is_closed()
    {
        using var network = new InMemoryDatagramNetwork();
        var channel = network.Bind(A);
        using var a = new ChannelProbe(channel, UdpEndPoint.From(A));

        channel.Fail(new IOException("the device is gone"));

        Assert.Equal("the device is gone", Assert.Single(a.Failures).Message);
        Assert.Equal(SendStatus.Closed, a.SendTo(UdpEndPoint.From(B), "late"u8));
    }

    private static ChannelProbe Probe(InMemoryDatagramNetwork network, IPEndPoint local, SimulatedChannelOptions? options = null) =>
        new(network.Bind(local, options), UdpEndPoint.From(local));
}
