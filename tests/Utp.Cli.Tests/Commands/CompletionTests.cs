using System.Text;
using Xunit;

namespace Utp.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash", "complete -o default -F _utp utp")]
    [InlineData("zsh", "compdef _utp utp")]
    [InlineData("fish", "complete -c utp")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task A_shell_gets_its_script(string shell, string line)
    {
        using var run = UtpRun.Start("completion", shell);
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        Assert.Contains(line, Encoding.UTF8.GetString(run.OutputBytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utp rec", "receive")]
    [InlineData("utp bench bulk --conn", "--connections")]
    [InlineData("utp completion f", "fish")]
    [InlineData("utp send --pre", "--preserve")]
    [InlineData("utp send --preserve photos notes --re", "--resume")]
    [InlineData("utp send --preserve photos notes --li", "--limit")]
    [InlineData("utp receive --bind *:9000 --out . --on", "--once")]
    public async Task The_words_that_scripts_ask_for_are_told(string typed, string word)
    {
        using var run = UtpRun.Start($"[suggest:{typed.Length}]", typed);
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        Assert.Contains(word, run.PeopleText.Split('\n', StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task The_version_is_told_by_its_long_and_its_short_name()
    {
        using var longName = UtpRun.Start("--version");
        using var shortName = UtpRun.Start("-v");
        Assert.Equal((ExitCode.Done, ExitCode.Done), (await longName.ExitAsync(), await shortName.ExitAsync()));
        Assert.Matches(@"^\d+\.\d+\.\d+", longName.PeopleText);
        Assert.Equal(longName.PeopleText, shortName.PeopleText);
    }
}
