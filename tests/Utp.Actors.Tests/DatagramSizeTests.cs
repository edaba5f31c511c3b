using System.Net;
using Utp.Messages;
using Utp.Sockets;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class DatagramSizeTests(ITestOutputHelper output) : UtpSpec(output)
{
    private const int Each = 4_000_000;

    [Fact]
    public void On_loopback_the_largest_datagrams_are_found()
    {
        var pair = OpenPair();
        var sent = PacketsOf(pair);
        Assert.InRange(sent, Each / 65_507, Each / 40_000);
    }

    [Fact]
    public void A_fixed_size_is_used_from_the_first_datagram_on_and_not_exceeded()
    {
        var options = new UtpOptions { MaxDatagramBytes = 1_400 };
        var pair = OpenPair(connect: connect => connect with { Options = options });
        var sent = PacketsOf(pair);
        Assert.InRange(sent, Each / 1_380, (Each / 1_380) + 400);
    }

    [Fact]
    public void The_ceiling_is_the_route_s_and_no_search_is_made_where_datagrams_may_be_fragmented()
    {
        var loopback = UdpEndPoint.From(new IPEndPoint(IPAddress.Loopback, 1));
        Assert.Equal(65_507, new PathCeilings(canProbe: true, segments: true).For(loopback, default));
        Assert.Equal(65_488, new PathCeilings(canProbe: true, segments: true).For(UdpEndPoint.From(new IPEndPoint(IPAddress.IPv6Loopback, 1)), default));
        Assert.Equal(0, new PathCeilings(canProbe: false, segments: true).For(loopback, default));
    }

    [Fact]
    public void The_next_connection_from_the_same_address_begins_with_the_size_that_was_found()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var first = OpenPair(listener, acceptor, address);
        PacketsOf(first with { A = first.B, B = first.A });

        // From another port of the same machine. At 1,200 bytes the first window alone is ten packets.
        var second = OpenPair(listener, acceptor, address);
        second.B.Tell(new Write(Bytes(60_000)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        Assert.Equal(Bytes(60_000), second.A.ExpectBytes(60_000));
        second.B.Handler.ExpectMsg("delivered");
        second.B.Tell(GetStatistics.Instance);
        Assert.InRange(second.B.Handler.ExpectMsg<ConnectionStatistics>().Connection.PacketsSent, 1, 8);
    }

    // What a busy machine makes an end send again has no part in the size of packets.
    private long PacketsOf(Pair pair)
    {
        pair.A.Tell(new Write(Bytes(Each)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        Assert.Equal(Bytes(Each), pair.B.ExpectBytes(Each));
        pair.A.Handler.ExpectMsg("delivered");
        pair.A.Tell(GetStatistics.Instance);
        var sent = pair.A.Handler.ExpectMsg<ConnectionStatistics>().Connection;
        return sent.PacketsSent - sent.Retransmissions;
    }
}
