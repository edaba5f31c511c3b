using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.Configuration;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Hosting.Tests;

public sealed class OptionsTests
{
    [Fact]
    public async Task Every_option_reaches_its_key()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtp(static utp =>
        {
            utp.Channel = ChannelDriver.Socket;
            utp.Dispatcher = "akka.actor.internal-dispatcher";
            utp.SocketReceiveBufferBytes = 100_000;
            utp.SocketSendBufferBytes = 200_000;
            utp.ReceiveLoops = 3;
            utp.ClientPort = ClientPort.Own;
            utp.ReceiveMemoryBytes = 5_000_000;
            utp.ReorderMemoryBytes = 6_000_000;
            utp.UnreadMemoryBytes = 7_000_000;
            utp.ConnectTimeout = TimeSpan.FromMilliseconds(1500);
            utp.ShutdownFlushTimeout = TimeSpan.FromSeconds(3);
            utp.Limits = new EndpointLimits { MaxConnections = 11, MaxHalfOpen = 5, UnknownIsNotUtp = true };
            utp.Connections = new UtpOptions
            {
                CongestionControl = "cubic",
                TargetDelay = TimeSpan.FromMilliseconds(7),
                Compatibility = PeerCompatibility.Plain,
                Delivery = DeliveryMode.Objects,
                DropUnsupportedMetadata = true,
                MaxFrameBytes = 20_000,
                MaxDatagramBytes = 1400,
                SendBufferBytes = 30_000,
                InitialReceiveWindowBytes = 40_000,
                MaxReceiveWindowBytes = 50_000,
                HalfOpenTimeout = TimeSpan.FromSeconds(9),
                RegisterTimeout = Timeout.InfiniteTimeSpan,
                KeepAlive = TimeSpan.Zero,
                IdleTimeout = TimeSpan.FromMinutes(2),
                MaxTimeouts = 6,
                Pacing = false,
                CoalesceSmallWrites = true,
                DelayedAck = true,
            };
            utp.Hocon = "rto.initial = 800ms\nconnect-timeout = 9s";
        }));
        await host.StartAsync();

        var settings = UtpExtension.Get(host.System).Settings;
        Assert.Equal(ChannelDriver.Socket, settings.Channel);
        Assert.Equal("akka.actor.internal-dispatcher", settings.Dispatcher);
        Assert.Equal((100_000, 200_000), (settings.SocketReceiveBufferBytes, settings.SocketSendBufferBytes));
        Assert.Equal(ClientPort.Own, settings.ClientPort);
        Assert.Equal((3, 5_000_000, 6_000_000, 7_000_000), (settings.ReceiveLoops, settings.ReceiveMemoryBytes, settings.ReorderMemoryBytes, settings.UnreadMemoryBytes));
        Assert.Equal(TimeSpan.FromSeconds(3), settings.ShutdownFlushTimeout);
        Assert.Equal((11, 5, true), (settings.Limits.MaxConnections, settings.Limits.MaxHalfOpen, settings.Limits.UnknownIsNotUtp));
        Assert.Equal(("cubic", TimeSpan.FromMilliseconds(7), false), (settings.CongestionControl, settings.TargetDelay, settings.Connection.Pacing));
        Assert.Equal((1400, TimeSpan.Zero), (settings.MaxDatagramBytes, settings.RegisterTimeout));
        var connection = settings.Connection;
        Assert.Equal((PeerCompatibility.Plain, DeliveryMode.Objects, true), (connection.Compatibility, connection.Mode, connection.DropUnsupportedMetadata));
        Assert.Equal((20_000, 30_000, 40_000, 50_000), (connection.MaxFrameBytes, connection.SendBufferBytes, connection.InitialReceiveWindowBytes, connection.MaxReceiveWindowBytes));
        Assert.Equal((9_000_000, 0, 120_000_000), (connection.HalfOpenTimeoutMicros, connection.KeepAliveMicros, connection.IdleTimeoutMicros));
        Assert.Equal((6, true, true), (connection.MaxTimeouts, connection.CoalesceSmallWrites, connection.DelayedAck));

        // A property is stronger than free HOCON.
        Assert.Equal((800_000, 1_500_000), (connection.InitialRtoMicros, connection.ConnectTimeoutMicros));
    }

    [Fact]
    public async Task Options_are_stronger_than_the_HOCON_that_was_added_before()
    {
        await using var host = new HostedSystem(static akka => akka
            .AddHocon(ConfigurationFactory.ParseString("utp { max-timeouts = 3, connect-timeout = 7s }"), HoconAddMode.Prepend)
            .WithUtp(static utp => utp.ConnectTimeout = TimeSpan.FromSeconds(2)));
        await host.StartAsync();

        var connection = UtpExtension.Get(host.System).Settings.Connection;
        Assert.Equal((3, 2_000_000), (connection.MaxTimeouts, connection.ConnectTimeoutMicros));
    }

    [Fact]
    public async Task A_section_of_the_hosts_configuration_can_be_bound()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Utp:ConnectTimeout"] = "00:00:03",
            ["Utp:Channel"] = "Socket",
            ["Utp:Connections:CongestionControl"] = "ledbat++",
            ["Utp:Connections:IdleTimeout"] = "00:01:00",
        }).Build().GetSection("Utp");
        await using var host = new HostedSystem(akka => akka.WithUtp(utp => section.Bind(utp)));
        await host.StartAsync();

        var settings = UtpExtension.Get(host.System).Settings;
        Assert.Equal((ChannelDriver.Socket, "ledbat++"), (settings.Channel, settings.CongestionControl));
        Assert.Equal((3_000_000, 60_000_000), (settings.Connection.ConnectTimeoutMicros, settings.Connection.IdleTimeoutMicros));
    }

    [Fact]
    public async Task A_law_of_the_programs_own_can_be_named()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtp(static utp =>
        {
            utp.CongestionControls["mine"] = static () => new Ledbat();
            utp.Connections = new UtpOptions { CongestionControl = "mine" };
        }));
        await host.StartAsync();

        Assert.Equal("mine", UtpExtension.Get(host.System).Settings.CongestionControl);
    }

    [Theory]
    [InlineData("max-timeouts = 0", "utp.max-timeouts")]
    [InlineData("max-timeout = 4", "max-timeouts")]
    public async Task Wrong_HOCON_stops_the_start_and_names_the_key(string hocon, string named)
    {
        await using var host = new HostedSystem(akka => akka.WithUtp(utp => utp.Hocon = hocon));

        var e = await Assert.ThrowsAsync<ConfigurationException>(host.StartAsync);

        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_option_stops_the_start_and_names_key_value_and_range()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtp(static utp => utp.ConnectTimeout = TimeSpan.FromHours(2)));

        var e = await Assert.ThrowsAsync<ConfigurationException>(host.StartAsync);

        Assert.Contains("utp.connect-timeout", e.Message, StringComparison.Ordinal);
        Assert.Contains("7200000ms", e.Message, StringComparison.Ordinal);
        Assert.Contains("1h", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_cannot_be_taken_for_syntax()
    {
        await using var host = new HostedSystem(static akka => akka.WithUtp(static utp => utp.Connections = new UtpOptions { CongestionControl = "a\" } \\" }));

        var e = await Assert.ThrowsAsync<ConfigurationException>(host.StartAsync);

        Assert.Contains("utp.congestion-control", e.Message, StringComparison.Ordinal);
    }
}
