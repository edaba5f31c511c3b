using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class CrashTests : UtpSpec
{
    private readonly FaultyPorts _ports;

    public CrashTests(ITestOutputHelper output)
        : this(output, new FaultyPorts(crashes: true))
    {
    }

    private CrashTests(ITestOutputHelper output, FaultyPorts ports)
        : base(output, ports) => _ports = ports;

    [Fact]
    public void A_connection_that_throws_is_closed_and_the_others_notice_nothing()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var (through, from) = BindTo(CreateTestProbe());
        var broken = OpenPair(listener, acceptor, address, connect => connect with { Listener = through });
        var (otherListener, otherAddress) = BindTo(acceptor);
        var healthy = OpenPair(otherListener, acceptor, otherAddress, connect => connect with { Listener = through });
        Watch(broken.A.Connection);
        Quiet(broken.A);

        var write = new Write(Bytes(1_000)) { Ack = "never", AckWhen = AckWhen.Delivered };
        _ports.CrashSendsTo(from.Port, UdpEndPoint.From(address));
        broken.A.Tell(write);

        var failed = broken.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Same(write, failed.Command);
        Assert.Equal(FailureCause.ConnectionEnded, failed.Cause);
        var closed = broken.A.Handler.ExpectMsg<ErrorClosed>();
        Assert.Equal(CloseCause.InternalError, closed.Reason.Cause);
        Assert.IsType<InvalidTimeZoneException>(closed.Exception);
        ExpectTerminated(broken.A.Connection);

        healthy.A.Tell(new Write(Bytes(100_000)));
        Assert.Equal(Bytes(100_000), healthy.B.ExpectBytes(100_000));
    }

    // When the peer has acknowledged a write, the handshake is over for both and nothing is left to be sent: the next send is the test's.
    private static void Quiet(End side)
    {
        side.Tell(new Write(Bytes(1)) { Ack = "quiet", AckWhen = AckWhen.Delivered });
        side.Handler.ExpectMsg("quiet");
    }

    [Fact]
    public void The_peer_of_a_connection_that_threw_is_reset()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var (through, from) = BindTo(CreateTestProbe());
        var pair = OpenPair(listener, acceptor, address, connect => connect with { Listener = through });
        Quiet(pair.A);
        _ports.CrashNextSend(from.Port, UdpEndPoint.From(address));
        pair.A.Tell(new Write(Bytes(1_000)));
        pair.A.Handler.ExpectMsg<CommandFailed>();
        pair.A.Handler.ExpectMsg<ErrorClosed>();
        pair.B.Handler.ExpectMsg<Received>();
        Assert.Equal(CloseCause.Reset, pair.B.Handler.ExpectMsg<ErrorClosed>().Reason.Cause);
    }

    [Fact]
    public void An_attempt_whose_connection_throws_is_failed()
    {
        var (through, from) = BindTo(CreateTestProbe());
        var (_, address) = BindTo(CreateTestProbe());
        _ports.CrashSendsTo(from.Port, UdpEndPoint.From(address));
        Manager.Tell(new Connect(address) { Listener = through }, TestActor);
        Assert.Equal(FailureCause.InternalError, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void What_a_broken_connection_held_of_the_receive_memory_is_given_back()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var pair = OpenPair(listener, acceptor, address);
        pair.A.Tell(GetStatistics.Instance);
        var a = pair.A.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress;
        // Once: the listener itself answers later packets with ST_RESET.
        _ports.CrashNextSend(address.Port, UdpEndPoint.From(a));
        for (var i = 0; i < 50; i++)
            pair.A.Tell(new Write(Bytes(10_000)));
        pair.B.Handler.FishForMessage(m => m is ErrorClosed);
        AwaitAssert(() =>
        {
            listener.Tell(GetStatistics.Instance, TestActor);
            Assert.Equal(0, ExpectMsg<ListenerStatistics>().ReceiveMemoryBytes);
        });
    }
}

/// <summary>A user's congestion control that cannot be made: the connection ends before it has begun.</summary>
public sealed class BrokenCongestionControlTests(ITestOutputHelper output) : UtpSpec(output, new UtpCongestionControlSetup(new Dictionary<string, Func<ICongestionControl>>
{
    ["broken"] = Break,
}))
{
    private static int _made;

    private static readonly UtpOptions Broken = new() { CongestionControl = "broken" };

    [Fact]
    public void Whoever_connects_hears_why()
    {
        var (_, address) = BindTo(CreateTestProbe());

        Manager.Tell(new Connect(address) { Options = Broken }, TestActor);

        var failed = ExpectMsg<CommandFailed>();
        Assert.Equal(FailureCause.InternalError, failed.Cause);
        Assert.Contains("no such law today", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_listener_forgets_it_and_gives_back_its_memory()
    {
        var (listener, address) = BindTo(CreateTestProbe(), static bind => bind with { Options = Broken });

        Manager.Tell(new Connect(address) { Timeout = TimeSpan.FromMilliseconds(300) }, TestActor);

        ExpectMsg<CommandFailed>();
        AwaitAssert(() =>
        {
            listener.Tell(GetStatistics.Instance, TestActor);
            var statistics = ExpectMsg<ListenerStatistics>();
            Assert.Equal(0, statistics.Connections);
            Assert.Equal(0, statistics.ReceiveMemoryBytes);
            Assert.True(Volatile.Read(ref _made) > 0, "no ST_SYN was accepted");
        });
    }

    private static ICongestionControl Break()
    {
        Interlocked.Increment(ref _made);
        throw new InvalidTimeZoneException("no such law today");
    }
}
