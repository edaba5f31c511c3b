using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Utp.Hosting;

/// <summary>One node: a host with remoting over uTP, a cluster and sharded accounts. It does what its standard input says, and leaves the cluster when that ends.</summary>
static class Node
{
    private const string Settings = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = []
          cluster {
            failure-detector.acceptable-heartbeat-pause = 8s
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver.stable-after = 5s
            sharding.rebalance-interval = 2s
          }
        }
        """;

    public static async Task RunAsync(string name, string? seed)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        #region cluster
        builder.Services.AddAkka("bank", akka => akka
            .AddHocon(Settings, HoconAddMode.Prepend)
            .WithUtpRemoting("127.0.0.1", 0)
            .WithClustering()
            .WithShardRegion<Account>(
                "accounts", id => Props.Create(() => new Account(id, name)), new AccountOf(), new ShardOptions { StateStoreMode = StateStoreMode.DData })
            .WithActors((system, _) => system.ActorOf<Watcher>()));
        #endregion
        using var host = builder.Build();
        await host.StartAsync();
        var cluster = Cluster.Get(host.Services.GetRequiredService<ActorSystem>());
        await cluster.JoinAsync(seed is null ? cluster.SelfAddress : Address.Parse(seed));
        Console.WriteLine($"listens at {cluster.SelfAddress}");
        var region = host.Services.GetRequiredService<IRequiredActor<Account>>();
        while (Console.ReadLine() is { } line)
            Console.WriteLine(await DepositAsync(await region.GetAsync(), int.Parse(line)));
        await host.StopAsync();
    }

    // Ten to each account; where a shard is on its way to another node its messages wait, or are lost, and are asked again.
    private static async Task<string> DepositAsync(IActorRef region, int accounts)
    {
        var balances = await Task.WhenAll(Enumerable.Range(1, accounts).Select(async i =>
        {
            for (var tries = 0; ; tries++)
            {
                try
                {
                    return await region.Ask<Balance>(new Deposit($"account-{i}", 10), TimeSpan.FromSeconds(3));
                }
                catch (AskTimeoutException) when (tries < 10)
                {
                }
            }
        }));
        var nodes = balances.GroupBy(static balance => balance.Node).OrderBy(static node => node.Key, StringComparer.Ordinal).Select(static node => $"{node.Count()} on {node.Key}");
        return $"{balances.Length} accounts hold {balances.Sum(static balance => balance.Total):N0}: {string.Join(", ", nodes)}";
    }

    private sealed class Watcher : ReceiveActor
    {
        private readonly HashSet<Address> _up = [];

        public Watcher()
        {
            Receive<ClusterEvent.MemberUp>(up => Say(_up.Add(up.Member.Address)));
            Receive<ClusterEvent.MemberRemoved>(removed => Say(_up.Remove(removed.Member.Address)));
            Receive<ClusterEvent.UnreachableMember>(gone => Console.WriteLine($"does not hear from {gone.Member.Address}"));
            ReceiveAny(static _ => { });
        }

        protected override void PreStart() => Cluster.Get(Context.System).Subscribe(
            Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.UnreachableMember));

        private void Say(bool isNews)
        {
            if (isNews)
                Console.WriteLine($"sees {_up.Count} node(s) up");
        }
    }
}
