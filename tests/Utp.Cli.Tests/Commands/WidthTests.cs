using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>Tables in narrow and wide terminals.</summary>
public partial class WidthTests
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

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public async Task A_transfer_is_one_line_that_fits(int columns)
    {
        using var folder = new TestFolder();
        // It goes on until its line has been seen.
        var original = folder["original"];
        using (var file = File.Create(original))
            file.SetLength(1L << 30);
        using var drawn = new DrawnTerminal("/s");
        using var heard = new DrawnTerminal("Listening on ");
        using var receiver = UtpRun.Start(["receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once"], null, live: heard.Console(columns));
        await heard.SeenAsync();
        var address = Regex.Match(heard.ToString(), @"Listening on (\S+)\.").Groups[1].Value;
        using var sender = UtpRun.Start(["send", original, address, "--limit", "1MB"], null, live: drawn.Console(columns));
        await drawn.SeenAsync();
        sender.Interrupt();
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        receiver.Interrupt();
        Assert.Equal(ExitCode.Failed, await receiver.ExitAsync());
        var rows = Escape().Replace(drawn.ToString(), "").Split('\n').Select(static row => row.Split('\r')[0].TrimEnd()).ToList();
        var lines = rows.Where(static row => row.Contains("/s", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(lines);
        Assert.All(lines, row => Assert.StartsWith($"to {address} ", row, StringComparison.Ordinal));
        Assert.All(lines, row => Assert.True(row.Length < columns, $"{row.Length} columns: {row}"));
        // Before and after it nothing is drawn.
        Assert.DoesNotContain('…', drawn.ToString() + heard);
        Assert.Equal(columns > 60, lines.All(static row => row.Contains('━')));
    }

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escape();
}
