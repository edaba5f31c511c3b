using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class AddressTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.2")]
    [InlineData("::", "::1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "127.0.0.3")]
    [InlineData("::1", "::1")]
    public void A_listener_answers_from_the_address_that_was_asked(string bound, string asked)
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, bind => bind with { LocalAddress = new IPEndPoint(IPAddress.Parse(bound), 0) });
        var remote = new IPEndPoint(IPAddress.Parse(asked), address.Port);

        // The initiator's path names the address, so an answer from another one would be nobody's.
        var pair = OpenPair(listener, acceptor, remote);
        pair.A.Tell(new Write(Bytes(100_000, 1)));
        pair.B.Tell(new Write(Bytes(100_000, 2)));
        Assert.Equal(Bytes(100_000, 1), pair.B.ExpectBytes(100_000));
        Assert.Equal(Bytes(100_000, 2), pair.A.ExpectBytes(100_000));
        pair.B.Tell(GetStatistics.Instance);
        Assert.Equal(remote, pair.B.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress);
        pair.A.Tell(GetStatistics.Instance);
        Assert.Equal(remote, pair.A.Handler.ExpectMsg<ConnectionStatistics>().RemoteAddress);
    }

    [Fact]
    public void A_peer_over_IPv4_is_shown_as_IPv4_by_a_dual_mode_listener()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { LocalAddress = new IPEndPoint(IPAddress.IPv6Any, 0) });
        Open(new IPEndPoint(IPAddress.Loopback, address.Port));
        Assert.Equal(AddressFamily.InterNetwork, acceptor.ExpectMsg<Connected>().RemoteAddress.AddressFamily);
    }

    [Fact]
    public void An_IPv4_mapped_peer_is_the_IPv4_peer()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Manager.Tell(new Connect(new IPEndPoint(address.Address.MapToIPv6(), address.Port)), TestActor);
        Assert.Equal(address, ExpectMsg<Connected>().RemoteAddress);
    }

    [Fact]
    public void Without_dual_mode_IPv4_is_not_served()
    {
        var (_, address) = BindTo(CreateTestProbe(), bind => bind with { LocalAddress = new IPEndPoint(IPAddress.IPv6Any, 0), DualMode = false });
        Manager.Tell(new Connect(new IPEndPoint(IPAddress.Loopback, address.Port)), TestActor);
        Assert.Equal(FailureCause.Refused, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void One_wildcard_port_serves_two_of_its_addresses_at_once()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, bind => bind with { LocalAddress = new IPEndPoint(IPAddress.Any, 0) });
        var one = OpenPair(listener, acceptor, new IPEndPoint(IPAddress.Parse("127.0.0.1"), address.Port));
        var two = OpenPair(listener, acceptor, new IPEndPoint(IPAddress.Parse("127.0.0.2"), address.Port));
        one.A.Tell(new Write(Bytes(10_000, 1)));
        two.A.Tell(new Write(Bytes(10_000, 2)));
        Assert.Equal(Bytes(10_000, 1), one.B.ExpectBytes(10_000));
        Assert.Equal(Bytes(10_000, 2), two.B.ExpectBytes(10_000));
    }

    [Fact]
    public void A_link_local_address_works_with_its_scope()
    {
        var linkLocal = NetworkInterface.GetAllNetworkInterfaces()
            .Where(nic => nic.OperationalStatus == OperationalStatus.Up)
            .SelectMany(nic => nic.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(address => address.IsIPv6LinkLocal);

        // A machine without such an address still shows that an address without its scope is a clear failure.
        if (linkLocal is null)
        {
            Manager.Tell(new Connect(new IPEndPoint(IPAddress.Parse("fe80::1"), 9)), TestActor);
            Assert.IsType<CommandFailed>(ExpectMsg<UtpEvent>());
            return;
        }

        var acceptor = CreateTestProbe();
        var (listener, bound) = BindTo(acceptor, bind => bind with { LocalAddress = new IPEndPoint(IPAddress.IPv6Any, 0) });
        var pair = OpenPair(listener, acceptor, new IPEndPoint(linkLocal, bound.Port));
        pair.A.Tell(new Write(Bytes(10_000)));
        Assert.Equal(Bytes(10_000), pair.B.ExpectBytes(10_000));
    }
}
