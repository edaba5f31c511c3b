using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>--dashboard</c>.</summary>
public sealed partial class DashboardTests
{
    [Fact]
    public async Task A_long_command_shows_its_connections_while_it_runs()
    {
        using var echo = UtpRun.Start("echo", "--bind", "127.0.0.1:0", "--dashboard", "127.0.0.1:0");
        var page = Shown().Match(await echo.ErrorLineAsync(Shown())).Groups[1].Value;
        using var input = new FeedStream();
        var heard = new HeardStream(3);
        using var caller = UtpRun.Start(["cat", await echo.ListeningAsync()], input, heard);
        input.Feed("one"u8.ToArray());
        await heard.EnoughAsync();

        using var client = new HttpClient { Timeout = UtpRun.Patience };
        using var stream = new StreamReader(await client.GetStreamAsync(page + "events"));
        var row = await RowAsync(stream);

        Assert.True(row.GetProperty("accepted").GetBoolean());
        Assert.StartsWith("127.0.0.1:", row.GetProperty("remote").GetString(), StringComparison.Ordinal);

        // A browser that watches does not keep the command from ending.
        input.End();
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
        echo.Interrupt();
        Assert.Equal(ExitCode.Done, await echo.ExitAsync());
    }

    [Fact]
    public async Task A_page_whose_port_is_in_use_is_said_and_the_transfer_goes_on()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var text = TestFolder.RandomBytes(100_000);
        using var echo = UtpRun.Start("echo", "--bind", "127.0.0.1:0", "--dashboard", taken.LocalEndpoint.ToString()!);
        using var caller = UtpRun.Start(["cat", await echo.ListeningAsync()], new MemoryStream(text));

        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
        Assert.Equal(text, caller.OutputBytes);
        Assert.Matches($"^No page: .*{taken.LocalEndpoint}.* in use.*Choose another address for --dashboard", echo.ErrorLines[0]);
        echo.Interrupt();
        Assert.Equal(ExitCode.Done, await echo.ExitAsync());
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("send")]
    [InlineData("receive")]
    [InlineData("cat")]
    [InlineData("echo")]
    [InlineData("swarm", "get")]
    [InlineData("swarm", "seed")]
    [InlineData("bench", "serve")]
    public async Task Every_long_command_offers_the_page(params string[] command)
    {
        using var help = UtpRun.Start([.. command, "--help"]);

        Assert.Equal(ExitCode.Done, await help.ExitAsync());
        Assert.Contains("--dashboard", help.PeopleText, StringComparison.Ordinal);
    }

    // Frames come until there is a row.
    private static async Task<JsonElement> RowAsync(StreamReader stream)
    {
        using var limit = new CancellationTokenSource(UtpRun.Patience);
        while (await stream.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal) && JsonDocument.Parse(line["data: ".Length..]).RootElement.TryGetProperty("rows", out var rows) && rows.GetArrayLength() > 0)
                return rows[0];
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    [GeneratedRegex(@"^The connections are shown at (http://127\.0\.0\.1:\d+/)\.$")]
    private static partial Regex Shown();
}
