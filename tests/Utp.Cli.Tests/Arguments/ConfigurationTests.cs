using Xunit;

namespace Utp.Cli.Tests;

public class ConfigurationTests
{
    [Fact]
    public void A_setting_wins_over_the_file_and_a_later_one_over_an_earlier_one()
    {
        using var folder = new TestFolder();
        var file = folder.Add("utp.conf", "utp { send-buffer = 1MiB, max-timeouts = 3 }"u8.ToArray());
        var config = Configuration.Build(file, ["utp.send-buffer=2MiB", "utp.send-buffer=3MiB"]);
        Assert.Equal("3MiB", config.GetString("utp.send-buffer", null));
        Assert.Equal(3, config.GetInt("utp.max-timeouts"));
    }

    [Theory]
    [InlineData("utp.congestion-control=ledbat++", "ledbat++")]
    [InlineData("utp.congestion-control=a=b", "a=b")]
    [InlineData("utp.congestion-control=\"quoted\\\"", "\"quoted\\\"")]
    [InlineData(" utp.congestion-control = spaced ", "spaced")]
    public void Any_character_may_stand_in_a_value(string setting, string value) =>
        Assert.Equal(value, Configuration.Build(null, [setting]).GetString("utp.congestion-control", null));

    [Fact]
    public void A_list_is_read_as_a_list() =>
        Assert.Equal(["a", "b"], Configuration.Build(null, ["akka.extensions=[a, b]"]).GetStringList("akka.extensions"));

    [Theory]
    [InlineData("utp.send-buffer", "has no value")]
    [InlineData("send-buffer=1MiB", "keys start with utp. or akka.")]
    [InlineData("=1", "keys start with utp. or akka.")]
    [InlineData("utp=1", "keys start with utp. or akka.")]
    [InlineData("utp..x=1", "keys start with utp. or akka.")]
    [InlineData("utp.x{=1", "keys start with utp. or akka.")]
    [InlineData("akka.extensions=[${nothing}]", "not HOCON")]
    public void A_setting_that_would_set_nothing_is_wrong_usage(string setting, string reason)
    {
        var error = Assert.Throws<CliException>(() => Configuration.Build(null, [setting]));
        Assert.Equal(ExitCode.WrongUsage, error.ExitCode);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_exist_fails_and_is_named()
    {
        var error = Assert.Throws<CliException>(() => Configuration.Build("/nowhere/utp.conf", []));
        Assert.Equal(ExitCode.Failed, error.ExitCode);
        Assert.Equal("--config: /nowhere/utp.conf does not exist: check the path.", error.Message);
    }

    [Fact]
    public void A_file_that_is_not_HOCON_is_wrong_usage()
    {
        using var folder = new TestFolder();
        var error = Assert.Throws<CliException>(() => Configuration.Build(folder.Add("utp.conf", "utp { send-buffer = ${nothing} }"u8.ToArray()), []));
        Assert.Equal(ExitCode.WrongUsage, error.ExitCode);
        Assert.Contains("is not HOCON", error.Message, StringComparison.Ordinal);
    }
}
