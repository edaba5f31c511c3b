using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class FaultTests : UtpSpec
{
    private readonly FaultyPorts _ports;

    public FaultTests(ITestOutputHelper output)
        : this(output, new FaultyPorts())
    {
    }

    private FaultTests(ITestOutputHelper output, FaultyPorts ports)
        : base(output, ports) => _ports = ports;

    [Fact]
    public void A_socket_that_would_block_is_waited_for_and_not_asked_again_and_again()
    {
        var pair = OpenPair();
        var port = PortOf(pair.A);
        port.Block();
        var before = port.Attempts;
        pair.A.Tell(new Write(Bytes(100_000)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        Assert.InRange(port.Attempts - before, 1, 3);
        port.Unblock();
        Assert.Equal(Bytes(100_000), pair.B.ExpectBytes(100_000));
        pair.A.Handler.ExpectMsg("delivered");
    }

    [Fact]
    public void A_socket_that_would_block_again_and_again_loses_nothing()
    {
        var pair = OpenPair();
        var port = PortOf(pair.A);
        for (var round = 0; round < 20; round++)
        {
            port.FailNextSends(7, SendStatus.WouldBlock);
            pair.A.Tell(new Write(Bytes(20_000, round)));
            Assert.Equal(Bytes(20_000, round), pair.B.ExpectBytes(20_000));
        }
    }

    [Fact]
    public void A_full_queue_below_the_socket_is_asked_again_though_nothing_tells_when_it_has_room()
    {
        var pair = OpenPair();
        var port = PortOf(pair.A);
        for (var round = 0; round < 20; round++)
        {
            port.FailNextSends(7, SendStatus.NoBuffers);
            pair.A.Tell(new Write(Bytes(20_000, round)));
            Assert.Equal(Bytes(20_000, round), pair.B.ExpectBytes(20_000));
        }
    }

    [Fact]
    public void All_connections_of_a_blocked_port_go_on_in_turn()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var (through, from) = BindTo(CreateTestProbe());
        var pairs = Enumerable.Range(0, 40)
            .Select(_ => OpenPair(listener, acceptor, address, connect => connect with { Listener = through }))
            .ToList();
        var port = _ports.At(from.Port);
        port.Block();
        foreach (var pair in pairs)
            pair.A.Tell(new Write(Bytes(5_000)));
        through.Tell(GetStatistics.Instance, TestActor);
        ExpectMsg<ListenerStatistics>();
        port.Unblock();
        foreach (var pair in pairs)
            Assert.Equal(Bytes(5_000), pair.B.ExpectBytes(5_000));
    }

    [Fact]
    public void A_datagram_that_is_too_large_for_the_path_does_not_stop_the_stream()
    {
        var pair = OpenPair();
        PortOf(pair.A).FailNextSends(1, SendStatus.MessageTooLarge);
        pair.A.Tell(new Write(Bytes(100_000)));
        Assert.Equal(Bytes(100_000), pair.B.ExpectBytes(100_000));
    }

    [Fact]
    public void A_socket_that_refuses_even_fragments_ends_the_connection_and_says_what_to_do()
    {
        var pair = OpenPair();
        var port = PortOf(pair.A);
        port.LimitPayload(500);
        pair.A.Tell(new Write(Bytes(1_100)));
        pair.A.Handler.ExpectMsg<CommandFailed>();
        var closed = pair.A.Handler.ExpectMsg<ErrorClosed>();
        Assert.Equal(CloseCause.SocketError, closed.Reason.Cause);
        Assert.Contains("raise its send buffer", closed.Message, StringComparison.Ordinal);
        Assert.InRange(port.Attempts, 1, 50);
    }

    [Fact]
    public void A_send_error_is_repaired_like_a_loss()
    {
        var pair = OpenPair();
        PortOf(pair.A).FailNextSends(3, SendStatus.Failed);
        pair.A.Tell(new Write(Bytes(50_000)));
        Assert.Equal(Bytes(50_000), pair.B.ExpectBytes(50_000));
    }

    [Fact]
    public void A_lost_socket_ends_its_connections_and_tells_its_user_why()
    {
        var acceptor = CreateTestProbe();
        var binder = CreateTestProbe();
        Manager.Tell(new Bind(acceptor.Ref, Loopback), binder.Ref);
        var address = binder.ExpectMsg<Bound>().LocalAddress;
        var listener = binder.LastSender;
        Watch(listener);
        var pair = OpenPair(listener, acceptor, address);
        _ports.At(address.Port).CloseUnderneath(new SocketException((int)SocketError.NetworkDown));

        var closed = pair.B.Handler.ExpectMsg<ErrorClosed>();
        Assert.Equal(CloseCause.SocketError, closed.Reason.Cause);
        var failed = binder.ExpectMsg<ListenerFailed>();
        Assert.Equal(address, failed.LocalAddress);
        Assert.IsType<SocketException>(failed.Exception);
        acceptor.ExpectMsg<ListenerFailed>();
        ExpectTerminated(listener);
    }

    [Fact]
    public void A_lost_socket_fails_the_attempt_that_uses_it()
    {
        var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(Loopback);
        using (silent)
        {
            var (through, from) = BindTo(CreateTestProbe());
            Manager.Tell(new Connect((System.Net.IPEndPoint)silent.LocalEndPoint!) { Listener = through, Timeout = TimeSpan.FromMinutes(1) }, TestActor);
            Assert.True(silent.Receive(new byte[2_000]) > 0);
            _ports.At(from.Port).CloseUnderneath(new SocketException((int)SocketError.NetworkDown));
            Assert.Contains(ExpectMsg<CommandFailed>().Cause, new[] { FailureCause.SocketError, FailureCause.ListenerGone });
        }
    }

    [Fact]
    public void An_unreachable_peer_is_a_failed_connect()
    {
        var (through, from) = BindTo(CreateTestProbe());
        var (_, address) = BindTo(CreateTestProbe());
        _ports.At(from.Port).FailSendsTo(UdpEndPoint.From(address), SendStatus.Unreachable);
        Manager.Tell(new Connect(address) { Listener = through }, TestActor);
        Assert.Equal(FailureCause.Unreachable, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void What_ICMP_reports_reaches_the_connection_that_it_concerns()
    {
        var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(Loopback);
        using (silent)
        {
            var address = (System.Net.IPEndPoint)silent.LocalEndPoint!;
            var (through, from) = BindTo(CreateTestProbe());
            Manager.Tell(new Connect(address) { Listener = through, Timeout = TimeSpan.FromMinutes(1) }, TestActor);
            var syn = new byte[2_000];
            Assert.True(silent.Receive(syn) > 0);
            _ports.At(from.Port).ReportPathError(new UdpPath(UdpEndPoint.From(address), default), SendStatus.ConnectionRefused, 0, syn.AsSpan(0, 20));
            Assert.Equal(FailureCause.Refused, ExpectMsg<CommandFailed>().Cause);
        }
    }

    [Fact]
    public void A_send_of_the_out_of_band_handler_that_fails_is_told()
    {
        var (listener, address) = BindTo(CreateTestProbe());
        _ports.At(address.Port).FailNextSends(1, SendStatus.WouldBlock);
        listener.Tell(new SendOutOfBand(new byte[10], new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 9)), TestActor);
        Assert.Equal(FailureCause.SocketBusy, ExpectMsg<CommandFailed>().Cause);
    }

    private Utp.Sockets.Tests.FaultInjectingChannel PortOf(End end)
    {
        end.Tell(GetStatistics.Instance);
        return _ports.At(end.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress.Port);
    }
}
