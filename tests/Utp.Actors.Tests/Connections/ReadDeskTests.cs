using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Connections;

/// <summary>What a handler is given, and when: with a core, but without a connection's actor and without a network.</summary>
public sealed class ReadDeskTests : UtpSpec
{
    private readonly ConnectionUsers _users;
    private readonly PhaseTracker _phases = new();
    private readonly UtpConnection _core = NewCore.Accepted(ConnectionOptions.Default);

    public ReadDeskTests(ITestOutputHelper output)
        : base(output)
    {
        _users = new ConnectionUsers(((LocalActorRef)TestActor).Cell, TestActor, isAcceptor: true);
        _phases.MoveTo(ConnectionPhase.WaitingForRegister);
    }

    private ReadDesk Desk(bool pullMode = false) => new(_core, _users, _phases, pullMode);

    private static ConnectionEvent Data(int bytes) => new(ConnectionEventKind.Received, new byte[bytes]);

    private void Register()
    {
        _users.Register(TestActor);
        _phases.MoveTo(ConnectionPhase.Connected);
    }

    [Fact]
    public void Before_somebody_has_registered_nothing_is_read_whoever_asks()
    {
        var desk = Desk();

        Assert.False(desk.OnResume(new Instant(1)));
        Register();
        Assert.True(desk.OnResume(new Instant(1)));
    }

    [Fact]
    public void The_handler_is_given_what_arrives()
    {
        var desk = Desk();
        Register();

        desk.OnReceived(Data(3));

        Assert.Equal(3, ExpectMsg<Received>().Data.Length);
    }

    [Fact]
    public void Who_reads_nothing_more_is_given_nothing()
    {
        var desk = Desk();
        Register();
        desk.OnStop(new StopReading(), new Instant(1));

        desk.OnReceived(Data(3));
        TestActor.Tell("behind it", ActorRefs.NoSender);

        ExpectMsg("behind it");
    }
}
