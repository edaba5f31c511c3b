using System.Net;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Channels;

public sealed class AkkaIoTransferTests(ITestOutputHelper output) : UtpSpec(output, "utp.channel = akka-io")
{
    [Fact]
    public void Over_akka_io_bytes_arrive_in_both_directions_and_the_close_is_heard()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(1_000_000, 1)));
        pair.B.Tell(new Write(Bytes(500_000, 2)));
        Assert.Equal(Bytes(1_000_000, 1), pair.B.ExpectBytes(1_000_000));
        Assert.Equal(Bytes(500_000, 2), pair.A.ExpectBytes(500_000));
        pair.A.Tell(Close.Instance);
        pair.A.Handler.FishForMessage(message => message is Closed);
        pair.B.Handler.FishForMessage(message => message is PeerClosed);
    }

    [Fact]
    public void A_wildcard_port_over_akka_io_shows_the_address_that_its_datagrams_leave_from()
    {
        var acceptor = CreateTestProbe();
        var (_, bound) = BindTo(acceptor, bind => bind with { LocalAddress = new IPEndPoint(IPAddress.Any, 0) });
        var server = new IPEndPoint(IPAddress.Loopback, bound.Port);

        // The initiator's own port is a wildcard one, too.
        Manager.Tell(new Connect(server), TestActor);
        var client = ExpectMsg<Connected>();
        var accepted = acceptor.ExpectMsg<Connected>();
        Assert.Equal(accepted.RemoteAddress, client.LocalAddress);
        Assert.Equal(server, accepted.LocalAddress);
    }
}
