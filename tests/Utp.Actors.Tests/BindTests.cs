using System.Net;
using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class BindTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void A_listener_tells_the_port_that_it_was_given()
    {
        var (listener, address) = BindTo(CreateTestProbe());
        Assert.Equal(IPAddress.Loopback, address.Address);
        Assert.NotEqual(0, address.Port);
        listener.Tell(GetLocalAddress.Instance, TestActor);
        Assert.Equal(address, ExpectMsg<Bound>().LocalAddress);
    }

    [Fact]
    public void An_address_in_use_is_a_failed_bind()
    {
        var (_, address) = BindTo(CreateTestProbe());
        var bind = new Bind(TestActor, address);
        Manager.Tell(bind, TestActor);
        var failed = ExpectMsg<CommandFailed>();
        Assert.Same(bind, failed.Command);
        Assert.Equal(FailureCause.AddressInUse, failed.Cause);
        Assert.Contains(address.ToString(), failed.Message, StringComparison.Ordinal);
        Assert.IsType<SocketException>(failed.Exception);
    }

    [Fact]
    public void A_failed_bind_does_not_trouble_the_listener_that_has_the_port()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Manager.Tell(new Bind(TestActor, address), TestActor);
        ExpectMsg<CommandFailed>();
        Open(address);
        acceptor.ExpectMsg<Connected>();
    }

    [Fact]
    public void An_address_of_another_machine_is_a_failed_bind()
    {
        Manager.Tell(new Bind(TestActor, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)), TestActor);
        Assert.Equal(FailureCause.AddressNotAvailable, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_host_name_cannot_be_bound()
    {
        Manager.Tell(new Bind(TestActor, new DnsEndPoint("localhost", 0)), TestActor);
        Assert.Equal(FailureCause.InvalidAddress, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_wrong_option_fails_the_bind_and_is_named()
    {
        Manager.Tell(new Bind(TestActor, Loopback) { Options = new UtpOptions { MaxTimeouts = 0 } }, TestActor);
        var failed = ExpectMsg<CommandFailed>();
        Assert.Equal(FailureCause.InvalidOption, failed.Cause);
        Assert.Contains("MaxTimeouts = 0", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_backlog_fails_the_bind()
    {
        Manager.Tell(new Bind(TestActor, Loopback) { Backlog = 0 }, TestActor);
        Assert.Contains("Backlog = 0", ExpectMsg<CommandFailed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_handler_a_listener_refuses()
    {
        Manager.Tell(new Bind(null, Loopback), TestActor);
        var address = ExpectMsg<Bound>().LocalAddress;
        Manager.Tell(new Connect(address), TestActor);
        Assert.Equal(FailureCause.Refused, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void When_unbound_is_heard_the_port_of_a_listener_without_connections_can_be_bound_again()
    {
        var address = Loopback;
        for (var round = 0; round < 20; round++)
        {
            Manager.Tell(new Bind(TestActor, address), TestActor);
            address = ExpectMsg<Bound>().LocalAddress;
            LastSender.Tell(Unbind.Instance, TestActor);
            ExpectMsg<Unbound>();
        }
    }

    [Fact]
    public void An_unbound_listener_refuses_while_its_connections_go_on()
    {
        var pair = OpenPair();
        pair.Listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();

        Manager.Tell(new Connect(pair.Address), TestActor);
        Assert.Equal(FailureCause.Refused, ExpectMsg<CommandFailed>().Cause);

        pair.A.Tell(new Write(Bytes(10_000)));
        Assert.Equal(Bytes(10_000), pair.B.ExpectBytes(10_000));
    }

    [Fact]
    public void An_unbound_listener_frees_its_port_when_the_last_connection_is_gone()
    {
        var pair = OpenPair();
        Watch(pair.Listener);
        pair.Listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        pair.A.Tell(Close.Instance);
        pair.A.Handler.ExpectMsg<Closed>();
        pair.B.Handler.ExpectMsg<PeerClosed>();
        ExpectTerminated(pair.Listener);
        Manager.Tell(new Bind(TestActor, pair.Address), TestActor);
        ExpectMsg<Bound>();
    }

    [Fact]
    public void An_unused_listener_stops_when_it_is_unbound()
    {
        var (listener, _) = BindTo(CreateTestProbe());
        Watch(listener);
        listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        ExpectTerminated(listener);
    }

    [Fact]
    public void A_listener_unbound_right_after_a_connection_loses_nothing()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var probe = CreateTestProbe();
        Manager.Tell(new Connect(address) { InitialData = Bytes(50_000) }, probe.Ref);
        acceptor.ExpectMsg<Connected>();
        var accepted = acceptor.LastSender;
        listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        accepted.Tell(new Register(acceptor.Ref), acceptor.Ref);
        Assert.Equal(Bytes(50_000), new End(accepted, acceptor).ExpectBytes(50_000));
    }

    [Fact]
    public void The_death_of_its_handler_unbinds_a_listener()
    {
        var acceptor = CreateTestProbe();
        var (listener, _) = BindTo(acceptor);
        Watch(listener);
        Sys.Stop(acceptor.Ref);
        ExpectTerminated(listener);
    }

    [Fact]
    public void A_sockets_of_the_users_own_is_used_and_closed_at_the_end()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(Loopback);
        var local = (IPEndPoint)socket.LocalEndPoint!;
        var acceptor = CreateTestProbe();
        var pair = OpenPair(bind => bind with { Socket = socket });
        Assert.Equal(local, pair.Address);
        pair.A.Tell(new Write(Bytes(5_000)));
        Assert.Equal(Bytes(5_000), pair.B.ExpectBytes(5_000));

        Watch(pair.Listener);
        pair.Listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        pair.A.Tell(Abort.Instance);
        ExpectTerminated(pair.Listener);
        Assert.True(socket.SafeHandle.IsClosed);
    }

    [Fact]
    public void A_socket_that_cannot_be_used_fails_the_bind_and_is_closed()
    {
        var unbound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Manager.Tell(new Bind(TestActor, Loopback) { Socket = unbound }, TestActor);
        var failed = ExpectMsg<CommandFailed>();
        Assert.Equal(FailureCause.InvalidAddress, failed.Cause);
        Assert.Contains("not bound", failed.Message, StringComparison.Ordinal);
        Assert.True(unbound.SafeHandle.IsClosed);
    }

    [Fact]
    public void A_limit_of_connections_refuses_further_ones()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { Limits = new EndpointLimits { MaxConnections = 1 } });
        Open(address);
        acceptor.ExpectMsg<Connected>();
        Manager.Tell(new Connect(address), TestActor);
        Assert.Equal(FailureCause.Refused, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_listener_tells_what_it_has_done()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(10_000)));
        pair.B.ExpectBytes(10_000);
        pair.Listener.Tell(GetStatistics.Instance, TestActor);
        var statistics = ExpectMsg<ListenerStatistics>();
        Assert.Equal(pair.Address, statistics.LocalAddress);
        Assert.Equal(1, statistics.Connections);

        // The confirmation, and the data in as many packets as the path was found to need.
        Assert.True(statistics.Endpoint.Delivered >= 2);
        Assert.True(statistics.ReceiveBufferBytes > 0);
        Assert.True(statistics.SendBufferBytes > 0);
    }

    [Fact]
    public void A_command_for_another_actor_is_failed()
    {
        var (listener, _) = BindTo(CreateTestProbe());
        listener.Tell(new Write(Bytes(1)), TestActor);
        Assert.Equal(FailureCause.NotUnderstood, ExpectMsg<CommandFailed>().Cause);
        Manager.Tell(Close.Instance, TestActor);
        Assert.Equal(FailureCause.NotUnderstood, ExpectMsg<CommandFailed>().Cause);
    }
}
