using Akka.Actor;
using Akka.Configuration;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests.Remoting;

/// <summary>One actor system with uTP and Akka's own transport: what a change from the one to the other needs (docs/guide-remote.md).</summary>
public sealed class TwoTransportsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<ActorSystem> _systems = [];

    [Fact]
    public async Task A_node_with_both_is_reached_and_reaches_others_under_each_scheme()
    {
        var both = Start("both", $$"""
            akka.remote.enabled-transports = ["akka.remote.utp", "akka.remote.dot-netty.tcp"]
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            """, TransportKind.Utp);
        var (utp, tcp) = (Start("utp", "", TransportKind.Utp), Start("tcp", "", TransportKind.AkkaTcp));
        var addresses = ((Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)both).Provider).Transport.Addresses;

        foreach (var (other, scheme) in new[] { (utp, "akka.utp"), (tcp, "akka.tcp") })
        {
            var address = addresses.Single(address => address.Protocol == scheme);
            var there = await other.ActorSelection(new RootActorPath(address) / "user" / "echo").Ask<string>("to both", Patience);
            var back = await both.ActorSelection(new RootActorPath(((ExtendedActorSystem)other).Provider.DefaultAddress) / "user" / "echo").Ask<string>("from both", Patience);

            Assert.Equal(("to both", "from both"), (there, back));
        }

        Assert.Equal("akka.utp", ((ExtendedActorSystem)both).Provider.DefaultAddress.Protocol);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var system in _systems)
            await system.Terminate();
    }

    private ActorSystem Start(string name, string more, TransportKind kind)
    {
        var system = ActorSystem.Create(name, ConfigurationFactory.ParseString(more).WithFallback(ConfigurationFactory.ParseString(kind.Hocon())));
        system.ActorOf(Props.Create<Echo>(), "echo");
        _systems.Add(system);
        return system;
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }
}
