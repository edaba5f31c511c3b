using Akka.Actor;
using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors.Tests.Settings;

public sealed class CongestionControlsTests
{
    public static TheoryData<string> Names => [.. CongestionControls.Default.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_name_makes_a_law_of_that_name_one_per_connection(string name)
    {
        var factory = CongestionControls.Default.Factory(name, TimeSpan.Zero);

        Assert.Equal(name, factory().Name);
        Assert.NotSame(factory(), factory());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_name_can_be_configured(string name)
    {
        var settings = Parse($"utp.congestion-control = \"{name}\"");

        Assert.Equal(name, settings.Connection.CongestionControl().Name);
    }

    [Theory]
    [InlineData("lbe", "auto", 3)]
    [InlineData("lbe", "20ms", 20)]
    [InlineData("ledbat", "auto", 75)]
    [InlineData("ledbat", "20ms", 15)]
    [InlineData("ledbat++", "auto", 45)]
    [InlineData("ledbat++", "20ms", 15)]
    public void The_target_delay_reaches_the_law(string name, string target, uint exitMillis)
    {
        var settings = Parse($"utp {{ congestion-control = \"{name}\", target-delay = {target} }}");

        Assert.True(SlowStartSurvives(settings.Connection.CongestionControl(), exitMillis * 1_000));
        Assert.False(SlowStartSurvives(settings.Connection.CongestionControl(), (exitMillis * 1_000) + 1));
    }

    [Fact]
    public void An_option_gives_the_target_back_to_the_law()
    {
        var configured = Parse("utp.target-delay = 20ms");
        var options = new UtpOptions { CongestionControl = "ledbat++", TargetDelay = TimeSpan.Zero };

        var law = ConnectionSettings.Create(configured, options).For(0).CongestionControl();

        Assert.Equal("ledbat++", law.Name);
        Assert.True(SlowStartSurvives(law, 45_000));
    }

    [Fact]
    public async Task A_law_of_the_users_is_named_by_the_configuration_and_by_an_option_like_any_other()
    {
        var setup = new UtpCongestionControlSetup(new Dictionary<string, Func<ICongestionControl>> { ["mine"] = static () => new Mine() });
        var bootstrap = BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString("utp.congestion-control = mine"));
        var system = ActorSystem.Create("own-law", bootstrap.And(setup));
        try
        {
            var settings = UtpExtension.Get(system).Settings;
            var byOption = ConnectionSettings.Create(settings, new UtpOptions { CongestionControl = "mine" });
            var unknown = Assert.Throws<ConfigurationException>(() => ConnectionSettings.Create(settings, new UtpOptions { CongestionControl = "yours" }));

            Assert.IsType<Mine>(settings.Connection.CongestionControl());
            Assert.IsType<Mine>(byOption.For(0).CongestionControl());
            Assert.Contains("mine", unknown.Message, StringComparison.Ordinal);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static UtpSettings Parse(string hocon) =>
        UtpSettings.Parse(ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.Default()));

    // Slow start ends when eight samples in a row are above the target (lbe), or 3/4 of it (LEDBAT).
    private static bool SlowStartSurvives(ICongestionControl law, uint queueMicros)
    {
        law.OnMaxPayload(1_000);
        law.OnAck(new AckSample(default, 1_000, 1_000, false, 1_000, null, 40_000, 40_000, 40_000, true));
        for (var i = 0; i < 8; i++)
            law.OnAck(new AckSample(new Instant(i * 1_000), 1_000, 1_000, false, 1_000 + queueMicros, null, 40_000 + queueMicros, 40_000, 40_000, i == 0));
        return law.InSlowStart;
    }

    /// <summary>Ten packets, whatever happens.</summary>
    private sealed class Mine : ICongestionControl
    {
        private int _packet;

        public string Name => "mine";

        public long WindowBytes => 10L * _packet;

        public long PacingBytesPerSecond => long.MaxValue;

        public bool InSlowStart => false;

        public void OnMaxPayload(int bytes) => _packet = bytes;

        public void OnAck(in AckSample sample)
        {
        }

        public void OnLoss(in LossSample sample)
        {
        }

        public void OnTimeout(Instant now)
        {
        }

        public void OnSpuriousTimeout(Instant now)
        {
        }

        public void OnIdleRestart(long idleMicros, Instant now)
        {
        }
    }
}
