using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;
using Akka.Remote;

namespace Utp.Cluster.Tests;

/// <summary>
/// A node of a cluster over uTP, as a process: <c>node NAME HOST PORT [SEED]</c>. It answers each line of its input with one of its output: <c>members</c>, <c>down ADDRESS</c>, <c>singleton</c>, <c>entities N</c>,
/// <c>add X</c>, <c>set</c>, <c>ended</c>. At the end of its input it leaves the cluster, and ends. Nobody is put out but by <c>down</c>: so what is seen does not depend on how fast the machine is.
/// </summary>
internal static class NodeProgram
{
    // Real detection of failures, but no alarm because a machine with tests on it does not come to a node for some seconds. What else has a period has a short one.
    private const string Settings = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = []
          actor.provider = cluster
          remote.enabled-transports = ["akka.remote.utp"]
          remote.utp.transport-class = "Utp.Remote.UtpTransport, Utp.Remote"
          cluster {
            gossip-interval = 200ms
            leader-actions-interval = 200ms
            periodic-tasks-initial-delay = 100ms
            retry-unsuccessful-join-after = 1s
            failure-detector { heartbeat-interval = 500ms, acceptable-heartbeat-pause = 4s }
            distributed-data { gossip-interval = 200ms, notify-subscribers-interval = 100ms }
            singleton.hand-over-retry-interval = 200ms
            singleton.min-number-of-hand-over-retries = 60
            singleton-proxy.singleton-identification-interval = 200ms
            sharding { state-store-mode = ddata, retry-interval = 200ms, rebalance-interval = 500ms, least-shard-allocation-strategy { rebalance-absolute-limit = 50, rebalance-relative-limit = 1.0 } }
          }
        }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly GSetKey<string> Key = new("words");

    public static async Task<int> Main(string[] args)
    {
        if (args is not ["node", var name, var host, var port, .. var seed])
            return 2;
        var system = ActorSystem.Create("cluster", ConfigurationFactory.ParseString($"akka.remote.utp {{ hostname = {host}, port = {port} }}").WithFallback(ConfigurationFactory.ParseString(Settings)));
        var ended = 0;
        var listener = system.ActorOf(Props.Create(() => new Listener(() => Interlocked.Increment(ref ended))));
        foreach (var trouble in new[] { typeof(DisassociatedEvent), typeof(AssociationErrorEvent), typeof(QuarantinedEvent), typeof(ThisActorSystemQuarantinedEvent) })
            system.EventStream.Subscribe(listener, trouble);
        var cluster = Akka.Cluster.Cluster.Get(system);
        var region = await ClusterSharding.Get(system).StartAsync(
            "entities", _ => Props.Create(() => new Entity(name)), ClusterShardingSettings.Create(system), new EntityOf()).ConfigureAwait(false);
        system.ActorOf(ClusterSingletonManager.Props(Props.Create(() => new Entity(name)), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)), "one");
        var one = system.ActorOf(ClusterSingletonProxy.Props("/user/one", ClusterSingletonProxySettings.Create(system)), "proxy");
        await cluster.JoinAsync(seed is [var address] ? Address.Parse(address) : cluster.SelfAddress).ConfigureAwait(false);
        Console.WriteLine(cluster.SelfAddress);
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            try
            {
                Console.WriteLine(await AnswerAsync(line.Split(' ')).ConfigureAwait(false));
            }
            catch (AskTimeoutException)
            {
                Console.WriteLine("no answer");
            }
        }

        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance).ConfigureAwait(false);
        return 0;

        async Task<string> AnswerAsync(string[] command)
        {
            switch (command)
            {
                case ["members"]:
                    var state = cluster.State;
                    return $"{state.Members.Count(static member => member.Status == MemberStatus.Up)} up, {state.Members.Count} in all, {state.Unreachable.Count} unreachable";
                case ["down", var address]:
                    cluster.Down(Address.Parse(address));
                    return "downed";
                case ["singleton"]:
                    return await one.Ask<string>("where", Patience).ConfigureAwait(false);
                case ["entities", var count]:
                    var places = await Task.WhenAll(Enumerable.Range(0, int.Parse(count, CultureInfo.InvariantCulture)).Select(i => region.Ask<string>(i, Patience))).ConfigureAwait(false);
                    return $"{places.Length}: {string.Join(' ', places.GroupBy(static place => place).OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group => $"{group.Key}={group.Count()}"))}";
                case ["add", var word]:
                    var added = await DistributedData.Get(system).Replicator.Ask<IUpdateResponse>(Dsl.Update(Key, GSet<string>.Empty, WriteLocal.Instance, set => set.Add(word)), Patience).ConfigureAwait(false);
                    return added.IsSuccessful ? "added" : added.ToString()!;
                case ["set"]:
                    var got = await DistributedData.Get(system).Replicator.Ask<IGetResponse>(Dsl.Get(Key, ReadLocal.Instance), Patience).ConfigureAwait(false);
                    return got.IsSuccessful ? string.Join(' ', got.Get(Key).Elements.Order(StringComparer.Ordinal)) : "nothing";
                case ["ended"]:
                    return Volatile.Read(ref ended).ToString(CultureInfo.InvariantCulture);
                default:
                    return "what?";
            }
        }
    }

    /// <summary>Says where it lives.</summary>
    private sealed class Entity(string node) : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(node);
    }

    /// <summary>Hears of something.</summary>
    private sealed class Listener(Action heard) : UntypedActor
    {
        protected override void OnReceive(object message) => heard();
    }

    private sealed class EntityOf() : HashCodeMessageExtractor(50)
    {
        public override string? EntityId(object message) => message is int number ? number.ToString(CultureInfo.InvariantCulture) : null;
    }
}
