using Xunit;

namespace Utp.Cli.Tests;

public class EchoTests
{
    [Fact]
    public async Task Whatever_is_said_comes_back_on_each_connection_until_the_interrupt()
    {
        using var echo = UtpRun.Start("echo", "--bind", "127.0.0.1:0", "--json");
        var address = await echo.ListeningAsync();
        var texts = Enumerable.Range(1, 3).Select(i => TestFolder.RandomBytes(700_000 * i, i)).ToList();
        var callers = texts.Select(text => UtpRun.Start(["cat", address], new MemoryStream(text))).ToList();
        for (var i = 0; i < callers.Count; i++)
        {
            Assert.Equal(ExitCode.Done, await callers[i].ExitAsync());
            Assert.Equal(texts[i], callers[i].OutputBytes);
        }

        echo.Interrupt();
        Assert.Equal(ExitCode.Done, await echo.ExitAsync());
        Assert.Equal(3, echo.Json.GetProperty("connections").GetInt64());
        Assert.Equal(0, echo.Json.GetProperty("failed").GetInt64());
        Assert.Equal(texts.Sum(text => (long)text.Length), echo.Json.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task More_than_a_send_buffer_comes_back_whole()
    {
        using var echo = UtpRun.Start("echo", "--bind", "127.0.0.1:0", "--set", "utp.send-buffer=8KiB");
        var text = TestFolder.RandomBytes(1_000_000);
        using var caller = UtpRun.Start(["cat", await echo.ListeningAsync(), "--set", "utp.send-buffer=4KiB"], new MemoryStream(text));
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
        Assert.Equal(text, caller.OutputBytes);
    }

    [Fact]
    public async Task An_interrupt_closes_an_open_connection_properly()
    {
        using var echo = UtpRun.Start("echo", "--bind", "127.0.0.1:0", "--json");
        using var input = new FeedStream();
        var heard = new HeardStream(3);
        using var caller = UtpRun.Start(["cat", await echo.ListeningAsync()], input, heard);
        input.Feed("one"u8.ToArray());
        await heard.EnoughAsync();
        echo.Interrupt();
        Assert.Equal(ExitCode.Done, await echo.ExitAsync());
        input.End();
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
    }
}
