using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Connecting;

/// <summary>Host names over real sockets, with a resolver that says what the test says.</summary>
public sealed class NamesTests : UtpSpec
{
    private static readonly IPAddress Second = IPAddress.Parse("127.0.0.2");
    private readonly ConcurrentDictionary<string, IPAddress[]> _names;

    public NamesTests(ITestOutputHelper output)
        : this(output, [])
    {
    }

    private NamesTests(ITestOutputHelper output, ConcurrentDictionary<string, IPAddress[]> names)
        : base(output, new UtpResolverSetup((host, _, _) => Task.FromResult(names[host]))) => _names = names;

    [Fact]
    public void An_address_that_does_not_answer_is_overtaken_and_its_try_is_given_up()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(Second, address.Port));
        _names["half-silent"] = [Second, IPAddress.Loopback];
        Manager.Tell(new Bind(null, new IPEndPoint(IPAddress.Any, 0)), TestActor);
        ExpectMsg<Bound>();
        var listener = LastSender;
        Manager.Tell(new Connect(new DnsEndPoint("half-silent", address.Port)) { Listener = listener, Timeout = TimeSpan.FromMinutes(10) }, TestActor);
        Assert.Equal(address, ExpectMsg<Connected>().RemoteAddress);
        AwaitAssert(() => Assert.Equal(1, listener.Ask<ListenerStatistics>(GetStatistics.Instance).Result.Connections));
        ExpectNoMsg(0);
    }

    [Fact]
    public void An_address_that_refuses_costs_no_delay()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        _names["half-open"] = [Second, IPAddress.Loopback];
        Manager.Tell(new Connect(new DnsEndPoint("half-open", address.Port)), TestActor);
        Assert.Equal(address, ExpectMsg<Connected>().RemoteAddress);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(5_000_000)]
    public void Initial_data_reaches_the_address_that_wins_once_whatever_its_size(int bytes)
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        _names["half-open"] = [Second, IPAddress.Loopback];
        Manager.Tell(new Connect(new DnsEndPoint("half-open", address.Port)) { InitialData = Bytes(bytes) }, TestActor);
        ExpectMsg<Connected>();
        LastSender.Tell(new Register(TestActor), TestActor);
        acceptor.ExpectMsg<Connected>();
        acceptor.Reply(new Register(acceptor.Ref));
        var accepted = new End(acceptor.LastSender, acceptor);
        Assert.Equal(Bytes(bytes), accepted.ExpectBytes(bytes));
    }

    [Fact]
    public void A_name_without_an_address_is_an_unknown_host()
    {
        _names["nowhere"] = [];
        Manager.Tell(new Connect("nowhere", 1), TestActor);
        Assert.Equal(FailureCause.UnknownHost, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void Both_ip_versions_are_reached_from_ports_of_their_own()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        _names["both"] = [IPAddress.IPv6Loopback, IPAddress.Loopback];
        Manager.Tell(new Connect("both", address.Port), TestActor);
        Assert.Equal(address, ExpectMsg<Connected>().RemoteAddress);
    }
}
