using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class ShutdownTests(ITestOutputHelper output) : UtpSpec(output)
{
    private const string Quiet = "akka.stdout-loglevel = OFF\nakka.loglevel = OFF\nutp.time-wait = 10ms\n";

    [Fact]
    public async Task A_system_that_shuts_down_sends_what_was_written()
    {
        var leaving = ActorSystem.Create("leaving", ConfigurationFactory.ParseString(Quiet));
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var opened = new TaskCompletionSource();
        leaving.ActorOf(Props.Create(() => new Writer(address, Bytes(2_000_000), opened)));
        await opened.Task.WaitAsync(TimeSpan.FromSeconds(20));
        var shutdown = CoordinatedShutdown.Get(leaving).Run(CoordinatedShutdown.ClrExitReason.Instance);
        acceptor.ExpectMsg<Connected>();
        acceptor.Reply(new Register(acceptor.Ref));
        Assert.Equal(Bytes(2_000_000), new End(acceptor.LastSender, acceptor).ExpectBytes(2_000_000));
        acceptor.ExpectMsg<PeerClosed>();
        await shutdown.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_the_shutdown_no_longer_than_allowed()
    {
        var leaving = ActorSystem.Create("leaving", ConfigurationFactory.ParseString(Quiet + "utp.shutdown-flush-timeout = 200ms"));
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var opened = new TaskCompletionSource();
        leaving.ActorOf(Props.Create(() => new Writer(address, Bytes(2_000_000), opened)));
        await opened.Task.WaitAsync(TimeSpan.FromSeconds(20));
        acceptor.ExpectMsg<Connected>();

        // Nobody registers, so nothing is read.
        await CoordinatedShutdown.Get(leaving).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(TimeSpan.FromSeconds(20));
        acceptor.Reply(new Register(acceptor.Ref));
        acceptor.FishForMessage(m => m is ErrorClosed);
    }

    [Fact]
    public async Task A_system_that_shuts_down_frees_its_ports()
    {
        var leaving = ActorSystem.Create("leaving", ConfigurationFactory.ParseString(Quiet));
        var address = (await leaving.Utp().Ask<Bound>(new Bind(TestActor, Loopback), TimeSpan.FromSeconds(20))).LocalAddress;
        await leaving.Terminate().WaitAsync(TimeSpan.FromSeconds(20));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(address);
    }

    [Fact]
    public void A_system_that_shuts_down_opens_nothing_new()
    {
        Manager.Tell(ShutdownUnbind.Instance, TestActor);
        ExpectMsg<Akka.Done>();
        Manager.Tell(new Bind(TestActor, Loopback), TestActor);
        Assert.Equal(FailureCause.ShuttingDown, ExpectMsg<CommandFailed>().Cause);
        Manager.Tell(new Connect(new IPEndPoint(IPAddress.Loopback, 9)), TestActor);
        Assert.Equal(FailureCause.ShuttingDown, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void An_attempt_under_way_is_failed_by_the_shutdown()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(Loopback);
        Manager.Tell(new Connect((IPEndPoint)silent.LocalEndPoint!) { Timeout = TimeSpan.FromMinutes(1) }, TestActor);
        Assert.True(silent.Receive(new byte[2_000]) > 0);
        Manager.Tell(ShutdownUnbind.Instance, CreateTestProbe().Ref);
        Assert.Equal(FailureCause.ShuttingDown, ExpectMsg<CommandFailed>().Cause);
    }

    // Of a minute, three times as long as these tests wait.
    [Fact]
    public void A_system_that_shuts_down_does_not_sit_out_TimeWait()
    {
        using var spec = new LongTimeWait(Output);
        spec.CloseAndShutDown();
    }

    [Fact]
    public void Connections_are_closed_by_the_flush_and_their_handlers_hear_of_it()
    {
        var pair = OpenPair();
        Manager.Tell(ShutdownUnbind.Instance, TestActor);
        ExpectMsg<Akka.Done>();
        Manager.Tell(ShutdownFlush.Instance, TestActor);
        pair.A.Handler.ExpectMsg<ConnectionClosed>(closed => closed is Closed or PeerClosed);
        pair.B.Handler.ExpectMsg<ConnectionClosed>(closed => closed is Closed or PeerClosed);
        ExpectMsg<Akka.Done>();
    }

    private sealed class LongTimeWait(ITestOutputHelper output) : UtpSpec(output, "utp.rto.min-own-peer = 60s\nutp.time-wait = 60s")
    {
        public void CloseAndShutDown()
        {
            var pair = OpenPair(registerB: register => register with { KeepOpenOnPeerClosed = true });
            pair.A.Tell(ConfirmedClose.Instance);
            pair.B.Handler.ExpectMsg<PeerClosed>();
            pair.B.Tell(Close.Instance);
            pair.A.Handler.ExpectMsg<ConfirmedClosed>();
            pair.B.Handler.ExpectMsg<Closed>();
            Manager.Tell(ShutdownUnbind.Instance, TestActor);
            ExpectMsg<Akka.Done>();
            Manager.Tell(ShutdownFlush.Instance, TestActor);
            ExpectMsg<Akka.Done>();
        }
    }

    private sealed class Writer : UntypedActor
    {
        private readonly byte[] _data;
        private readonly TaskCompletionSource _opened;

        public Writer(IPEndPoint address, byte[] data, TaskCompletionSource opened)
        {
            _data = data;
            _opened = opened;
            Context.System.Utp().Tell(new Connect(address));
        }

        protected override void OnReceive(object message)
        {
            if (message is not Connected)
                return;
            Sender.Tell(new Register(Self));
            Sender.Tell(new Write(_data));
            _opened.SetResult();
        }
    }
}
