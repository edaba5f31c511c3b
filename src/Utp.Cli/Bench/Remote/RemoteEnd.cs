using System.Globalization;
using Akka.Actor;
using Akka.Configuration;

namespace Utp.Cli;

/// <summary>
/// A node of Akka.Remote as one end of a benchmark. The server has an actor that takes messages, one that sends them back, and one that answers heartbeats; the client has what tells them. Of idle
/// the client is many nodes.
/// </summary>
internal sealed class RemoteEnd : IBenchEnd
{
    /// <summary>How often a heartbeat leaves while the association is saturated: often enough for a percentile of a short measurement.</summary>
    private static readonly TimeSpan HeartbeatPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The remote watcher's, which nobody else can make: of Akka's own kind of message that passes others which wait for the transport, as a cluster's heartbeats are.</summary>
    private static readonly object Heartbeat = Type.GetType("Akka.Remote.RemoteWatcher+Heartbeat, Akka.Remote", throwOnError: true)!.GetProperty("Instance")!.GetValue(null)!;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int MaxBatchBytes = 64 << 10;
    private const int MaxBatch = 64;

    private readonly EndPlan _plan;
    private readonly Tally _tally;
    private readonly List<ActorSystem> _systems = [];
    private readonly List<IActorRef> _workers = [];
    private readonly Dictionary<string, IActorRef> _peers = [];

    /// <summary>Starts the node, or nodes.</summary>
    public RemoteEnd(EndPlan plan, Tally tally, Config configuration)
    {
        (_plan, _tally) = (plan, tally);
        var nodes = plan is { Work: BenchWork.RemoteIdle, IsServer: false } ? plan.Connections : 1;
        for (var i = 0; i < nodes; i++)
            _systems.Add(RemoteNode.Start(plan.Carrier, plan.Host, configuration));
    }

    private ActorSystem System => _systems[0];

    // Answers cost something, too: one for about 64 KiB, and often enough that the window does not run empty.
    private int Batch => Math.Clamp(MaxBatchBytes / _plan.MessageBytes, 1, Math.Min(MaxBatch, _plan.Window / 4));

    public async Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts)
    {
        if (_plan.IsServer)
            return [Serve()];
        var protocol = ((ExtendedActorSystem)System).Provider.DefaultAddress.Protocol;
        var root = new RootActorPath(new Address(protocol, RemoteNode.SystemName, _plan.ServerHost, serverPorts[0]));
        foreach (var system in _systems)
        {
            foreach (var path in new[] { "user/sink", "user/echo", "system/cluster/heartbeatReceiver" })
                _peers[path] = await system.ActorSelection(root / path.Split('/')).ResolveOne(Patience).ConfigureAwait(false);
        }

        return [];
    }

    public Task GoAsync(long bytes)
    {
        if (_plan.Work is BenchWork.RemoteTell or BenchWork.RemoteHeartbeat)
        {
            var (sink, batch, mine, counts) = (_peers["user/sink"], Batch, _tally.AddConnection(), _plan.Work == BenchWork.RemoteTell);
            _workers.Add(System.ActorOf(Props.Create(() => new RemoteSource(sink, _plan.MessageBytes, _plan.Window, batch, _tally, mine, counts)), "source"));
        }

        if (_plan.Work == BenchWork.RemotePing)
        {
            var (echo, message) = (_peers["user/echo"], new byte[_plan.MessageBytes]);
            // Native code makes no array in an expression.
            _workers.Add(System.ActorOf(Props.Create(() => new RemotePinger(echo, message, TimeSpan.Zero, _tally)), "pinger"));
        }

        if (_plan.Work == BenchWork.RemoteHeartbeat)
        {
            var echo = _peers["system/cluster/heartbeatReceiver"];
            var pinger = Props.Create(() => new RemotePinger(echo, Heartbeat, HeartbeatPause, _tally));
            _workers.Add(((ExtendedActorSystem)System).SystemActorOf(Props.Create(() => new RemoteHeart("heartbeatSender", pinger)), "cluster"));
        }

        return Task.CompletedTask;
    }

    public Task<PacketCount?> CountPacketsAsync() => Task.FromResult<PacketCount?>(null);

    public async Task FinishAsync()
    {
        foreach (var worker in _workers)
            await worker.Ask<string>(RemoteSource.Stop, Patience).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_systems.Select(static system => system.Terminate())).ConfigureAwait(false);

    private int Serve()
    {
        var (batch, received) = (Batch, _tally.AddConnection());
        System.ActorOf(Props.Create(() => new RemoteSink(batch, received)), "sink");
        var echo = Props.Create<RemoteEcho>();
        System.ActorOf(echo, "echo");
        ((ExtendedActorSystem)System).SystemActorOf(Props.Create(() => new RemoteHeart("heartbeatReceiver", echo)), "cluster");
        return ((ExtendedActorSystem)System).Provider.DefaultAddress.Port
            ?? throw new CliException(string.Create(CultureInfo.InvariantCulture, $"{_plan.Carrier} has no port."));
    }
}
