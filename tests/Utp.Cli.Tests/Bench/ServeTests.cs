using System.Text.Json;
using System.Text.RegularExpressions;
using Utp.Streams;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>utp bench serve</c> and <c>utp bench … HOST:PORT</c>: the two ends as two machines would run them.</summary>
public sealed partial class ServeTests
{
    [Theory]
    [InlineData("bulk", "bytes", "--bytes", "3MB")]
    [InlineData("bulk", "bytes", "--bytes", "3MB", "--api", "stream", "--connections", "3", "--ports", "2")]
    [InlineData("bulk", "bytes", "--bytes", "1MB", "--api", "flow")]
    [InlineData("ping", "completed", "--seconds", "0.3", "--warm-up", "0")]
    [InlineData("accept", "completed", "--seconds", "0.3", "--warm-up", "0", "--connections", "3")]
    public async Task A_server_does_its_part_for_a_client_of_another_machine(string work, string figure, params string[] options)
    {
        using var server = UtpRun.Start("bench", "serve", "--bind", "127.0.0.1:0", "--json");
        using var client = UtpRun.Start(["bench", work, await server.ListeningAsync(), .. options, "--json"]);
        Assert.Equal(ExitCode.Done, await client.ExitAsync());
        Assert.True(client.Json.GetProperty(figure).GetInt64() > 0);
        server.Interrupt();
        Assert.Equal(ExitCode.Done, await server.ExitAsync());
        Assert.Equal((1, 0), (server.Json.GetProperty("benchmarks").GetInt64(), server.Json.GetProperty("failed").GetInt64()));
    }

    [Fact]
    public async Task A_second_client_hears_that_the_server_is_busy_and_the_next_is_served()
    {
        using var server = UtpRun.Start("bench", "serve", "--bind", "127.0.0.1:0");
        var address = await server.ListeningAsync();
        using var first = UtpRun.Start("bench", "bulk", address, "--seconds", "3000");
        await server.ErrorLineAsync(Serves());
        using var second = UtpRun.Start("bench", "bulk", address, "--bytes", "1MB");
        Assert.Equal(ExitCode.Failed, await second.ExitAsync());
        Assert.Contains("It serves another benchmark", second.ErrorLines[^1], StringComparison.Ordinal);

        first.Interrupt();
        await first.ExitAsync();
        JsonElement? bytes = null;
        for (var i = 0; i < 100 && bytes is null; i++)
        {
            // The server's process of the first may take a moment to end.
            using var third = UtpRun.Start("bench", "bulk", address, "--bytes", "1MB", "--json");
            if (await third.ExitAsync() == ExitCode.Done)
                bytes = third.Json.GetProperty("bytes").Clone();
            else
                Assert.Contains("It serves another benchmark", third.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(1_000_000, bytes!.Value.GetInt64());
    }

    [Fact]
    public async Task Where_nobody_serves_the_client_says_what_must_run_there()
    {
        using var client = UtpRun.Start("bench", "ping", "127.0.0.1:9", "--set", "utp.connect-timeout=300ms");
        Assert.Equal(ExitCode.Failed, await client.ExitAsync());
        Assert.Contains("'utp bench serve --bind ADDR:PORT' must run there", client.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"version\":2,\"plan\":{\"work\":\"Bulk\",\"carrier\":\"Utp\"}}", "use the same utp at both ends")]
    [InlineData("{\"version\":1,\"plan\":{\"work\":\"RemoteTell\",\"carrier\":\"RemoteTcp\"}}", "It does not serve RemoteTell")]
    [InlineData("{\"version\":1,\"plan\":{\"work\":\"Bulk\",\"carrier\":\"Libutp\"}}", "It does not serve Libutp")]
    [InlineData("{\"version\":1,\"plan\":{\"work\":\"Bulk\",\"carrier\":\"Utp\",\"connections\":1000000}}", "It serves 1 to 10000 connections")]
    [InlineData("{\"version\":1,\"plan\":{\"work\":\"Ping\",\"carrier\":\"Utp\",\"messageBytes\":2000000000}}", "It serves messages of 8 to 1048576 bytes")]
    public async Task A_plan_of_a_stranger_is_checked(string hello, string says)
    {
        using var server = UtpRun.Start("bench", "serve", "--bind", "127.0.0.1:0");
        Assert.Contains(says, await TalkAsync(await server.ListeningAsync(), hello + "\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("this is no JSON\n")]
    [InlineData("null\n")]
    [InlineData("{}\n")]
    public async Task What_is_no_plan_ends_its_connection_and_the_next_client_is_served(string line)
    {
        using var server = UtpRun.Start("bench", "serve", "--bind", "127.0.0.1:0");
        var address = await server.ListeningAsync();
        await TalkAsync(address, line);
        using var client = UtpRun.Start("bench", "bulk", address, "--bytes", "1MB");
        Assert.Equal(ExitCode.Done, await client.ExitAsync());
    }

    private static async Task<string> TalkAsync(string address, string line)
    {
        await using var stream = await UtpClient.ConnectAsync(System.Net.IPEndPoint.Parse(address)).WaitAsync(UtpRun.Patience);
        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(line));
        using var reader = new StreamReader(stream);
        try
        {
            return await reader.ReadToEndAsync().WaitAsync(UtpRun.Patience);
        }
        catch (UtpException)
        {
            return "";
        }
    }

    [GeneratedRegex("Bulk over 1 connection")]
    private static partial Regex Serves();
}
