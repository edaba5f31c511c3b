using System.Reflection;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport;

namespace Utp.Remote.Tests.Contract;

/// <summary>A transport alone, as Akka.Remote makes it from its section, without remoting above it.</summary>
internal sealed class TransportNode : IAsyncDisposable
{
    private TransportNode(ActorSystem system, Transport transport, LogLines log) => (System, Transport, Log) = (system, transport, log);

    public ActorSystem System { get; }

    public Transport Transport { get; }

    /// <summary>Warnings and errors.</summary>
    public LogLines Log { get; }

    public Address Address { get; private set; } = null!;

    public TaskCompletionSource<IAssociationEventListener> ListenPromise { get; private set; } = null!;

    public Accepted Accepted { get; } = new();

    /// <summary>Not listening yet.</summary>
    public static TransportNode Create(TransportKind kind, string extra = "", int port = 0, Setup? setup = null)
    {
        var bootstrap = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }")));
        var system = ActorSystem.Create("node", setup is null ? bootstrap : bootstrap.And(setup));
        var log = LogLines.Of(system);
        var section = ConfigurationFactory.ParseString(extra + "\n" + $"hostname = 127.0.0.1\nport = {port}\n" + kind.Section);
        if (kind.SharedSection is { } shared)
            section = section.WithFallback(ConfigurationFactory.FromResource<Akka.Remote.RemoteSettings>("Akka.Remote.Configuration.Remote.conf").GetConfig(shared));
        try
        {
            return new TransportNode(system, (Transport)Activator.CreateInstance(Type.GetType(kind.TransportClass, throwOnError: true)!, system, section)!, log);
        }
        catch (TargetInvocationException e)
        {
            system.Terminate();
            throw e.InnerException!;
        }
    }

    /// <summary>Listening, and accepting.</summary>
    public static async Task<TransportNode> StartAsync(TransportKind kind, string extra = "", int port = 0, Setup? setup = null)
    {
        var node = Create(kind, extra, port, setup);
        try
        {
            await node.ListenAsync();
            node.ListenPromise.SetResult(node.Accepted);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async Task ListenAsync() => (Address, ListenPromise) = await Transport.Listen();

    public async ValueTask DisposeAsync()
    {
        await Transport.Shutdown();
        await System.Terminate();
    }

    /// <summary>An association with another node: both handles, read by both ends.</summary>
    public async Task<(AssociationHandle Here, Collected HereHears, AssociationHandle There, Collected ThereHears)> AssociateAsync(TransportNode other)
    {
        var here = await Transport.Associate(other.Address);
        var there = await other.Accepted.NextAsync();
        Collected hereHears = new(), thereHears = new();
        here.ReadHandlerSource.SetResult(hereHears);
        there.ReadHandlerSource.SetResult(thereHears);
        return (here, hereHears, there, thereHears);
    }
}
