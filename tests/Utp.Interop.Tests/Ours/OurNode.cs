using System.Net;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Interop.Tests.Ours;

/// <summary>Our side of a test: an actor system of its own, driven as any user drives it, through messages alone.</summary>
internal sealed class OurNode : IAsyncDisposable
{
    private static readonly Config Quiet = ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = WARNING }");
    private readonly ActorSystem _system = ActorSystem.Create("ours", Quiet);
    private readonly Channel<OurConnection> _accepted = Channel.CreateUnbounded<OurConnection>();

    /// <summary>Listens on a free port of loopback; returns it.</summary>
    public Task<int> ListenAsync(UtpOptions? options = null)
    {
        var handler = _system.ActorOf(Props.Create(() => new Acceptor(_accepted.Writer)));
        return BindAsync(new Bind(handler, new IPEndPoint(IPAddress.Loopback, 0)) { Options = options });
    }

    /// <summary>Opens a port that accepts nobody; returns it.</summary>
    public Task<int> ListenWithoutAcceptingAsync() => BindAsync(new Bind(null, new IPEndPoint(IPAddress.Loopback, 0)));

    /// <summary>The next connection that was accepted.</summary>
    public Task<OurConnection> AcceptAsync() => Patience.WaitAsync(_accepted.Reader.ReadAsync().AsTask(), "Nobody connected to us");

    /// <exception cref="ConnectFailedException">It failed, and why.</exception>
    public async Task<OurConnection> ConnectAsync(int port, UtpOptions? options = null, TimeSpan? timeout = null, byte[]? initialData = null)
    {
        var connected = new TaskCompletionSource<OurConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var connect = new Connect(new IPEndPoint(IPAddress.Loopback, port)) { Options = options, Timeout = timeout, InitialData = initialData };
        _system.ActorOf(Props.Create(() => new Connector(connect, connected)));
        return await Patience.WaitAsync(connected.Task, "Our connect was not answered");
    }

    public async ValueTask DisposeAsync() => await _system.Terminate().WaitAsync(Patience.Long);

    private async Task<int> BindAsync(Bind bind)
    {
        var answer = await _system.Utp().Ask<UtpEvent>(bind, Patience.Long);
        return Assert.IsType<Bound>(answer).LocalAddress.Port;
    }

    private sealed class Acceptor(ChannelWriter<OurConnection> accepted) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Connected connected)
                accepted.TryWrite(OurConnection.Adopt(Context.System, Sender, connected));
        }
    }

    private sealed class Connector(Connect connect, TaskCompletionSource<OurConnection> result) : UntypedActor
    {
        protected override void PreStart() => Context.System.Utp().Tell(connect, Self);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Connected connected:
                    result.TrySetResult(OurConnection.Adopt(Context.System, Sender, connected));
                    break;
                case CommandFailed failed:
                    result.TrySetException(new ConnectFailedException(failed));
                    break;
            }

            Context.Stop(Self);
        }
    }
}

/// <summary>A <see cref="Connect"/> that was answered with <see cref="CommandFailed"/>.</summary>
internal sealed class ConnectFailedException(CommandFailed failed) : Exception(failed.Message)
{
    public FailureCause Cause { get; } = failed.Cause;
}
