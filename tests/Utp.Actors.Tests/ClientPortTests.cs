using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>Which port connections go through whose <see cref="Connect"/> names none (design note 38).</summary>
public sealed class ClientPortTests(ITestOutputHelper output) : UtpSpec(output)
{
    private static Connect OwnPort(Connect connect) => connect with { ClientPort = ClientPort.Own };

    private IPEndPoint LocalOf(End side)
    {
        side.Tell(GetStatistics.Instance);
        return side.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress;
    }

    [Fact]
    public void Connections_share_a_port_whomever_they_lead_to()
    {
        var first = OpenPair();
        var second = OpenPair();

        Assert.Equal(LocalOf(first.A).Port, LocalOf(second.A).Port);

        first.A.Tell(new Write(Bytes(100_000, 1)));
        second.A.Tell(new Write(Bytes(100_000, 2)));
        Assert.Equal(Bytes(100_000, 1), first.B.ExpectBytes(100_000));
        Assert.Equal(Bytes(100_000, 2), second.B.ExpectBytes(100_000));
    }

    [Fact]
    public void A_command_may_ask_for_a_port_of_its_own()
    {
        var shared = OpenPair();
        var own = OpenPair(connect: OwnPort);
        var other = OpenPair(connect: OwnPort);

        Assert.Equal(3, new[] { shared, own, other }.Select(pair => LocalOf(pair.A).Port).Distinct().Count());
    }

    [Fact]
    public void Names_and_attempts_that_can_be_cancelled_share_it_too()
    {
        using var cancellation = new CancellationTokenSource();
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var plain = Open(address);
        var followed = Open(address, connect => connect with { Cancellation = cancellation.Token });
        var named = Open(address, connect => connect with { RemoteAddress = new DnsEndPoint("127.0.0.1", address.Port) });

        Assert.Single(new[] { plain, followed, named }.Select(side => LocalOf(side).Port).Distinct());
    }

    [Fact]
    public void The_port_is_closed_behind_its_last_connection_and_the_next_one_opens_another()
    {
        var pair = OpenPair();
        var port = LocalOf(pair.A).Port;
        Watch(pair.A.Connection);

        pair.A.Tell(Abort.Instance);

        pair.A.Handler.ExpectMsg<Aborted>();
        ExpectTerminated(pair.A.Connection);
        AwaitAssert(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
        });
        var next = OpenPair();
        next.A.Tell(new Write(Bytes(1_000)));
        next.B.ExpectBytes(1_000);
    }

    [Fact]
    public void An_attempt_that_comes_to_nothing_leaves_the_others_alone()
    {
        var pair = OpenPair();
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        nobody.Bind(Loopback);

        Manager.Tell(new Connect(nobody.LocalEndPoint!) { Timeout = TimeSpan.FromMilliseconds(50) }, TestActor);

        Assert.Equal(FailureCause.ConnectTimeout, ExpectMsg<CommandFailed>().Cause);
        pair.A.Tell(new Write(Bytes(1_000)));
        pair.B.ExpectBytes(1_000);
    }

    [Fact]
    public void Nobody_who_hears_of_it_is_accepted_through_it()
    {
        var pair = OpenPair();
        var shared = LocalOf(pair.A);

        Manager.Tell(new Connect(new IPEndPoint(IPAddress.Loopback, shared.Port)) { ClientPort = ClientPort.Own }, TestActor);

        Assert.Equal(FailureCause.Refused, ExpectMsg<CommandFailed>().Cause);
    }
}

/// <summary>The same, where the configuration says that nothing is shared.</summary>
public sealed class OwnClientPortTests(ITestOutputHelper output) : UtpSpec(output, "utp.client-port = own")
{
    [Fact]
    public void Every_connection_has_a_port_of_its_own_unless_its_command_says_otherwise()
    {
        var pairs = new[]
        {
            OpenPair(), OpenPair(),
            OpenPair(connect: static connect => connect with { ClientPort = ClientPort.Shared }), OpenPair(connect: static connect => connect with { ClientPort = ClientPort.Shared }),
        };

        var ports = pairs.Select(static pair =>
        {
            pair.A.Tell(GetStatistics.Instance);
            return pair.A.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress.Port;
        });
        Assert.Equal(3, ports.Distinct().Count());
    }
}

/// <summary>When ports are opened and given up, without sockets.</summary>
public sealed class ClientPortsTests : UtpSpec
{
    private readonly List<AddressFamily> _opened = [];
    private readonly ClientPorts _ports;

    public ClientPortsTests(ITestOutputHelper output)
        : base(output) => _ports = new ClientPorts(_opened.Add, ActorRefs.Nobody);

    private OpenConnection To(IPAddress address)
    {
        var remote = new IPEndPoint(address, 7);
        return new OpenConnection(new Connect(remote), remote, null!, TestActor, ActorRefs.Nobody);
    }

    [Fact]
    public void There_is_one_for_each_ip_version()
    {
        _ports.Open(To(IPAddress.Loopback));
        _ports.Open(To(IPAddress.IPv6Loopback));
        _ports.Open(To(IPAddress.Loopback));

        Assert.Equal([AddressFamily.InterNetwork, AddressFamily.InterNetworkV6], _opened);
    }

    [Fact]
    public void What_waited_for_it_is_told_once_it_is_open()
    {
        _ports.Open(To(IPAddress.Loopback));
        _ports.OnOpened(AddressFamily.InterNetwork, TestActor);

        ExpectMsg<OpensWaiting>();
        Assert.True(_ports.DoorOf(AddressFamily.InterNetwork).TryTake(out _));
    }

    [Fact]
    public void What_waited_for_one_that_cannot_be_opened_fails()
    {
        _ports.Open(To(IPAddress.Loopback));
        _ports.Open(To(IPAddress.Loopback));

        _ports.OnFailed(AddressFamily.InterNetwork, Failures.ShuttingDown);

        ExpectMsg<CommandFailed>();
        ExpectMsg<CommandFailed>();
        _ports.Open(To(IPAddress.Loopback));
        Assert.Equal(2, _opened.Count);
    }

    [Fact]
    public void One_that_is_given_up_is_told_so_behind_what_it_was_told_to_open_and_another_one_follows()
    {
        _ports.Open(To(IPAddress.Loopback));
        _ports.OnOpened(AddressFamily.InterNetwork, TestActor);

        _ports.GiveUp(TestActor);
        _ports.Open(To(IPAddress.Loopback));

        ExpectMsg<OpensWaiting>();
        ExpectMsg<ReleasePort>();
        Assert.Equal(2, _opened.Count);
    }

    [Fact]
    public void One_that_was_given_up_before_is_not_told_again()
    {
        _ports.Open(To(IPAddress.Loopback));
        _ports.OnOpened(AddressFamily.InterNetwork, TestActor);
        _ports.GiveUp(TestActor);

        _ports.GiveUp(TestActor);
        TestActor.Tell("behind it", ActorRefs.NoSender);

        ExpectMsg<OpensWaiting>();
        ExpectMsg<ReleasePort>();
        ExpectMsg("behind it");
    }
}
