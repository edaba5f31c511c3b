using Xunit;

namespace Utp.Cli.Tests;

/// <summary>Tables in narrow and wide terminals.</summary>
public class WidthTests
{
    [Theory]
    [InlineData(60, "simulate --profile home-20ms-10m-1mb,beside-reno-16k-before --congestion lbe,ledbat++")]
    [InlineData(80, "simulate --profile home-20ms-10m-1mb,beside-reno-16k-before --congestion lbe,ledbat++")]
    [InlineData(120, "simulate --profile home-20ms-10m-1mb,beside-reno-16k-before --congestion lbe,ledbat++")]
    [InlineData(60, "demo --size 1MiB")]
    [InlineData(80, "demo --size 1MiB")]
    [InlineData(120, "demo --size 1MiB")]
    public async Task No_line_is_wider_than_the_terminal_and_no_name_is_broken(int columns, string line)
    {
        using var run = UtpRun.Start(columns, line.Split(' '));
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        var lines = run.PeopleText.Split('\n').Select(static text => text.TrimEnd()).ToList();
        // A sentence, which ends by erasing what stood there, goes on in the next line of the terminal; a table must not.
        Assert.All(lines.Where(static text => !text.EndsWith("\u001b[K", StringComparison.Ordinal)), text => Assert.True(text.Length <= columns, $"{text.Length} columns: {text}"));
        Assert.True(lines.Count < 60, run.PeopleText);
        foreach (var name in line.Split(' ').Where(static word => word.Contains("-20ms-", StringComparison.Ordinal)).SelectMany(static word => word.Split(',')))
            Assert.Contains(name, run.PeopleText, StringComparison.Ordinal);
    }
}
