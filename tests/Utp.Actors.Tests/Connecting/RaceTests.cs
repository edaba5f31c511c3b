using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Utp.Messages;

namespace Utp.Actors.Tests.Connecting;

/// <summary>One attempt, and the test is its listener, its connections and its clock (RFC 8305).</summary>
public sealed class RaceTests : TestKit
{
    private const string Virtual = "akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"";
    private static readonly IPAddress V6 = IPAddress.Parse("2001:db8::1");
    private static readonly IPAddress V4 = IPAddress.Parse("192.0.2.1");

    private readonly TestProbe _commander;
    private readonly TestProbe _listener;
    private readonly TestProbe _manager;

    public RaceTests()
        : base(ConfigurationFactory.ParseString(Virtual))
    {
        _commander = CreateTestProbe();
        _listener = CreateTestProbe();
        _manager = CreateTestProbe();
    }

    private TestScheduler Time => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void The_second_address_is_tried_beside_the_first_after_the_delay()
    {
        Start(V6, V4);
        Assert.Equal(V6, ExpectTry().Remote.Address);
        Time.Advance(AddressOrder.AttemptDelay - TimeSpan.FromMilliseconds(1));
        _listener.ExpectNoMsg(0);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(V4, ExpectTry().Remote.Address);
    }

    [Fact]
    public void An_address_that_fails_gives_its_turn_to_the_next_at_once()
    {
        var attempt = Start(V6, V4);
        var first = ExpectTry();
        attempt.Tell(new OpenFailed(first.Try, Refused), _listener.Ref);
        Assert.Equal(V4, ExpectTry().Remote.Address);
        Time.Advance(AddressOrder.AttemptDelay);
        _listener.ExpectNoMsg(0);
    }

    [Fact]
    public void The_first_to_connect_wins_and_the_other_is_cancelled()
    {
        var attempt = Start(V6, V4);
        var (slow, fast) = (Connection(attempt), Connection(attempt, delayed: true));
        attempt.Tell(new OpenReady(1), fast);
        fast.ExpectMsg<OpenWon>();
        slow.ExpectNoMsg(0);
        attempt.Tell(new OpenReady(0), slow);
        attempt.Tell(new OpenSucceeded(1), fast);
        slow.ExpectMsg<CancelOpen>();
        ExpectTerminated(attempt);
        fast.ExpectNoMsg(0);
        _commander.ExpectNoMsg(0);
    }

    [Fact]
    public void A_winner_that_fails_at_the_last_moment_leaves_the_word_to_who_is_ready_too()
    {
        var attempt = Start(V6, V4);
        var (first, second) = (Connection(attempt), Connection(attempt, delayed: true));
        attempt.Tell(new OpenReady(0), first);
        first.ExpectMsg<OpenWon>();
        attempt.Tell(new OpenReady(1), second);
        attempt.Tell(new OpenFailed(0, Refused), first);
        second.ExpectMsg<OpenWon>();
        attempt.Tell(new OpenSucceeded(1), second);
        ExpectTerminated(attempt);
        _commander.ExpectNoMsg(0);
    }

    [Fact]
    public void When_all_have_failed_the_commander_hears_it_once()
    {
        var attempt = Start(V6, V4);
        var (first, second) = (Connection(attempt), Connection(attempt, delayed: true));
        attempt.Tell(new OpenFailed(1, Refused), second);
        _commander.ExpectNoMsg(0);
        attempt.Tell(new OpenFailed(0, Refused), first);
        Assert.Equal(FailureCause.Refused, _commander.ExpectMsg<CommandFailed>().Cause);
        ExpectTerminated(attempt);
        _commander.ExpectNoMsg(0);
    }

    [Fact]
    public void Whoever_loses_its_patience_cancels_all_of_them()
    {
        var attempt = Start(V6, V4);
        var (first, second) = (Connection(attempt), Connection(attempt, delayed: true));
        attempt.Tell(CancelOpen.Instance);
        first.ExpectMsg<CancelOpen>();
        second.ExpectMsg<CancelOpen>();
        attempt.Tell(new OpenFailed(0, Refused), first);
        attempt.Tell(new OpenFailed(1, Refused), second);
        Assert.Equal(FailureCause.Cancelled, _commander.ExpectMsg<CommandFailed>().Cause);
        ExpectTerminated(attempt);
    }

    [Fact]
    public void A_name_with_one_address_is_no_race()
    {
        Start(V4);
        Assert.False(ExpectTry().IsRace);
    }

    [Fact]
    public void Each_ip_version_has_its_own_port_and_all_are_released()
    {
        var attempt = Start(throughListener: false, V6, V4);
        Assert.Equal(AddressFamily.InterNetworkV6, _manager.ExpectMsg<OpenPort>().LocalAddress.AddressFamily);
        attempt.Tell(new Bound(new IPEndPoint(IPAddress.IPv6Any, 1)), _listener.Ref);
        var six = Connection(attempt);
        Time.Advance(AddressOrder.AttemptDelay);
        Assert.Equal(AddressFamily.InterNetwork, _manager.ExpectMsg<OpenPort>().LocalAddress.AddressFamily);

        // The first one wins while the second port is still being opened.
        attempt.Tell(new OpenReady(0), six);
        six.ExpectMsg<OpenWon>();
        attempt.Tell(new OpenSucceeded(0), six);
        var other = CreateTestProbe();
        attempt.Tell(new Bound(new IPEndPoint(IPAddress.Any, 1)), other.Ref);
        other.ExpectMsg<ReleasePort>();
        _listener.ExpectMsg<ReleasePort>();
        ExpectTerminated(attempt);
    }

    [Fact]
    public void A_machine_without_one_ip_version_uses_the_other()
    {
        var attempt = Start(throughListener: false, V6, V4);
        _manager.ExpectMsg<OpenPort>();
        attempt.Tell(new OpenFailed(0, Refused), _manager.Ref);
        Assert.Equal(AddressFamily.InterNetwork, _manager.ExpectMsg<OpenPort>().LocalAddress.AddressFamily);
        attempt.Tell(new Bound(new IPEndPoint(IPAddress.Any, 1)), _listener.Ref);
        Assert.Equal(V4, ExpectTry().Remote.Address);
    }

    [Fact]
    public void Through_shared_ports_the_manager_opens_what_is_tried_and_a_failure_leads_to_the_next_address()
    {
        var attempt = Watch(Sys.ActorOf(Attempt((_, _, _) => Task.FromResult<IPAddress[]>([V6, V4]), throughListener: false, ClientPort.Shared)));
        var first = _manager.ExpectMsg<OpenConnection>();
        Assert.Equal(V6, first.Remote.Address);

        first.Fail(Refused, _manager.Ref);

        var second = _manager.ExpectMsg<OpenConnection>();
        Assert.Equal(V4, second.Remote.Address);
        attempt.Tell(new OpenStarted(second.Try, CreateTestProbe().Ref));
        attempt.Tell(new OpenSucceeded(second.Try));
        ExpectTerminated(attempt);
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, FailureCause.UnknownHost)]
    [InlineData(SocketError.NoData, FailureCause.UnknownHost)]
    public void A_name_that_is_not_resolved_is_an_unknown_host(SocketError error, FailureCause cause)
    {
        var attempt = Watch(Sys.ActorOf(Attempt((_, _, _) => Task.FromException<IPAddress[]>(new SocketException((int)error)), throughListener: true)));
        Assert.Equal(cause, _commander.ExpectMsg<CommandFailed>().Cause);
        ExpectTerminated(attempt);
    }

    private static Failure Refused { get; } = new(FailureCause.Refused, "No.");

    private IActorRef Start(params IPAddress[] addresses) => Start(throughListener: true, addresses);

    private IActorRef Start(bool throughListener, params IPAddress[] addresses) => Watch(Sys.ActorOf(Attempt((_, _, _) => Task.FromResult(addresses), throughListener)));

    private Props Attempt(Resolve resolve, bool throughListener, ClientPort port = ClientPort.Own)
    {
        var settings = UtpSettings.Parse(Sys.Settings.Config, CongestionControls.Default);
        var connect = new Connect(new DnsEndPoint("both.example", 9_000)) { Listener = throughListener ? _listener.Ref : null, ClientPort = port };
        return Props.Create(() => new ConnectAttempt(settings, ConnectionSettings.Create(settings, null, null), connect, _commander.Ref, _manager.Ref, resolve));
    }

    private OpenConnection ExpectTry() => _listener.ExpectMsg<OpenConnection>();

    private TestProbe Connection(IActorRef attempt, bool delayed = false)
    {
        if (delayed)
            Time.Advance(AddressOrder.AttemptDelay);
        var open = ExpectTry();
        Assert.True(open.IsRace);
        var connection = CreateTestProbe();
        attempt.Tell(new OpenStarted(open.Try, connection.Ref), connection.Ref);
        return connection;
    }
}
