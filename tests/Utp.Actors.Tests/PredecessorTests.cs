using System.Net;
using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>What the predecessor promised and no other test holds; <c>docs/api.md</c> lists all its promises.</summary>
public sealed class PredecessorTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", AddressFamily.InterNetwork)]
    [InlineData("::", "::1", AddressFamily.InterNetworkV6)]
    public void A_port_is_bound_by_its_family_alone(string any, string asked, AddressFamily family)
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { LocalAddress = new IPEndPoint(IPAddress.Parse(any), 0) });
        Assert.Equal(family, address.AddressFamily);
        Assert.NotEqual(0, address.Port);
        Open(new IPEndPoint(IPAddress.Parse(asked), address.Port));
        Assert.Equal(family, acceptor.ExpectMsg<Connected>().RemoteAddress.AddressFamily);
    }

    [Fact]
    public void A_listener_tells_its_address_also_when_it_accepts_no_more()
    {
        var pair = OpenPair();
        pair.Listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        pair.Listener.Tell(GetLocalAddress.Instance, TestActor);
        Assert.Equal(pair.Address, ExpectMsg<Bound>().LocalAddress);
    }

    [Fact]
    public void The_options_of_a_Bind_are_those_of_its_connections()
    {
        var frames = OpenPair(bind => bind with { Options = new UtpOptions { Delivery = DeliveryMode.Frames } });
        frames.B.Tell(new Write(Bytes(10)));
        Assert.Equal(FailureCause.FramesNotNegotiated, frames.B.Handler.ExpectMsg<CommandFailed>().Cause);

        // Whoever hears of the connection hears of its end, whether it came before the handler or after.
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { Options = new UtpOptions { IdleTimeout = TimeSpan.FromMilliseconds(300) } });
        Open(address);
        acceptor.ExpectMsg<Connected>();
        acceptor.LastSender.Tell(new Register(acceptor.Ref), acceptor.Ref);
        Assert.Equal(CloseCause.IdleTimeout, acceptor.ExpectMsg<ErrorClosed>().Reason.Cause);
    }

    [Fact]
    public void Connections_from_the_listening_port_to_one_peer_by_its_address_and_its_mapped_address_do_not_clash()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var (through, _) = BindTo(CreateTestProbe(), bind => bind with { LocalAddress = new IPEndPoint(IPAddress.IPv6Any, 0) });
        IPEndPoint[] names = [address, new(address.Address.MapToIPv6(), address.Port)];
        var ends = new List<(End A, End B)>();
        for (var i = 0; i < 10; i++)
        {
            var a = Open(names[i % 2], connect => connect with { Listener = through });
            Assert.Equal(AddressFamily.InterNetwork, acceptor.ExpectMsg<Connected>().RemoteAddress.AddressFamily);
            var connection = acceptor.LastSender;
            var handler = CreateTestProbe();
            connection.Tell(new Register(handler.Ref), handler.Ref);
            ends.Add((a, new End(connection, handler)));
        }

        for (var i = 0; i < ends.Count; i++)
            ends[i].A.Tell(new Write(Bytes(20_000, i)));
        for (var i = 0; i < ends.Count; i++)
            Assert.Equal(Bytes(20_000, i), ends[i].B.ExpectBytes(20_000));
    }

    [Fact]
    public void Through_the_listening_port_a_name_is_resolved_too()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var (through, from) = BindTo(CreateTestProbe());
        Manager.Tell(new Connect("localhost", address.Port) { Listener = through }, TestActor);
        Assert.Equal(from, ExpectMsg<Connected>().LocalAddress);
    }

    [Fact]
    public void The_connect_time_out_is_5_seconds_unless_something_else_is_said() =>
        Assert.Equal(5_000_000, UtpExtension.Get(Sys).Settings.Connection.ConnectTimeoutMicros);

    [Fact]
    public void Objects_are_cut_as_they_were_written_on_both_ends_that_ask_for_it()
    {
        var objects = new UtpOptions { Delivery = DeliveryMode.Objects };
        var pair = OpenPair(bind => bind with { Options = objects }, connect => connect with { Options = objects });
        for (var i = 1; i <= 50; i++)
            pair.A.Tell(new Write(Bytes(i, i)) { Metadata = Bytes(i % 7, i) });
        for (var i = 1; i <= 50; i++)
        {
            var received = pair.B.Handler.ExpectMsg<Received>();
            Assert.Equal(Bytes(i, i), received.Data.ToArray());
            Assert.Equal(Bytes(i % 7, i), received.Metadata.ToArray());
        }
    }

    [Theory]
    [InlineData("tcp", "UDP")]
    [InlineData("closed", "")]
    [InlineData("unbound", "not bound")]
    [InlineData("connected", "connected")]
    public void A_socket_that_cannot_carry_uTP_fails_the_command_and_says_why(string kind, string says)
    {
        Manager.Tell(new Bind(TestActor, Loopback) { Socket = Unusable(kind) }, TestActor);
        var bind = ExpectMsg<CommandFailed>();
        Manager.Tell(new Connect(new IPEndPoint(IPAddress.Loopback, 9)) { Socket = Unusable(kind) }, TestActor);
        var connect = ExpectMsg<CommandFailed>();

        Assert.Equal(FailureCause.InvalidAddress, bind.Cause);
        Assert.Equal(FailureCause.InvalidAddress, connect.Cause);
        Assert.Contains(says, bind.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(says, connect.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static Socket Unusable(string kind)
    {
        var socket = kind == "tcp"
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        if (kind != "unbound")
            socket.Bind(Loopback);
        if (kind == "connected")
            socket.Connect(new IPEndPoint(IPAddress.Loopback, 9));
        if (kind == "closed")
            socket.Dispose();
        return socket;
    }
}
