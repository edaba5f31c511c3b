using Akka.Actor;
using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors.Tests.Settings;

public sealed class SettingsTests
{
    // Each key with a value that is not its default, and how that shows.
    private static readonly Dictionary<string, (string Value, Func<UtpSettings, object?> Read, object? Expected)> Keys = new()
    {
        ["utp.channel"] = ("socket", s => s.Channel, ChannelDriver.Socket),
        ["utp.dispatcher"] = ("akka.actor.internal-dispatcher", s => s.Dispatcher, "akka.actor.internal-dispatcher"),
        ["utp.socket.receive-buffer"] = ("1MiB", s => s.SocketReceiveBufferBytes, 1 << 20),
        ["utp.socket.send-buffer"] = ("2MiB", s => s.SocketSendBufferBytes, 2 << 20),
        ["utp.socket.receive-batch"] = ("7", s => s.ReceiveBatchDatagrams, 7),
        ["utp.socket.receive-loops"] = ("3", s => s.ReceiveLoops, 3),
        ["utp.socket.receive-memory"] = ("5MiB", s => s.ReceiveMemoryBytes, 5L << 20),
        ["utp.compatibility"] = ("node-utp", s => s.Connection.Compatibility, PeerCompatibility.NodeUtp),
        ["utp.delivery"] = ("frames", s => s.Connection.Mode, DeliveryMode.Frames),
        ["utp.drop-unsupported-metadata"] = ("on", s => s.Connection.DropUnsupportedMetadata, true),
        ["utp.max-frame-size"] = ("2KiB", s => s.Connection.MaxFrameBytes, 2048),
        ["utp.congestion-control"] = ("cubic", s => s.Connection.CongestionControl().Name, "cubic"),
        ["utp.target-delay"] = ("25ms", s => s.TargetDelay, TimeSpan.FromMilliseconds(25)),
        ["utp.pacing"] = ("off", s => s.Connection.Pacing, false),
        ["utp.max-datagram-size"] = ("1000", s => s.Connection.MaxDatagramBytes, 1000),
        ["utp.send-buffer"] = ("1MiB", s => s.Connection.SendBufferBytes, 1 << 20),
        ["utp.receive-window.initial"] = ("128KiB", s => s.Connection.InitialReceiveWindowBytes, 128 << 10),
        ["utp.receive-window.max"] = ("8MiB", s => s.Connection.MaxReceiveWindowBytes, 8 << 20),
        ["utp.reorder-memory"] = ("2MiB", s => s.Connection.ReorderBudget!.TryTake((2 << 20) + 1) ? 0 : s.ReorderMemoryBytes, 2L << 20),
        ["utp.unread-memory"] = ("3MiB", s => s.Connection.UnreadBudget!.ShareBytes == s.UnreadMemoryBytes ? s.UnreadMemoryBytes : 0, 3L << 20),
        ["utp.in-flight.foreign"] = ("500", s => s.Connection.MaxForeignPacketsInFlight, 500),
        ["utp.in-flight.own-peer"] = ("1000", s => s.Connection.MaxOwnPacketsInFlight, 1000),
        ["utp.connect-timeout"] = ("3s", s => s.Connection.ConnectTimeoutMicros, 3_000_000L),
        ["utp.client-port"] = ("own", s => s.ClientPort, ClientPort.Own),
        ["utp.half-open-timeout"] = ("4s", s => s.Connection.HalfOpenTimeoutMicros, 4_000_000L),
        ["utp.register-timeout"] = ("off", s => s.RegisterTimeout, TimeSpan.Zero),
        ["utp.keep-alive"] = ("off", s => s.Connection.KeepAliveMicros, 0L),
        ["utp.idle-timeout"] = ("90s", s => s.Connection.IdleTimeoutMicros, 90_000_000L),
        ["utp.time-wait"] = ("0ms", s => s.Connection.TimeWaitMicros, 0L),
        ["utp.max-timeouts"] = ("5", s => s.Connection.MaxTimeouts, 5),
        ["utp.rto.initial"] = ("2s", s => s.Connection.InitialRtoMicros, 2_000_000L),
        ["utp.rto.min"] = ("300ms", s => s.Connection.MinRtoMicros, 300_000L),
        ["utp.rto.min-own-peer"] = ("100ms", s => s.Connection.MinRtoOwnPeerMicros, 100_000L),
        ["utp.rto.max"] = ("30s", s => s.Connection.MaxRtoMicros, 30_000_000L),
        ["utp.accept-unconfirmed"] = ("on", s => s.Connection.AcceptUnconfirmed, true),
        ["utp.delayed-ack"] = ("on", s => s.Connection.DelayedAck, true),
        ["utp.coalesce-small-writes"] = ("on", s => s.Connection.CoalesceSmallWrites, true),
        ["utp.limits.connections"] = ("11", s => s.Limits.MaxConnections, 11),
        ["utp.limits.connections-per-address"] = ("12", s => s.Limits.MaxConnectionsPerAddress, 12),
        ["utp.limits.half-open"] = ("13", s => s.Limits.MaxHalfOpen, 13),
        ["utp.limits.half-open-per-address"] = ("14", s => s.Limits.MaxHalfOpenPerAddress, 14),
        ["utp.limits.resets-per-second"] = ("15", s => s.Limits.MaxResetsPerSecond, 15),
        ["utp.limits.resets-per-second-per-address"] = ("16", s => s.Limits.MaxResetsPerSecondPerAddress, 16),
        ["utp.limits.unknown-is-not-utp"] = ("on", s => s.Limits.UnknownIsNotUtp, true),
        ["utp.trace"] = ("/var/trace", s => s.Trace.Folder, "/var/trace"),
        ["utp.trace-kind"] = ("qlog", s => s.Trace.Kinds, TraceKinds.Qlog),
        ["utp.trace-file-size"] = ("1MiB", s => s.Trace.FileBytes, 1L << 20),
        ["utp.trace-size"] = ("2MiB", s => s.Trace.TotalBytes, 2L << 20),
        ["utp.trace-snap"] = ("64", s => s.Trace.SnapBytes, 64),
        ["utp.trace-memory"] = ("3MiB", s => s.Trace.MemoryBytes, 3L << 20),
        ["utp.shutdown-flush-timeout"] = ("1s", s => s.ShutdownFlushTimeout, TimeSpan.FromSeconds(1)),
    };

    public static TheoryData<string> AllKeys
    {
        get
        {
            var keys = new TheoryData<string>();
            foreach (var key in UnknownKeys.Leaves(UtpSettings.Reference).Distinct())
                keys.Add(key);
            return keys;
        }
    }

    [Theory]
    [MemberData(nameof(AllKeys))]
    public void Every_key_of_the_reference_is_read(string key)
    {
        Assert.True(Keys.ContainsKey(key), $"{key} stands in utp.hocon, but no test reads it.");
        var (value, read, expected) = Keys[key];
        Assert.Equal(expected, read(Parse($"{key} = {value}")));
        Assert.NotEqual(expected, read(Parse("")));
    }

    [Theory]
    [MemberData(nameof(AllKeys))]
    public void A_wrong_value_stops_the_start_and_names_key_value_and_range(string key)
    {
        var error = Assert.Throws<ConfigurationException>(() => Parse($"{key} = \"12 parsecs\""));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Contains("12 parsecs", error.Message, StringComparison.Ordinal);
        Assert.Contains("must be", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utp.connect-timeout = 0s", "utp.connect-timeout = 0s", "1ms to 1h")]
    [InlineData("utp.connect-timeout = 2h", "utp.connect-timeout = 2h", "1ms to 1h")]
    [InlineData("utp.connect-timeout = off", "utp.connect-timeout = off", "1ms to 1h")]
    [InlineData("utp.keep-alive = 1ms", "utp.keep-alive = 1ms", "or off")]
    [InlineData("utp.max-datagram-size = 500", "utp.max-datagram-size = 500", "548 to 65507")]
    [InlineData("utp.send-buffer = -1", "utp.send-buffer = -1", "4KiB to 1GiB")]
    [InlineData("utp.send-buffer = 99999999999999999999", "utp.send-buffer", "4KiB to 1GiB")]
    [InlineData("utp.socket.receive-batch = 0", "utp.socket.receive-batch = 0", "1 to 1024")]
    [InlineData("utp.socket.receive-batch = 1.5", "utp.socket.receive-batch = 1.5", "1 to 1024")]
    [InlineData("utp.socket.receive-batch = [1, 2]", "utp.socket.receive-batch", "1 to 1024")]
    [InlineData("utp.channel = udp", "utp.channel = udp", "auto, batched, socket, akka-io")]
    [InlineData("utp.pacing = \"\"", "utp.pacing = \"\"", "on, off")]
    [InlineData("utp.delayed-ack = maybe", "utp.delayed-ack = maybe", "on or off")]
    [InlineData("utp.congestion-control = reno", "utp.congestion-control = reno", "lbe, ledbat, ledbat++, cubic")]
    [InlineData("utp.target-delay = 2s", "utp.target-delay = 2s", "1ms to 1s, or auto")]
    [InlineData("utp.dispatcher = nowhere.to-be-found", "utp.dispatcher = nowhere.to-be-found", "section")]
    public void The_error_tells_what_is_allowed(string setting, string quoted, string range)
    {
        var error = Assert.Throws<ConfigurationException>(() => Parse(setting));
        Assert.Contains(quoted, error.Message, StringComparison.Ordinal);
        Assert.Contains(range, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utp.receive-window.initial = 8MiB", "utp.receive-window.initial", "utp.receive-window.max")]
    [InlineData("utp.rto.max = 400ms", "utp.rto.min", "utp.rto.max")]
    [InlineData("utp.rto.max = 600ms", "utp.rto.initial", "utp.rto.max")]
    public void Values_that_contradict_each_other_stop_the_start(string setting, string smaller, string larger)
    {
        var error = Assert.Throws<ConfigurationException>(() => Parse(setting));
        Assert.Contains(smaller, error.Message, StringComparison.Ordinal);
        Assert.Contains(larger, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utp.conect-timeout = 1s", "utp.conect-timeout", "utp.connect-timeout")]
    [InlineData("utp.rto = 1s", "utp.rto", "utp.rto.")]
    [InlineData("utp.rto.min.value = 1s", "utp.rto.min.value", "utp.rto.min")]
    [InlineData("utp { limits { conections = 5 } }", "utp.limits.conections", "utp.limits.connections")]
    public void A_misspelt_key_stops_the_start_and_the_right_one_is_suggested(string setting, string key, string suggestion)
    {
        var error = Assert.Throws<ConfigurationException>(() => Parse(setting));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Contains(suggestion, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_sections_are_none_of_our_business()
    {
        Assert.NotNull(Parse("akka.loglevel = DEBUG\nutpx.a = 1"));
    }

    [Fact]
    public void The_defaults_are_those_of_the_core()
    {
        var connection = Parse("").Connection;
        var core = ConnectionOptions.Default with { CongestionControl = connection.CongestionControl };
        Assert.Equal(core with { AllocateDelivery = connection.AllocateDelivery, ReorderBudget = connection.ReorderBudget, UnreadBudget = connection.UnreadBudget }, connection);
        Assert.Equal(new EndpointLimits(), Parse("").Limits);
    }

    [Fact]
    public async Task The_reference_is_merged_into_the_systems_configuration()
    {
        var system = ActorSystem.Create("merge");
        try
        {
            Assert.False(system.Settings.Config.HasPath("utp.channel"));
            system.Utp();
            Assert.Equal("auto", system.Settings.Config.GetString("utp.channel"));
        }
        finally
        {
            await system.Terminate();
        }
    }

    [Fact]
    public async Task A_wrong_value_fails_the_first_use()
    {
        var system = ActorSystem.Create("wrong", ConfigurationFactory.ParseString("utp.max-timeouts = 0"));
        try
        {
            var error = Assert.Throws<ConfigurationException>(() => system.Utp());
            Assert.Contains("utp.max-timeouts = 0", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static UtpSettings Parse(string hocon) => UtpSettings.Parse(ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.Default()));
}
