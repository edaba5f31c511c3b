using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.DependencyInjection;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Hosting.Tests;

/// <summary>Listeners of a real host, and the test's own actor system, which connects to them.</summary>
public sealed class ListenerTests() : TestKit(ConfigurationFactory.ParseString(HostedSystem.Quiet + "akka.test.single-expect-default = 60s"))
{
    [Fact]
    public async Task A_hosted_listener_is_registered_and_serves()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtp().WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>()));
        await host.StartAsync();

        var connection = Open(await host.AddressAsync());
        connection.Tell(new Write("hello"u8.ToArray()));

        Assert.Equal("hello"u8, ExpectBytes(5));
    }

    [Fact]
    public async Task Without_WithUtp_a_listener_serves_too()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>()));
        await host.StartAsync();

        Open(await host.AddressAsync());
    }

    [Fact]
    public async Task A_handler_takes_its_parts_from_the_services()
    {
        var greeting = new Greeting("welcome"u8.ToArray());
        await using var host = new HostedSystem(
            static (akka, _) => akka.WithUtpListener<TheListener>(HostedSystem.AnyPort, static (_, _, resolver) => resolver.Props<Greeter>()),
            services => services.AddSingleton(greeting));
        await host.StartAsync();

        Open(await host.AddressAsync());

        Assert.Equal("welcome"u8, ExpectBytes(7));
    }

    [Fact]
    public async Task An_actor_of_the_registry_may_be_the_handler()
    {
        await using var host = new HostedSystem(akka => akka
            .WithActors((_, registry) => registry.Register<Echo>(TestActor))
            .WithUtpListener<TheListener, Echo>(HostedSystem.AnyPort));
        await host.StartAsync();
        var probe = CreateTestProbe();

        Sys.Utp().Tell(new Connect(await host.AddressAsync()), probe.Ref);

        ExpectMsg<Connected>();
    }

    [Fact]
    public async Task The_registered_listener_takes_outgoing_connections_through_its_port()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>()));
        await host.StartAsync();
        var here = await Sys.Utp().Ask<Bound>(new Bind(TestActor, HostedSystem.AnyPort));

        host.System.Utp().Tell(new Connect(here.LocalAddress) { Listener = host.Listener }, CreateTestProbe().Ref);

        Assert.Equal(await host.AddressAsync(), ExpectMsg<Connected>().RemoteAddress);
    }

    [Fact]
    public async Task The_options_of_the_listener_reach_its_connections()
    {
        var outOfBand = CreateTestProbe();
        await using var host = new HostedSystem(akka => akka.WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>(), options =>
        {
            options.Connections = new UtpOptions { Delivery = DeliveryMode.Frames };
            options.OutOfBandHandler = _ => outOfBand.Ref;
        }));
        await host.StartAsync();
        var address = await host.AddressAsync();

        var connection = Open(address, new UtpOptions { Delivery = DeliveryMode.Frames });
        connection.Tell(new CompoundWrite(new Write("one"u8.ToArray()), new Write("two"u8.ToArray())));
        using var stranger = new UdpClient();
        await stranger.SendAsync("not uTP"u8.ToArray(), address);

        Assert.Equal("one"u8, ExpectMsg<Received>().Data.Span);
        Assert.Equal("two"u8, ExpectMsg<Received>().Data.Span);
        outOfBand.ExpectMsg<OutOfBandReceived>();
    }

    [Fact]
    public async Task A_port_that_is_taken_fails_the_start_and_names_listener_address_and_cause()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(HostedSystem.AnyPort);
        var taken = (IPEndPoint)socket.LocalEndPoint!;
        await using var host = new HostedSystem(akka => akka.WithUtpListener<TheListener>(taken, Props.Create<Echo>()));

        var e = await Assert.ThrowsAsync<UtpListenerStartException>(host.StartAsync);

        Assert.Equal(FailureCause.AddressInUse, e.FailureCause);
        Assert.Equal(taken, e.LocalAddress);
        Assert.Contains(nameof(TheListener), e.Message, StringComparison.Ordinal);
        Assert.Contains(taken.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_option_of_a_listener_fails_the_start_and_names_the_key()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtpListener<TheListener>(
            HostedSystem.AnyPort, Props.Create<Echo>(), static options => options.Connections = new UtpOptions { MaxTimeouts = 0 }));

        var e = await Assert.ThrowsAsync<UtpListenerStartException>(host.StartAsync);

        Assert.Equal(FailureCause.InvalidOption, e.FailureCause);
        Assert.Contains("utp.max-timeouts", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_taken_fails_the_start_and_is_named()
    {
        await using var host = new HostedSystem(static akka => akka
            .WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>(), static options => options.HealthCheckName = "one")
            .WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>(), static options => options.HealthCheckName = "two"));

        var e = await Assert.ThrowsAsync<InvalidOperationException>(host.StartAsync);

        Assert.Contains(nameof(TheListener), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_of_one_name_and_generic_ones_are_told_apart()
    {
        await using var host = new HostedSystem(static akka => akka
            .WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>())
            .WithUtpListener<Here.TheListener>(HostedSystem.AnyPort, Props.Create<Echo>(), static options => options.HealthCheckName = "here")
            .WithUtpListener<List<TheListener>>(HostedSystem.AnyPort, Props.Create<Echo>()));

        await host.StartAsync();

        Assert.Equal(3, (await host.CheckHealthAsync()).Entries.Count);
    }

    [Fact]
    public async Task A_handler_that_nobody_registered_fails_the_start()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtpListener<TheListener, Echo>(HostedSystem.AnyPort));

        var e = await Assert.ThrowsAsync<MissingActorRegistryEntryException>(host.StartAsync);

        Assert.Contains(nameof(Echo), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stop_of_the_host_delivers_what_was_written_and_frees_the_port()
    {
        var greeting = new Greeting(new byte[2_000_000]);
        new Random(1).NextBytes(greeting.Bytes);
        await using var host = new HostedSystem(
            static (akka, _) => akka.WithUtp(static utp => utp.ShutdownFlushTimeout = TimeSpan.FromSeconds(4))
                .WithUtpListener<TheListener>(HostedSystem.AnyPort, static (_, _, resolver) => resolver.Props<Greeter>()),
            services => services.AddSingleton(greeting));
        await host.StartAsync();
        var address = await host.AddressAsync();
        Sys.Utp().Tell(new Connect(address), TestActor);
        ExpectMsg<Connected>();
        var connection = LastSender;
        AwaitAssert(() => Assert.Equal(1, host.Listener.Ask<ListenerStatistics>(GetStatistics.Instance).Result.Connections));

        // Nothing was read yet when the host begins to stop: no more than a window has arrived.
        var stop = host.StopAsync();
        connection.Tell(new Register(TestActor));

        Assert.Equal(greeting.Bytes, ExpectBytes(greeting.Bytes.Length));
        ExpectMsg<PeerClosed>();
        await stop;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(address);
    }

    private IActorRef Open(IPEndPoint address, UtpOptions? options = null)
    {
        Sys.Utp().Tell(new Connect(address) { Options = options }, TestActor);
        ExpectMsg<Connected>();
        var connection = LastSender;
        connection.Tell(new Register(TestActor), TestActor);
        return connection;
    }

    // The next bytes of the stream, however they were cut.
    private byte[] ExpectBytes(int count)
    {
        var received = new List<byte>(count);
        while (received.Count < count)
            received.AddRange(ExpectMsg<Received>().Data.Span);
        return [.. received];
    }

    private static class Here
    {
        public sealed class TheListener;
    }

    private sealed record Greeting(byte[] Bytes);

    // Says its greeting first on each connection.
    private sealed class Greeter : ReceiveActor
    {
        public Greeter(Greeting greeting) => Receive<Connected>(_ =>
        {
            Sender.Tell(new Register(Self));
            Sender.Tell(new Write(greeting.Bytes));
        });
    }
}
