using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>utp top</c>.</summary>
public sealed partial class TopTests
{
    [Fact]
    public async Task The_connections_of_a_running_command_are_shown()
    {
        using var echo = UtpRun.Start("echo", "--bind", "127.0.0.1:0", "--dashboard", "127.0.0.1:0");
        var page = Shown().Match(await echo.ErrorLineAsync(Shown())).Groups[1].Value;
        using var input = new FeedStream();
        var heard = new HeardStream(3);
        using var caller = UtpRun.Start(["cat", await echo.ListeningAsync()], input, heard);
        input.Feed("one"u8.ToArray());
        await heard.EnoughAsync();

        using var top = UtpRun.Start(200, "top", page, "--once", "--json");

        Assert.Equal(ExitCode.Done, await top.ExitAsync());
        Assert.Equal(1, top.Json.GetProperty("connections").GetInt64());
        Assert.Matches(@"^1 connections, sending", top.PeopleText);
        Assert.Matches(@"127\.0\.0\.1:\d+ +connected ←", top.PeopleText);
        Assert.Contains("1 to 1 of 1", top.PeopleText, StringComparison.Ordinal);
        input.End();
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
    }

    [Fact]
    public async Task Where_no_page_is_it_says_how_to_get_one()
    {
        using var top = UtpRun.Start("top", "127.0.0.1:1");

        Assert.Equal(ExitCode.Failed, await top.ExitAsync());
        Assert.StartsWith("utp: No page answers at http://127.0.0.1:1/ (", top.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains("start a command with --dashboard ADDR:PORT", top.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("top", "ftp://host")]
    [InlineData("top", "127.0.0.1:8029", "--sort", "colour")]
    public async Task What_is_no_page_or_no_column_is_wrong_usage(params string[] command)
    {
        using var top = UtpRun.Start(command);

        Assert.Equal(ExitCode.WrongUsage, await top.ExitAsync());
    }

    [Fact]
    public void Keys_sort_and_scroll()
    {
        var view = new TopView("rate");
        Assert.Equal("sort=rate&down=1&first=0&count=13", view.Query(20));

        Assert.True(view.OnKey(new ConsoleKeyInfo('\0', ConsoleKey.PageDown, false, false, false), 13));
        Assert.True(view.OnKey(new ConsoleKeyInfo('\0', ConsoleKey.DownArrow, false, false, false), 13));
        Assert.Equal("sort=rate&down=1&first=14&count=13", view.Query(20));
        view.OnShown(5);
        Assert.Equal(5, view.First);
        Assert.True(view.OnKey(new ConsoleKeyInfo('s', ConsoleKey.S, false, false, false), 13));
        Assert.True(view.OnKey(new ConsoleKeyInfo('r', ConsoleKey.R, false, false, false), 13));
        Assert.Equal("sort=total&down=0&first=0&count=13", view.Query(20));
        Assert.False(view.OnKey(new ConsoleKeyInfo('x', ConsoleKey.X, false, false, false), 13));
    }

    [GeneratedRegex(@"^The connections are shown at (http://127\.0\.0\.1:\d+/)\.$")]
    private static partial Regex Shown();
}
