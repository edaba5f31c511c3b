using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class RegisterTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void What_arrives_before_Register_waits_for_it()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var a = Open(address);
        a.Tell(new Write(Bytes(10_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        acceptor.ExpectMsg<Connected>();
        var connection = acceptor.LastSender;
        a.Handler.ExpectMsg("there");
        Assert.False(acceptor.HasMessages);
        connection.Tell(new Register(acceptor.Ref), acceptor.Ref);
        Assert.Equal(Bytes(10_000), new End(connection, acceptor).ExpectBytes(10_000));
    }

    [Fact]
    public void What_arrived_before_Register_goes_to_the_handler_alone()
    {
        var acceptor = CreateTestProbe();
        var handler = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var a = Open(address);
        a.Tell(new Write(Bytes(1_000)));
        acceptor.ExpectMsg<Connected>();
        acceptor.Reply(new Register(handler.Ref));
        new End(acceptor.LastSender, handler).ExpectBytes(1_000);
        a.Tell(Close.Instance);
        handler.ExpectMsg<PeerClosed>();
        Assert.False(acceptor.HasMessages);
    }

    [Fact]
    public void A_write_before_Register_is_sent()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var a = Open(address);
        acceptor.ExpectMsg<Connected>();
        acceptor.Reply(new Write(Bytes(2_000)));
        Assert.Equal(Bytes(2_000), a.ExpectBytes(2_000));
    }

    [Fact]
    public void The_peers_end_before_Register_is_told_after_the_data()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var a = Open(address);
        acceptor.ExpectMsg<Connected>();
        var connection = acceptor.LastSender;
        a.Tell(new Write(Bytes(10_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        a.Tell(Close.Instance);
        a.Handler.ExpectMsg("there");
        a.Handler.ExpectMsg<Closed>();
        connection.Tell(new Register(acceptor.Ref), acceptor.Ref);
        new End(connection, acceptor).ExpectBytes(10_000);
        acceptor.ExpectMsg<PeerClosed>();
    }

    [Fact]
    public void Nobody_registering_in_time_aborts_the_connection_and_says_so()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { Options = new UtpOptions { RegisterTimeout = TimeSpan.FromMilliseconds(50) } });
        var a = Open(address);
        acceptor.ExpectMsg<Connected>();
        Watch(acceptor.LastSender);
        var closed = acceptor.ExpectMsg<ErrorClosed>();
        Assert.Equal(CloseCause.Aborted, closed.Reason.Cause);
        Assert.Contains("Register", closed.Message, StringComparison.Ordinal);
        Assert.Equal(CloseCause.Reset, a.Handler.ExpectMsg<ErrorClosed>().Reason.Cause);
        ExpectTerminated(acceptor.LastSender);
    }

    [Fact]
    public void The_register_time_out_ends_a_connection_whose_data_waits_behind_the_peers_end()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { Options = new UtpOptions { RegisterTimeout = TimeSpan.FromMilliseconds(200) } });
        var a = Open(address);
        a.Tell(new Write(Bytes(1_000)));
        a.Tell(Close.Instance);
        acceptor.ExpectMsg<Connected>();
        acceptor.ExpectMsg<ErrorClosed>();
    }

    [Fact]
    public void The_register_time_out_also_holds_for_the_initiator()
    {
        var (_, address) = BindTo(CreateTestProbe());
        Manager.Tell(new Connect(address) { Options = new UtpOptions { RegisterTimeout = TimeSpan.FromMilliseconds(50) } }, TestActor);
        ExpectMsg<Connected>();
        ExpectMsg<ErrorClosed>();
    }

    [Fact]
    public void A_second_Register_is_failed()
    {
        var pair = OpenPair();
        pair.A.Tell(new Register(TestActor));
        Assert.Equal(FailureCause.AlreadyRegistered, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void The_death_of_its_handler_aborts_a_connection()
    {
        var pair = OpenPair();
        Watch(pair.A.Connection);
        Sys.Stop(pair.A.Handler.Ref);
        var closed = pair.B.Handler.ExpectMsg<ErrorClosed>();
        Assert.Equal(CloseCause.Reset, closed.Reason.Cause);
        ExpectTerminated(pair.A.Connection);
    }

    [Fact]
    public void A_handler_that_closes_and_dies_loses_nothing()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(300_000)));
        pair.A.Tell(Close.Instance);
        Sys.Stop(pair.A.Handler.Ref);
        Assert.Equal(Bytes(300_000), pair.B.ExpectBytes(300_000));
        pair.B.Handler.ExpectMsg<PeerClosed>();
    }

    [Fact]
    public void The_death_of_whoever_asked_for_it_aborts_a_connection_that_nobody_registered_for()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var probe = CreateTestProbe();
        Manager.Tell(new Connect(address), probe.Ref);
        probe.ExpectMsg<Connected>();
        acceptor.ExpectMsg<Connected>();
        acceptor.Reply(new Register(acceptor.Ref));
        Sys.Stop(probe.Ref);
        Assert.Equal(CloseCause.Reset, acceptor.ExpectMsg<ErrorClosed>().Reason.Cause);
    }

    [Fact]
    public void Once_registered_only_the_handler_counts()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var commander = CreateTestProbe();
        var handler = CreateTestProbe();
        Manager.Tell(new Connect(address), commander.Ref);
        commander.ExpectMsg<Connected>();
        var connection = commander.LastSender;
        connection.Tell(new Register(handler.Ref));
        acceptor.ExpectMsg<Connected>();
        acceptor.Reply(new Register(acceptor.Ref));
        Watch(commander.Ref);
        Sys.Stop(commander.Ref);
        ExpectTerminated(commander.Ref);
        connection.Tell(new Write(Bytes(100)), handler.Ref);
        new End(acceptor.LastSender, acceptor).ExpectBytes(100);
    }

    [Fact]
    public void A_Register_without_a_handler_is_failed_and_may_be_repeated()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var a = Open(address);
        acceptor.ExpectMsg<Connected>();
        var connection = acceptor.LastSender;
        connection.Tell(new Register(null!), acceptor.Ref);
        Assert.Equal(FailureCause.InvalidOption, acceptor.ExpectMsg<CommandFailed>().Cause);
        connection.Tell(new Register(acceptor.Ref), acceptor.Ref);
        a.Tell(new Write(Bytes(10)));
        new End(connection, acceptor).ExpectBytes(10);
    }
}
