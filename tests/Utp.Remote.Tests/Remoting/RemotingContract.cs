using System.Threading.Channels;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Routing;
using Akka.Routing;
using Akka.Streams;
using Akka.Streams.Dsl;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests.Remoting;

/// <summary>Akka.Remote itself, over each transport: what its users rely on.</summary>
public abstract class RemotingContract(TransportKind kind) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<ActorSystem> _systems = [];

    [Fact]
    public async Task A_question_to_an_actor_of_another_node_is_answered()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Echo>(), "echo");

        var echo = await ResolveAsync(a, b, "echo");

        Assert.Equal("hello", await echo.Ask<string>("hello", Patience));
        Assert.Equal(new string('x', 100_000), await echo.Ask<string>(new string('x', 100_000), Patience));
    }

    [Fact]
    public async Task Fifty_thousand_messages_keep_their_order_both_ways()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Echo>(), "echo");
        var echo = await ResolveAsync(a, b, "echo");
        var heard = Channel.CreateUnbounded<object>();
        var collector = a.ActorOf(Props.Create(() => new Collector(heard.Writer)));

        for (var i = 0; i < 50_000; i++)
            echo.Tell(i, collector);

        for (var i = 0; i < 50_000; i++)
            Assert.Equal(i, await NextAsync(heard));
    }

    [Fact]
    public async Task Refs_and_selections_keep_their_order_together()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Echo>(), "echo");
        var echo = await ResolveAsync(a, b, "echo");
        var selection = a.ActorSelection(echo.Path);
        var heard = Channel.CreateUnbounded<object>();
        var collector = a.ActorOf(Props.Create(() => new Collector(heard.Writer)));

        for (var i = 0; i < 2_000; i++)
        {
            if (i % 3 == 0)
                selection.Tell(i, collector);
            else
                echo.Tell(i, collector);
        }

        for (var i = 0; i < 2_000; i++)
            Assert.Equal(i, await NextAsync(heard));
    }

    [Fact]
    public async Task Terminated_comes_behind_the_last_message()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Talker>(), "talker");
        var talker = await ResolveAsync(a, b, "talker");
        var heard = Channel.CreateUnbounded<object>();
        var watcher = a.ActorOf(Props.Create(() => new Watcher(heard.Writer, talker)));

        await watcher.Ask<string>("watch", Patience);
        talker.Tell(1_000, watcher);

        for (var i = 0; i < 1_000; i++)
            Assert.Equal(i, await NextAsync(heard));
        Assert.IsType<Terminated>(await NextAsync(heard));
    }

    [Fact]
    public async Task A_node_that_shuts_down_says_what_it_had_to_say_and_its_watchers_hear()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Talker>(), "talker");
        var talker = await ResolveAsync(a, b, "talker");
        var heard = Channel.CreateUnbounded<object>();
        var watcher = a.ActorOf(Props.Create(() => new Watcher(heard.Writer, talker)));
        await watcher.Ask<string>("watch", Patience);

        talker.Tell(500, watcher);
        Assert.Equal(0, await NextAsync(heard));
        await b.Terminate().WaitAsync(Patience);

        for (var i = 1; i < 500; i++)
            Assert.Equal(i, await NextAsync(heard));
        Assert.IsType<Terminated>(await NextAsync(heard));
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_dropped_and_the_association_stays()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Echo>(), "echo");
        var echo = await ResolveAsync(a, b, "echo");
        var ended = 0;
        a.EventStream.Subscribe(a.ActorOf(Props.Create(() => new Counter<DisassociatedEvent>(() => Interlocked.Increment(ref ended)))), typeof(DisassociatedEvent));

        echo.Tell(new string('x', 300_000));

        Assert.Equal("after", await echo.Ask<string>("after", Patience));
        Assert.Equal(0, Volatile.Read(ref ended));
    }

    [Fact]
    public async Task An_actor_is_deployed_on_another_node_and_its_death_is_heard()
    {
        var (a, b) = (Start("a"), Start("b"));
        var remote = a.ActorOf(Props.Create<Echo>().WithDeploy(new Deploy(new RemoteScope(AddressOf(b)))), "deployed");
        var heard = Channel.CreateUnbounded<object>();
        var watcher = a.ActorOf(Props.Create(() => new Watcher(heard.Writer, remote)));

        Assert.Equal("there", await remote.Ask<string>("there", Patience));
        Assert.Equal(AddressOf(b), remote.Path.Address);
        await watcher.Ask<string>("watch", Patience);
        remote.Tell(PoisonPill.Instance);

        Assert.IsType<Terminated>(await NextAsync(heard));
    }

    [Fact]
    public async Task A_router_has_routees_on_two_nodes()
    {
        var (a, b) = (Start("a"), Start("b"));
        var c = Start("c");
        var router = a.ActorOf(new RemoteRouterConfig(new RoundRobinPool(4), [AddressOf(b), AddressOf(c)]).Props(Props.Create<WhereAmI>()));

        var answers = new List<string>();
        for (var i = 0; i < 8; i++)
            answers.Add(await router.Ask<string>("where", Patience));

        Assert.Equal([AddressOf(b).ToString(), AddressOf(c).ToString()], answers.Distinct().Order(StringComparer.Ordinal).OrderBy(address => address == AddressOf(c).ToString()));
        Assert.Equal(4, answers.Count(address => address == AddressOf(b).ToString()));
    }

    [Fact]
    public async Task A_stream_flows_to_another_node_by_its_reference()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Spring>(), "spring");
        var spring = await ResolveAsync(a, b, "spring");

        var reference = await spring.Ask<ISourceRef<int>>(2_000, Patience);
        var numbers = await reference.Source.RunWith(Sink.Seq<int>(), a.Materializer()).WaitAsync(Patience);

        Assert.Equal(Enumerable.Range(0, 2_000), numbers);
    }

    [Fact]
    public async Task A_node_that_restarts_on_the_same_port_is_reached_again()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Echo>(), "echo");
        await ResolveAsync(a, b, "echo");
        var address = AddressOf(b);
        await b.Terminate().WaitAsync(Patience);

        var again = Start("b", address.Port!.Value);
        again.ActorOf(Props.Create<Echo>(), "echo");

        var until = Environment.TickCount64 + 60_000;
        while (true)
        {
            try
            {
                Assert.Equal("again", await a.ActorSelection(new RootActorPath(address) / "user" / "echo").Ask<string>("again", TimeSpan.FromMilliseconds(500)));
                break;
            }
            catch (AskTimeoutException)
            {
                Assert.True(Environment.TickCount64 < until, "The node that restarted is not reached.");
            }
        }
    }

    [Fact]
    public async Task Remoting_works_until_the_last_phase_of_CoordinatedShutdown()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Echo>(), "echo");
        var echo = await ResolveAsync(a, b, "echo");
        var answer = "";
        CoordinatedShutdown.Get(a).AddTask(CoordinatedShutdown.PhaseClusterShutdown, "ask", async () =>
        {
            answer = await echo.Ask<string>("still there", Patience);
            return Done.Instance;
        });

        await CoordinatedShutdown.Get(a).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Patience);

        Assert.Equal("still there", answer);
    }

    [Fact]
    public async Task A_node_in_quarantine_is_told_so()
    {
        var (a, b) = (Start("a"), Start("b"));
        b.ActorOf(Props.Create<Echo>(), "echo");
        var echo = await ResolveAsync(a, b, "echo");
        Assert.Equal("x", await echo.Ask<string>("x", Patience));
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        b.EventStream.Subscribe(b.ActorOf(Props.Create(() => new Counter<ThisActorSystemQuarantinedEvent>(() => told.TrySetResult()))), typeof(ThisActorSystemQuarantinedEvent));

        ((IRemoteActorRefProvider)((ExtendedActorSystem)a).Provider).Quarantine(AddressOf(b), AddressUidExtension.Uid(b));
        // What is sent while the old association ends is lost; the next one is refused.
        var until = Environment.TickCount64 + 60_000;
        while (!told.Task.IsCompleted)
        {
            Assert.True(Environment.TickCount64 < until, "The node that is in quarantine was not told.");
            b.ActorSelection(new RootActorPath(AddressOf(a)) / "user" / "nobody").Tell("anyone?");
            await Task.WhenAny(told.Task, Task.Delay(200));
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var system in _systems)
            await system.Terminate();
    }

    // The serializer of stream references is in the configuration of Akka.Streams, which must be there from the start.
    private protected ActorSystem Start(string name, int port = 0, string extra = "")
    {
        var system = ActorSystem.Create(name, ConfigurationFactory.ParseString(kind.Hocon(port, extra)).WithFallback(ActorMaterializer.DefaultConfig()));
        _systems.Add(system);
        return system;
    }

    private protected static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private protected static Task<IActorRef> ResolveAsync(ActorSystem from, ActorSystem on, string name) =>
        from.ActorSelection(new RootActorPath(AddressOf(on)) / "user" / name).ResolveOne(Patience);

    private static async Task<object> NextAsync(Channel<object> heard) => await heard.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    private sealed class WhereAmI : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(((ExtendedActorSystem)Context.System).Provider.DefaultAddress.ToString());
    }

    /// <summary>Says so many things, and stops.</summary>
    private sealed class Talker : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            for (var i = 0; i < (int)message; i++)
                Sender.Tell(i);
            Context.Stop(Self);
        }
    }

    /// <summary>Gives a stream of so many numbers away.</summary>
    private sealed class Spring : UntypedActor
    {
        private readonly ActorMaterializer _materializer = Context.Materializer();

        protected override void OnReceive(object message) =>
            Source.From(Enumerable.Range(0, (int)message)).RunWith(StreamRefs.SourceRef<int>(), _materializer).PipeTo(Sender);
    }

    private sealed class Collector(ChannelWriter<object> heard) : UntypedActor
    {
        protected override void OnReceive(object message) => heard.TryWrite(message);
    }

    private sealed class Counter<T>(Action count) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is T)
                count();
        }
    }

    private sealed class Watcher(ChannelWriter<object> heard, IActorRef watched) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "watch")
            {
                Context.Watch(watched);
                Sender.Tell("watching");
            }
            else
            {
                heard.TryWrite(message);
            }
        }
    }
}

public sealed class AkkaTcpRemotingTests() : RemotingContract(TransportKind.AkkaTcp);

public sealed class UtpRemotingTests() : RemotingContract(TransportKind.Utp);

public sealed class UtpOneLaneRemotingTests() : RemotingContract(TransportKind.UtpOneLane);

public sealed class UtpAllLanesRemotingTests() : RemotingContract(TransportKind.UtpAllLanes);

public sealed class UtpTlsRemotingTests() : RemotingContract(TransportKind.UtpTls);
