using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class ConnectTests(ITestOutputHelper output) : UtpSpec(output)
{
    // Nobody reads this socket, so nobody answers.
    private readonly Socket _silent = BoundSocket();

    private IPEndPoint Silence => (IPEndPoint)_silent.LocalEndPoint!;

    protected override void AfterAll()
    {
        _silent.Dispose();
        base.AfterAll();
    }

    [Fact]
    public void Both_ends_hear_of_each_other()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Manager.Tell(new Connect(address), TestActor);
        var connected = ExpectMsg<Connected>();
        var accepted = acceptor.ExpectMsg<Connected>();
        Assert.Equal(address, connected.RemoteAddress);
        Assert.Equal(address, accepted.LocalAddress);
        Assert.Equal(IPAddress.Loopback, connected.LocalAddress.Address);
        Assert.Equal(connected.LocalAddress, accepted.RemoteAddress);
        Assert.True(connected.PeerCapabilities.HasFlag(Capabilities.OwnPeer));
        Assert.True(accepted.PeerCapabilities.HasFlag(Capabilities.OwnPeer));
    }

    [Fact]
    public void A_host_name_is_resolved()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Manager.Tell(new Connect("localhost", address.Port), TestActor);
        Assert.Equal(address, ExpectMsg<Connected>().RemoteAddress);
    }

    [Fact]
    public void All_addresses_of_a_name_are_tried()
    {
        // localhost may be ::1 first, where nobody listens; or the only address, where somebody does.
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { LocalAddress = new IPEndPoint(IPAddress.IPv6Loopback, 0) });
        Manager.Tell(new Connect(new DnsEndPoint("localhost", address.Port)), TestActor);
        var answer = ExpectMsg<UtpEvent>();
        var names = Dns.GetHostAddresses("localhost");
        if (names.Contains(IPAddress.IPv6Loopback))
            Assert.Equal(address, Assert.IsType<Connected>(answer).RemoteAddress);
        else
            Assert.Equal(FailureCause.Refused, Assert.IsType<CommandFailed>(answer).Cause);
    }

    [Fact]
    public void An_unknown_host_is_a_failed_connect()
    {
        var connect = new Connect("no-such-host.invalid", 1);
        Manager.Tell(connect, TestActor);
        var failed = ExpectMsg<CommandFailed>();
        Assert.Same(connect, failed.Command);
        Assert.Equal(FailureCause.UnknownHost, failed.Cause);
        Assert.Contains("no-such-host.invalid", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_where_nobody_listens_refuses()
    {
        using var closed = BoundSocket();
        var address = (IPEndPoint)closed.LocalEndPoint!;
        closed.Dispose();
        Manager.Tell(new Connect(address), TestActor);
        Assert.Equal(FailureCause.Refused, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_peer_that_does_not_answer_is_a_time_out()
    {
        Manager.Tell(new Connect(Silence) { Timeout = TimeSpan.FromMilliseconds(200) }, TestActor);
        var failed = ExpectMsg<CommandFailed>();
        Assert.Equal(FailureCause.ConnectTimeout, failed.Cause);
        Assert.Contains(Silence.ToString(), failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attempt_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        Manager.Tell(new Connect(Silence) { Timeout = TimeSpan.FromMinutes(10), Cancellation = cancel.Token }, TestActor);
        var datagram = new byte[2_000];
        Assert.True(_silent.Receive(datagram) >= PacketHeader.Length);
        cancel.Cancel();
        Assert.Equal(FailureCause.Cancelled, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_token_that_is_cancelled_already_cancels_at_once()
    {
        Manager.Tell(new Connect(Silence) { Timeout = TimeSpan.FromMinutes(10), Cancellation = new CancellationToken(canceled: true) }, TestActor);
        Assert.Equal(FailureCause.Cancelled, ExpectMsg<CommandFailed>().Cause);
        ExpectNoMsg(0);
    }

    [Fact]
    public void A_token_that_is_cancelled_too_late_does_nothing()
    {
        using var cancel = new CancellationTokenSource();
        var pair = OpenPair(connect: connect => connect with { Cancellation = cancel.Token });
        cancel.Cancel();
        pair.A.Tell(new Write(Bytes(10)));
        pair.B.ExpectBytes(10);
    }

    [Fact]
    public void The_death_of_its_sender_cancels_an_attempt()
    {
        var probe = CreateTestProbe();
        Manager.Tell(new Bind(null, Loopback), TestActor);
        ExpectMsg<Bound>();
        var listener = LastSender;
        Manager.Tell(new Connect(Silence) { Listener = listener, Timeout = TimeSpan.FromMinutes(10) }, probe.Ref);
        AwaitAssert(() => Assert.Equal(1, ConnectionsOf(listener)));
        Sys.Stop(probe.Ref);
        AwaitAssert(() => Assert.Equal(0, ConnectionsOf(listener)));
    }

    [Fact]
    public void A_connection_goes_through_the_listener_that_is_named()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var (through, from) = BindTo(CreateTestProbe());
        Manager.Tell(new Connect(address) { Listener = through }, TestActor);
        Assert.Equal(from, ExpectMsg<Connected>().LocalAddress);
        Assert.Equal(from, acceptor.ExpectMsg<Connected>().RemoteAddress);
    }

    [Fact]
    public void Many_connections_share_a_port_to_the_same_peer()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var (through, _) = BindTo(CreateTestProbe());
        for (var i = 0; i < 20; i++)
        {
            var end = Open(address, connect => connect with { Listener = through });
            acceptor.ExpectMsg<Connected>();
            acceptor.Reply(new Register(acceptor.Ref));
            end.Tell(new Write(Bytes(100, i)));
            Assert.Equal(Bytes(100, i), new End(acceptor.LastSender, acceptor).ExpectBytes(100));
        }
    }

    [Fact]
    public void A_listener_that_is_gone_is_a_failed_connect()
    {
        var (listener, _) = BindTo(CreateTestProbe());
        Watch(listener);
        listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        ExpectTerminated(listener);
        Manager.Tell(new Connect(Silence) { Listener = listener }, TestActor);
        Assert.Equal(FailureCause.ListenerGone, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void An_unbound_listener_opens_no_connection()
    {
        var pair = OpenPair();
        pair.Listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        Manager.Tell(new Connect(Silence) { Listener = pair.Listener }, TestActor);
        Assert.Equal(FailureCause.ListenerGone, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void An_actor_that_is_no_listener_is_found_out()
    {
        Manager.Tell(new Connect(Silence) { Listener = Sys.ActorOf(BlackHoleActor.Props), Timeout = TimeSpan.FromMilliseconds(200) }, TestActor);
        Assert.Equal(FailureCause.ListenerGone, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void The_local_address_may_be_chosen()
    {
        using var free = BoundSocket();
        var local = (IPEndPoint)free.LocalEndPoint!;
        free.Dispose();
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Manager.Tell(new Connect(address) { LocalAddress = local }, TestActor);
        Assert.Equal(local, ExpectMsg<Connected>().LocalAddress);
        Assert.Equal(local, acceptor.ExpectMsg<Connected>().RemoteAddress);
    }

    [Fact]
    public void A_local_address_in_use_is_a_failed_connect()
    {
        Manager.Tell(new Connect(new IPEndPoint(IPAddress.Loopback, 9)) { LocalAddress = Silence }, TestActor);
        Assert.Equal(FailureCause.AddressInUse, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_socket_of_the_users_own_carries_a_connection()
    {
        var socket = BoundSocket();
        var local = (IPEndPoint)socket.LocalEndPoint!;
        var pair = OpenPair(connect: connect => connect with { Socket = socket });
        pair.A.Tell(GetStatistics.Instance);
        Assert.Equal(local, pair.A.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress);
        pair.A.Tell(new Write(Bytes(3_000)));
        Assert.Equal(Bytes(3_000), pair.B.ExpectBytes(3_000));
    }

    [Fact]
    public void A_private_port_is_closed_with_its_connection()
    {
        var socket = BoundSocket();
        var pair = OpenPair(connect: connect => connect with { Socket = socket });
        pair.A.Tell(Close.Instance);
        pair.A.Handler.ExpectMsg<Closed>();
        AwaitCondition(() => socket.SafeHandle.IsClosed);
    }

    [Fact]
    public void A_private_port_is_closed_when_the_attempt_fails()
    {
        var socket = BoundSocket();
        Manager.Tell(new Connect(Silence) { Socket = socket, Timeout = TimeSpan.FromMilliseconds(100) }, TestActor);
        ExpectMsg<CommandFailed>();
        AwaitCondition(() => socket.SafeHandle.IsClosed);
    }

    [Fact]
    public void A_socket_of_the_users_own_is_closed_also_when_its_name_is_not_resolved()
    {
        var socket = BoundSocket();
        Manager.Tell(new Connect("no-such-host.invalid", 1) { Socket = socket }, TestActor);
        Assert.Equal(FailureCause.UnknownHost, ExpectMsg<CommandFailed>().Cause);
        AwaitCondition(() => socket.SafeHandle.IsClosed);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(200_000)]
    public void Initial_data_comes_first(int bytes)
    {
        var pair = OpenPair(connect: connect => connect with { InitialData = Bytes(bytes) });
        pair.A.Tell(new Write(Bytes(5, 2)));
        Assert.Equal([.. Bytes(bytes), .. Bytes(5, 2)], pair.B.ExpectBytes(bytes + 5));
    }

    [Fact]
    public void A_write_after_initial_data_is_acknowledged_by_itself()
    {
        var pair = OpenPair(connect: connect => connect with { InitialData = Bytes(10) });
        pair.A.Tell(new Write(Bytes(10)) { Ack = "mine", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("mine");
    }

    [Theory]
    [InlineData("127.0.0.1", 0)]
    [InlineData("localhost", 0)]
    public void A_peer_without_a_port_cannot_be_connected_to(string host, int port)
    {
        Manager.Tell(new Connect(host, port), TestActor);
        Assert.Equal(FailureCause.InvalidAddress, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_listener_and_a_port_of_its_own_exclude_each_other()
    {
        var (listener, _) = BindTo(CreateTestProbe());
        Manager.Tell(new Connect(Silence) { Listener = listener, LocalAddress = Loopback }, TestActor);
        Assert.Equal(FailureCause.InvalidOption, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_time_out_out_of_range_is_refused()
    {
        Manager.Tell(new Connect(Silence) { Timeout = TimeSpan.Zero }, TestActor);
        var failed = ExpectMsg<CommandFailed>();
        Assert.Equal(FailureCause.InvalidOption, failed.Cause);
        Assert.Contains("Timeout = 0ms", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_IPv4_port_does_not_reach_an_IPv6_peer()
    {
        var (listener, _) = BindTo(CreateTestProbe());
        Manager.Tell(new Connect(new IPEndPoint(IPAddress.IPv6Loopback, 9)) { Listener = listener }, TestActor);
        Assert.Equal(FailureCause.InvalidAddress, ExpectMsg<CommandFailed>().Cause);
    }

    private int ConnectionsOf(IActorRef listener)
    {
        var probe = CreateTestProbe();
        listener.Tell(GetStatistics.Instance, probe.Ref);
        return probe.ExpectMsg<ListenerStatistics>().Connections;
    }

    private static Socket BoundSocket()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.ReceiveTimeout = 20_000;
        return socket;
    }

    private sealed class BlackHoleActor : UntypedActor
    {
        public static Props Props { get; } = Props.Create<BlackHoleActor>();

        protected override void OnReceive(object message)
        {
        }
    }
}
