using System.Diagnostics;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;

namespace Utp.OpenTelemetry.Tests;

/// <summary>An actor system with a listener that reads everything and follows whoever closes, and what is opened to it. Real sockets on loopback.</summary>
internal sealed class Pair : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Quiet = "akka.stdout-loglevel = OFF\nakka.loglevel = OFF\nutp.time-wait = 10ms\nutp.shutdown-flush-timeout = 1s\n";

    private Pair(ActorSystem system, IActorRef listener, IPEndPoint address)
    {
        System = system;
        Listener = listener;
        Address = address;
    }

    public ActorSystem System { get; }

    public IActorRef Listener { get; }

    public IPEndPoint Address { get; }

    public static async Task<Pair> StartAsync(string config = "")
    {
        var system = ActorSystem.Create("pair", ConfigurationFactory.ParseString(config).WithFallback(Quiet));
        var binder = system.ActorOf(Props.Create(() => new Binder(system.ActorOf(Props.Create<Reader>(), "reader"))));
        var bound = await binder.Ask<(IActorRef Listener, IPEndPoint Address)>("bind", Patience);
        return new Pair(system, bound.Listener, bound.Address);
    }

    /// <summary>Opens a connection, writes, waits until all is delivered, and leaves it open.</summary>
    public async Task<IActorRef> WriteAsync(int bytes, ActivityContext trace = default)
    {
        var writer = System.ActorOf(Props.Create(() => new Writer(Address, trace)));
        await writer.Ask<string>(bytes, Patience);
        return writer;
    }

    /// <summary>Closes a connection, and waits until it is.</summary>
    public static Task CloseAsync(IActorRef writer) => writer.Ask<string>("close", Patience);

    public Task<ListenerStatistics> ListenerStatisticsAsync() => Listener.Ask<ListenerStatistics>(GetStatistics.Instance, Patience);

    public Task<UtpStatistics> StatisticsAsync() => System.Utp().Ask<UtpStatistics>(GetStatistics.Instance, Patience);

    public async ValueTask DisposeAsync() => await System.Terminate().WaitAsync(Patience);

    /// <summary>Asks again until the answer is as it must become.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isThere)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await ask();
            if (isThere(answer))
                return answer;
            Assert.False(limit.IsCancellationRequested, $"After {Patience.TotalSeconds} s it is still {answer}.");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    private sealed class Binder : ReceiveActor
    {
        private IActorRef _asker = ActorRefs.Nobody;

        public Binder(IActorRef handler)
        {
            Receive<string>(_ =>
            {
                _asker = Sender;
                Context.System.Utp().Tell(new Bind(handler, new IPEndPoint(IPAddress.Loopback, 0)));
            });
            Receive<Bound>(bound => _asker.Tell((Sender, (IPEndPoint)bound.LocalAddress)));
        }
    }

    private sealed class Reader : ReceiveActor
    {
        public Reader()
        {
            Receive<Connected>(_ => Sender.Tell(new Register(Self)));
            Receive<Received>(received => received.Release());
        }
    }

    private sealed class Writer : ReceiveActor
    {
        private IActorRef _asker = ActorRefs.Nobody;
        private IActorRef _connection = ActorRefs.Nobody;
        private int _bytes;

        public Writer(IPEndPoint address, ActivityContext trace)
        {
            Receive<int>(bytes =>
            {
                _asker = Sender;
                _bytes = bytes;
                Context.System.Utp().Tell(new Connect(address) { TraceContext = trace });
            });
            Receive<Connected>(_ =>
            {
                _connection = Sender;
                Sender.Tell(new Register(Self));
                Sender.Tell(new Write(new byte[_bytes]) { Ack = "delivered", AckWhen = AckWhen.Delivered });
            });
            Receive<CommandFailed>(failed => _asker.Tell(new Status.Failure(new InvalidOperationException(failed.Message))));
            Receive<GetStatistics>(ask => _connection.Forward(ask));
            Receive<string>(text =>
            {
                if (text == "delivered")
                {
                    _asker.Tell(text);
                    return;
                }

                _asker = Sender;
                _connection.Tell(Close.Instance);
            });
            Receive<ConnectionClosed>(_ => _asker.Tell("closed"));
        }
    }
}
