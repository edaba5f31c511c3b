using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Protocol;

namespace Utp.Cli;

/// <summary>One actor system with uTP, for the time of a command.</summary>
internal sealed class UtpNode : IAsyncDisposable
{
    // The library flushes for 4 s at most (utp.shutdown-flush-timeout); a process must end even if something hangs.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(10);

    private readonly ActorSystem _system;

    private UtpNode(ActorSystem system, UtpExtension utp)
    {
        _system = system;
        Manager = utp.Manager;
        SendBufferBytes = utp.Settings.Connection.SendBufferBytes;
    }

    /// <summary>For the actors of a command that needs more than one.</summary>
    public ActorSystem System => _system;

    /// <summary>Takes Bind and Connect.</summary>
    public IActorRef Manager { get; }

    /// <summary>The page that shows its connections, if there is one; ended before it.</summary>
    public IAsyncDisposable? Page { private get; set; }

    /// <summary>How many bytes of writes a connection holds.</summary>
    public int SendBufferBytes { get; }

    /// <exception cref="CliException">The configuration is wrong.</exception>
    public static async Task<UtpNode> StartAsync(Config config, Terminal terminal, string name = "utp")
    {
        ActorSystem system;
        try
        {
            system = ActorSystem.Create(name, config);
        }
        catch (Exception e)
        {
            // Only the configuration can stop an actor system, and Akka says so in exceptions of many kinds.
            throw CliException.WrongUsage($"The configuration is wrong: {Sentences.OneLine(e.Message)}", e);
        }

        try
        {
            system.ActorOf(Props.Create(() => new LogPrinter(terminal)), "log");
            var utp = UtpExtension.Get(system);
            if (utp.Settings.Connection.Mode != DeliveryMode.Bytes)
                throw CliException.WrongUsage("utp.delivery must be bytes here: this command moves a plain stream of bytes.");
            return new UtpNode(system, utp);
        }
        catch (Exception e)
        {
            await system.Terminate().ConfigureAwait(false);
            if (e is ConfigurationException)
                throw CliException.WrongUsage(Sentences.OneLine(e.Message), e);
            throw;
        }
    }

    /// <summary>Runs a command's actor until it has a result. The interrupt is passed on to it, and it answers by ending.</summary>
    public async Task<T> RunAsync<T>(Func<TaskCompletionSource<T>, CommandActor<T>> create, CancellationToken interrupt)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = _system.ActorOf(Props.CreateBy(new Producer<T>(create, result)));
        using var registration = interrupt.Register(() => actor.Tell(Interrupt.Instance));
        return await result.Task.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Page is not null)
            await Page.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _system.Terminate().WaitAsync(ShutdownTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The process ends anyway, and its sockets with it.
        }
    }

    private sealed class Producer<T>(Func<TaskCompletionSource<T>, CommandActor<T>> create, TaskCompletionSource<T> result) : IIndirectActorProducer
    {
        public Type ActorType => typeof(CommandActor<T>);

        public ActorBase Produce() => create(result);

        public void Release(ActorBase actor)
        {
        }
    }
}
