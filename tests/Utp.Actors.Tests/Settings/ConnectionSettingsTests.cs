using System.Reflection;
using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors.Tests.Settings;

public sealed class ConnectionSettingsTests
{
    private static readonly UtpSettings Configured = UtpSettings.Parse(ConfigurationFactory.Default());

    // Each option with a value that is not the default, and how that shows.
    private static readonly Dictionary<string, (object Value, Func<ConnectionSettings, object?> Read, object? Expected)> Options = new()
    {
        [nameof(UtpOptions.CongestionControl)] = ("ledbat++", s => s.For(0).CongestionControl().Name, "ledbat++"),
        [nameof(UtpOptions.TargetDelay)] = (TimeSpan.FromMilliseconds(20), _ => "seen by the law alone", "seen by the law alone"),
        [nameof(UtpOptions.Compatibility)] = (PeerCompatibility.Plain, s => s.For(0).Compatibility, PeerCompatibility.Plain),
        [nameof(UtpOptions.Delivery)] = (DeliveryMode.Objects, s => s.For(0).Mode, DeliveryMode.Objects),
        [nameof(UtpOptions.DropUnsupportedMetadata)] = (true, s => s.For(0).DropUnsupportedMetadata, true),
        [nameof(UtpOptions.MaxFrameBytes)] = (4096, s => s.For(0).MaxFrameBytes, 4096),
        [nameof(UtpOptions.MaxDatagramBytes)] = (1000, s => s.For(0).MaxDatagramBytes, 1000),
        [nameof(UtpOptions.SendBufferBytes)] = (8192, s => s.For(0).SendBufferBytes, 8192),
        [nameof(UtpOptions.InitialReceiveWindowBytes)] = (8192, s => s.For(0).InitialReceiveWindowBytes, 8192),
        [nameof(UtpOptions.MaxReceiveWindowBytes)] = (1 << 20, s => s.For(0).MaxReceiveWindowBytes, 1 << 20),
        [nameof(UtpOptions.HalfOpenTimeout)] = (TimeSpan.FromSeconds(1), s => s.For(0).HalfOpenTimeoutMicros, 1_000_000L),
        [nameof(UtpOptions.RegisterTimeout)] = (Timeout.InfiniteTimeSpan, s => s.RegisterTimeout, TimeSpan.Zero),
        [nameof(UtpOptions.KeepAlive)] = (TimeSpan.Zero, s => s.For(0).KeepAliveMicros, 0L),
        [nameof(UtpOptions.IdleTimeout)] = (TimeSpan.FromSeconds(2), s => s.For(0).IdleTimeoutMicros, 2_000_000L),
        [nameof(UtpOptions.MaxTimeouts)] = (3, s => s.For(0).MaxTimeouts, 3),
        [nameof(UtpOptions.Pacing)] = (false, s => s.For(0).Pacing, false),
        [nameof(UtpOptions.CoalesceSmallWrites)] = (true, s => s.For(0).CoalesceSmallWrites, true),
        [nameof(UtpOptions.AcceptUnconfirmed)] = (true, s => s.For(0).AcceptUnconfirmed, true),
        [nameof(UtpOptions.DelayedAck)] = (true, s => s.For(0).DelayedAck, true),
    };

    public static TheoryData<string> AllOptions
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (var property in typeof(UtpOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
                names.Add(property.Name);
            return names;
        }
    }

    [Theory]
    [MemberData(nameof(AllOptions))]
    public void Every_option_of_a_command_overrides_the_configuration(string name)
    {
        Assert.True(Options.ContainsKey(name), $"{name} has no test.");
        var (value, read, expected) = Options[name];
        var options = new UtpOptions();
        typeof(UtpOptions).GetProperty(name)!.SetValue(options, value);
        Assert.Equal(expected, read(ConnectionSettings.Create(Configured, options)));
    }

    [Fact]
    public void A_wrong_option_is_named_as_it_was_given_with_value_range_and_key()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConnectionSettings.Create(Configured, new UtpOptions { SendBufferBytes = 12 }));
        Assert.Equal("SendBufferBytes = 12 is not allowed: it must be a size from 4KiB to 1GiB (it stands for utp.send-buffer).", error.Message);
    }

    [Fact]
    public void An_enumeration_value_out_of_range_is_refused()
    {
        Assert.Throws<ConfigurationException>(() => ConnectionSettings.Create(Configured, new UtpOptions { Delivery = (DeliveryMode)17 }));
    }

    [Fact]
    public void Options_that_contradict_the_configuration_are_refused()
    {
        Assert.Throws<ConfigurationException>(() => ConnectionSettings.Create(Configured, new UtpOptions { MaxReceiveWindowBytes = 8192 }));
    }

    [Fact]
    public void Connections_of_one_command_share_their_options()
    {
        var settings = ConnectionSettings.Create(Configured, null);
        Assert.Same(settings.For(0), settings.For(0));
    }
}
