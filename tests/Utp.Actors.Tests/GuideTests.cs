using System.Net;
using System.Text;
using Akka.Actor;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>The code that docs/guide-actors.md shows, running.</summary>
public sealed class GuideTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void The_guides_client_connects_and_tells_what_became_of_it()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        Sys.ActorOf(Props.Create(() => new Client(address.Port, TestActor)));
        acceptor.ExpectMsg<Connected>();
        acceptor.Reply(new Register(acceptor.Ref));
        new End(acceptor.LastSender, acceptor).ExpectBytes(5);
        acceptor.Reply(Close.Instance);
        ExpectMsg<PeerClosed>();

        listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        Sys.ActorOf(Props.Create(() => new Client(address.Port, TestActor)));
        Assert.Contains("refused", ExpectMsg<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_guides_uploader_sends_a_stream_with_four_buffers()
    {
        var pair = OpenPair();
        Sys.ActorOf(Props.Create(() => new Uploader(pair.A.Connection, new MemoryStream(Bytes(1_000_000)))));
        Assert.Equal(Bytes(1_000_000), pair.B.ExpectBytes(1_000_000));
        pair.B.Handler.ExpectMsg<PeerClosed>();
    }

    [Fact]
    public void The_guides_peer_connects_from_the_port_that_it_listens_on()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Sys.ActorOf(Props.Create(() => new Peer(address, TestActor)));
        var bound = ExpectMsg<Bound>();
        Assert.Equal(bound.LocalAddress.Port, acceptor.ExpectMsg<Connected>().RemoteAddress.Port);
        Assert.Equal(address, ExpectMsg<Connected>().RemoteAddress);
    }

    [Fact]
    public void The_guides_handler_answers_what_is_not_uTP_from_the_same_port()
    {
        Sys.ActorOf(Props.Create(() => new Neighbour(TestActor)));
        var address = ExpectMsg<Bound>().LocalAddress;
        var probe = CreateTestProbe();
        var (other, _) = BindTo(CreateTestProbe(), bind => bind with { OutOfBandHandler = probe.Ref });
        other.Tell(new SendOutOfBand("ping"u8.ToArray(), address));
        var answer = probe.ExpectMsg<OutOfBandReceived>();
        Assert.Equal("pong"u8, answer.Data.Span);
        Assert.Equal(address, answer.RemoteAddress);
    }

    [Fact]
    public void The_guides_handler_answers_after_the_peers_end()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var a = Open(address);
        acceptor.ExpectMsg<Connected>();
        var connection = acceptor.LastSender;
        Sys.ActorOf(Props.Create(() => new Counter(connection)));
        a.Tell(new Write(Bytes(100_000)));
        a.Tell(ConfirmedClose.Instance);
        Assert.Equal("100000 bytes", Encoding.UTF8.GetString(a.ExpectBytes("100000 bytes".Length)));
        a.Handler.ExpectMsg<ConfirmedClosed>();
    }

    #region connect
    private sealed class Client : ReceiveActor
    {
        public Client(int port, IActorRef user)
        {
            var options = new UtpOptions { IdleTimeout = TimeSpan.FromMinutes(2) };
            Context.System.Utp().Tell(new Connect("localhost", port) { Timeout = TimeSpan.FromSeconds(10), Options = options });
            Receive<Connected>(_ =>
            {
                Sender.Tell(new Register(Self));
                Sender.Tell(new Write("hello"u8.ToArray()));
            });
            Receive<Received>(received => user.Tell(received));
            Receive<CommandFailed>(failed => user.Tell(failed.Message));
            Receive<ConnectionClosed>(closed =>
            {
                user.Tell(closed);
                Context.Stop(Self);
            });
        }
    }
    #endregion

    #region acks
    private sealed class Uploader : ReceiveActor
    {
        public Uploader(IActorRef connection, Stream source)
        {
            // Four buffers go round: one that was delivered is filled and sent again.
            for (var i = 0; i < 4; i++)
                Send(new byte[64 * 1024]);
            Receive<byte[]>(Send);
            Receive<CommandFailed>(_ => Context.Stop(Self));

            void Send(byte[] buffer)
            {
                var count = source.Read(buffer);
                connection.Tell(count == 0 ? Close.Instance : new Write(buffer.AsMemory(0, count)) { Ack = buffer, AckWhen = AckWhen.Delivered });
            }
        }
    }
    #endregion

    #region listener
    private sealed class Peer : ReceiveActor
    {
        public Peer(IPEndPoint other, IActorRef user)
        {
            Context.System.Utp().Tell(new Bind(Self, new IPEndPoint(IPAddress.Any, 0)));
            Receive<Bound>(bound =>
            {
                user.Tell(bound);
                Context.System.Utp().Tell(new Connect(other) { Listener = Sender });
            });
            Receive<Connected>(connected =>
            {
                Sender.Tell(new Register(Self));
                user.Tell(connected);
            });
        }
    }
    #endregion

    #region out-of-band
    private sealed class Neighbour : ReceiveActor
    {
        public Neighbour(IActorRef user)
        {
            Context.System.Utp().Tell(new Bind(Self, new IPEndPoint(IPAddress.Loopback, 0)) { OutOfBandHandler = Self });
            Receive<Bound>(user.Tell);
            Receive<OutOfBandReceived>(datagram =>
                Sender.Tell(new SendOutOfBand("pong"u8.ToArray(), datagram.RemoteAddress, datagram.LocalAddress)));
        }
    }
    #endregion

    #region half-close
    private sealed class Counter : ReceiveActor
    {
        public Counter(IActorRef connection)
        {
            long count = 0;
            connection.Tell(new Register(Self, KeepOpenOnPeerClosed: true));
            Receive<Received>(received => count += received.Data.Length);
            Receive<PeerClosed>(_ =>
            {
                connection.Tell(new Write(Encoding.UTF8.GetBytes($"{count} bytes")));
                connection.Tell(Close.Instance);
            });
            Receive<ConnectionClosed>(_ => Context.Stop(Self));
        }
    }
    #endregion
}
