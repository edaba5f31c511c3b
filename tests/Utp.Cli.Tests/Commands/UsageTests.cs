using Xunit;

namespace Utp.Cli.Tests;

public class UsageTests
{
    [Theory]
    [InlineData("", "utp --help")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("send", "PATH")]
    [InlineData("send file", "HOST:PORT")]
    [InlineData("send file 127.0.0.1", "lacks the port")]
    [InlineData("send file 127.0.0.1:9 more", "more")]
    [InlineData("send file 127.0.0.1:9 --nope", "--nope")]
    [InlineData("receive --out x", "--bind")]
    [InlineData("receive --bind 127.0.0.1:0", "--out")]
    [InlineData("receive --bind nowhere:0 --out x", "'nowhere'")]
    [InlineData("cat", "HOST:PORT or --listen")]
    [InlineData("cat 127.0.0.1:9 --listen 127.0.0.1:0", "exclude each other")]
    [InlineData("echo", "--bind")]
    [InlineData("simulate --profile moon", "'moon': choose from lan-1ms-100m, ")]
    [InlineData("simulate --profile loss-1,moon", "'moon'")]
    [InlineData("simulate --congestion vegas", "'vegas': choose from ")]
    [InlineData("simulate --repeat 0", "from 1 to 1000")]
    [InlineData("simulate --seed -1", "-1")]
    [InlineData("simulate --plot all.png", "utp-plot")]
    [InlineData("simulate --profile loss-1 --plot", "utp-plot")]
    [InlineData("completion tcsh", "'tcsh': choose from bash, zsh, fish, pwsh.")]
    [InlineData("bench", "utp bench --help")]
    [InlineData("bench swim", "swim")]
    [InlineData("bench bulk --connections 0", "from 1 to 200000 (see utp bench bulk --help)")]
    [InlineData("bench bulk --ports many", "from 0 to 1000")]
    [InlineData("bench bulk --mtu 100", "from 576 to 65535, or path")]
    [InlineData("bench bulk --bytes 0", "no size above 0")]
    [InlineData("bench bulk --bytes 1MB --seconds 1", "--bytes excludes --seconds")]
    [InlineData("bench ping --size 7", "at least 8 bytes")]
    [InlineData("bench idle --seconds 0", "seconds from 0.1")]
    [InlineData("bench compare --work swim", "no work 'swim': choose from bulk, ")]
    [InlineData("bench compare --against moon", "no contender 'moon': choose from utp, ")]
    [InlineData("bench compare --rounds 0", "from 1 to 100")]
    [InlineData("demo --size much", "'much' is no size")]
    [InlineData("demo --size 2000GiB", "no size up to")]
    [InlineData("demo --set utp.send-buffer", "has no value")]
    [InlineData("demo --set send-buffer=1MiB", "keys start with utp.")]
    public async Task Wrong_usage_is_said_in_one_line_and_exits_2(string line, string reason)
    {
        using var run = UtpRun.Start(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        var error = Assert.Single(run.ErrorLines);
        Assert.StartsWith("utp: ", error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Empty(run.PeopleText);
    }

    [Theory]
    [InlineData("utp.send-buffer=1", "utp.send-buffer = 1 is not allowed: it must be a size from 4KiB to 1GiB.")]
    [InlineData("utp.connect-timeout=yes", "utp.connect-timeout = yes is not allowed: it must be a duration from 1ms to 1h.")]
    [InlineData("utp.no-such-key=1", "utp.no-such-key is no setting")]
    [InlineData("utp.delivery=frames", "utp.delivery must be bytes here")]
    [InlineData("akka.loglevel=LOUD", "LOUD")]
    public async Task A_wrong_setting_names_key_value_and_range_and_exits_2(string setting, string reason)
    {
        foreach (var command in new[] { "demo", "echo --bind 127.0.0.1:0", "cat 127.0.0.1:9" })
        {
            using var run = UtpRun.Start([.. command.Split(' '), "--set", setting]);
            Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
            Assert.Contains(reason, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
            Assert.Empty(run.PeopleText);
        }
    }

    [Theory]
    [InlineData("send --json")]
    [InlineData("--json frobnicate")]
    [InlineData("echo --bind 127.0.0.1:0 --json --set utp.send-buffer=1")]
    public async Task With_json_wrong_usage_is_an_object_too(string line)
    {
        using var run = UtpRun.Start(line.Split(' '));
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        Assert.Equal(2, run.ErrorLines.Count);
        Assert.False(run.Json.GetProperty("ok").GetBoolean());
        Assert.Equal(run.ErrorLines[0], "utp: " + run.Json.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("send --help")]
    [InlineData("--version")]
    public async Task Help_goes_to_standard_output_and_exits_0(string line)
    {
        using var run = UtpRun.Start(line.Split(' '));
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        Assert.Empty(run.ErrorLines);
        Assert.NotEmpty(run.PeopleText);
    }
}
