using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Utp.Protocol;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>How requests, connections and servers end.</summary>
public sealed class LifetimeTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_request_that_the_client_gives_up_is_aborted_at_the_server(string version)
    {
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await Server.StartAsync(
            app => app.MapGet("/", async (HttpContext http) =>
            {
                using var registration = http.RequestAborted.Register(aborted.SetResult);
                started.SetResult();
                await aborted.Task.Soon();
            }),
            version == "1.1" ? HttpProtocols.Http1 : HttpProtocols.Http2);
        using var client = Server.NewClient(Version.Parse(version));
        using var giveUp = new CancellationTokenSource();

        var request = client.GetAsync(server.Url, giveUp.Token);
        await started.Task.Soon();
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request).Soon();
        await aborted.Task.Soon();
    }

    [Fact]
    public async Task What_follows_the_last_request_is_told_to_be_unread_behind_the_answer()
    {
        await using var server = await Server.StartAsync(app => app.MapGet("/", () => "the answer"), HttpProtocols.Http1);
        await using var stream = await UtpClient.ConnectAsync(server.Address).Soon();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: utp\r\nConnection: close\r\n\r\nnobody reads this"u8.ToArray());
        using var reader = new StreamReader(stream, leaveOpen: true);
        Assert.EndsWith("the answer", (await reader.ReadToEndAsync().Soon()).TrimEnd('0', '\r', '\n'), StringComparison.Ordinal);
        Assert.Equal(new CloseReason(CloseCause.Reset, CloseCodes.NotRead), await stream.Closed.Soon());
    }

    [Fact]
    public async Task A_clients_reset_aborts_the_request_although_the_server_has_read_all_that_it_will()
    {
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await Server.StartAsync(app => app.MapPost("/", async (HttpContext http) =>
        {
            using var registration = http.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task.Soon();
        }));
        await using var stream = await UtpClient.ConnectAsync(server.Address).Soon();
        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: utp\r\nContent-Length: 100000000\r\n\r\n"u8.ToArray());
        await started.Task.Soon();

        // More than the server reads ahead: the end itself stays unread.
        var sent = 0L;
        var writing = WriteAsync();
        await TestTools.SettledAsync(() => Volatile.Read(ref sent));
        stream.Abort();

        await aborted.Task.Soon();
        await Assert.ThrowsAsync<UtpException>(() => writing).Soon();

        async Task WriteAsync()
        {
            while (true)
            {
                await stream.WriteAsync(new byte[64 << 10]);
                Interlocked.Add(ref sent, 64 << 10);
            }
        }
    }

    [Fact]
    public async Task A_server_that_aborts_a_connection_resets_it()
    {
        await using var server = await Server.StartAsync(static app => app.MapGet("/", static (HttpContext http) => http.Abort()));
        await using var stream = await UtpClient.ConnectAsync(server.Address).Soon();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: utp\r\n\r\n"u8.ToArray());

        Assert.Equal(CloseCause.Reset, (await stream.Closed.Soon()).Cause);
    }

    [Fact]
    public async Task A_stop_waits_for_the_download_that_runs()
    {
        var started = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        await using var server = await Server.StartAsync(app => app.MapGet("/", async (HttpContext http) =>
        {
            await http.Response.Body.WriteMegabytesAsync(1);
            started.SetResult();
            await goOn.Task.Soon();
            await http.Response.Body.WriteMegabytesAsync(19);
        }));
        using var client = Server.NewClient();
        await using var body = await client.GetStreamAsync(server.Url).Soon();
        await started.Task.Soon();

        var stopping = server.App.StopAsync();
        await RefusedAsync(server);
        Assert.False(stopping.IsCompleted);
        goOn.SetResult();
        var (_, length) = await body.ReadHashAsync().Soon();

        Assert.Equal(20L * TestTools.Megabyte, length);
        await stopping.Soon();
    }

    [Fact]
    public async Task A_stop_whose_time_is_up_resets_what_still_runs()
    {
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await Server.StartAsync(app => app.MapGet("/", async (HttpContext http) =>
        {
            using var registration = http.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task.Soon();
        }));
        using var client = Server.NewClient();
        var request = client.GetAsync(server.Url);
        await started.Task.Soon();

        using var now = new CancellationTokenSource();
        var stopping = server.App.StopAsync(now.Token);
        await now.CancelAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => request).Soon();
        await aborted.Task.Soon();
        await Record.ExceptionAsync(() => stopping).Soon();
    }

    [Fact]
    public async Task After_a_stop_the_port_is_free()
    {
        var first = await Server.StartAsync(static app => app.MapGet("/", static () => "first"));
        var address = first.Address;
        using (var client = Server.NewClient())
            Assert.Equal("first", await client.GetStringAsync(first.Url).Soon());
        await first.DisposeAsync();

        await using var listener = await UtpListener.BindAsync(address).Soon();
        Assert.Equal(address, listener.LocalEndPoint);
    }

    [Fact]
    public async Task A_request_knows_its_connection()
    {
        await using var server = await Server.StartAsync(static app => app.MapGet("/", static async (HttpContext http) =>
        {
            var connection = http.Features.GetRequiredFeature<IUtpConnectionFeature>().Stream;
            var statistics = await connection.GetStatisticsAsync();
            var endPoints = http.Features.GetRequiredFeature<IConnectionEndPointFeature>();
            return $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort} {http.Connection.LocalIpAddress}:{http.Connection.LocalPort} "
                + $"{endPoints.RemoteEndPoint} {endPoints.LocalEndPoint} {http.Connection.Id.Length > 0} {statistics.BytesReceived > 0}";
        }));
        await using var stream = await UtpClient.ConnectAsync(server.Address).Soon();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: utp\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(stream, leaveOpen: true);
        var answer = await reader.ReadToEndAsync().Soon();

        var (client, here) = (stream.LocalEndPoint, server.Address);
        Assert.Contains($"{client} {here} {client} {here} True True", answer, StringComparison.Ordinal);
    }

    // The port accepts no more as soon as the stop has begun.
    private static async Task RefusedAsync(Server server)
    {
        for (var i = 0; i < 6_000; i++)
        {
            try
            {
                await using var stream = await UtpClient.ConnectAsync(server.Address).Soon();
                await Task.Delay(10);
            }
            catch (UtpException)
            {
                return;
            }
        }

        Assert.Fail("It goes on accepting.");
    }
}
