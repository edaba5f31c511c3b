using System.Net.Sockets;
using Akka.Actor;
using Akka.TestKit;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>A handler that asks for each connection, and what a listener that ends does with connections that nobody has heard of.</summary>
public sealed class AcceptingTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void A_handler_that_asks_hears_of_as_many_connections_as_it_asked_for()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, static bind => bind with { PullAccepting = true });
        listener.Tell(new ResumeAccepting(2), acceptor.Ref);
        for (var i = 0; i < 5; i++)
            Open(address);
        AwaitWaiting(listener, 5);
        acceptor.ExpectMsg<Connected>();
        acceptor.ExpectMsg<Connected>();
        AssertNothingBehind(acceptor, listener);

        listener.Tell(new ResumeAccepting(), acceptor.Ref);
        acceptor.ExpectMsg<Connected>();
        AssertNothingBehind(acceptor, listener);
        listener.Tell(new ResumeAccepting(100), acceptor.Ref);
        acceptor.ExpectMsg<Connected>();
        acceptor.ExpectMsg<Connected>();

        // Of the hundred 98 are left.
        Open(address);
        acceptor.ExpectMsg<Connected>();
    }

    [Fact]
    public void What_a_peer_sends_before_its_connection_is_asked_for_is_read_then()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, static bind => bind with { PullAccepting = true });
        var client = Open(address);
        client.Tell(new Write(Bytes(1_000)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        client.Handler.ExpectMsg("delivered");

        listener.Tell(new ResumeAccepting(), acceptor.Ref);
        acceptor.ExpectMsg<Connected>();
        var server = new End(acceptor.LastSender, CreateTestProbe());
        server.Tell(new Register(server.Handler.Ref));
        Assert.Equal(Bytes(1_000), server.ExpectBytes(1_000));
    }

    [Fact]
    public void A_connection_that_ended_before_it_was_asked_for_takes_no_place()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, static bind => bind with { PullAccepting = true });
        var first = Open(address);
        AwaitWaiting(listener, 1);
        first.Tell(new Abort());
        first.Handler.ExpectMsg<Aborted>();
        AwaitWaiting(listener, 0);

        listener.Tell(new ResumeAccepting(), acceptor.Ref);
        var second = Open(address);
        second.Tell(GetStatistics.Instance);
        Assert.Equal(second.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress, acceptor.ExpectMsg<Connected>().RemoteAddress);
    }

    [Fact]
    public void Beyond_the_backlog_a_connection_opens_when_there_is_room_again()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, static bind => bind with { PullAccepting = true, Backlog = 1 });
        Open(address);
        AwaitWaiting(listener, 1);
        var late = CreateTestProbe();
        Manager.Tell(new Connect(address), late.Ref);
        listener.Tell(new ResumeAccepting(2), acceptor.Ref);
        acceptor.ExpectMsg<Connected>();
        acceptor.ExpectMsg<Connected>();
        late.ExpectMsg<Connected>();
    }

    [Fact]
    public void Asking_for_nothing_or_of_a_listener_that_accepts_by_itself_is_an_error_that_says_so()
    {
        var (pulling, _) = BindTo(CreateTestProbe(), static bind => bind with { PullAccepting = true });
        pulling.Tell(new ResumeAccepting(0), TestActor);
        Assert.Contains("BatchSize = 0", ExpectMsg<CommandFailed>().Message, StringComparison.Ordinal);

        var (other, _) = BindTo(CreateTestProbe());
        other.Tell(new ResumeAccepting(), TestActor);
        Assert.Contains("PullAccepting", ExpectMsg<CommandFailed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_syn_that_nobody_confirms_does_not_keep_the_port_of_an_unbound_listener()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Connect(address);
        var syn = new byte[PacketHeader.Length];
        new PacketHeader(PacketType.Syn, 0, new ConnectionId(7), default, 0, 100_000, new SeqNr(1), default).Write(syn);
        stranger.Send(syn);
        AwaitWaiting(listener, 1);

        listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        Manager.Tell(new Bind(TestActor, address), TestActor);
        Assert.Equal(address, ExpectMsg<Bound>().LocalAddress);
    }

    private void AwaitWaiting(IActorRef listener, int connections) => AwaitAssert(() =>
    {
        listener.Tell(GetStatistics.Instance, TestActor);
        Assert.Equal(connections, ExpectMsg<ListenerStatistics>().Connections);
    });

    // Each connection had its say before the listener answers; what it was granted would have been told by then.
    private void AssertNothingBehind(TestProbe acceptor, IActorRef listener)
    {
        listener.Tell(GetStatistics.Instance, TestActor);
        ExpectMsg<ListenerStatistics>();
        Assert.False(acceptor.HasMessages);
    }
}
