using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>The framework's own client against Kestrel, over uTP: every protocol that Kestrel speaks on a stream.</summary>
public sealed class RequestTests
{
    private const int Megabytes = 100;

    /// <summary>HTTP/2 without TLS is by prior knowledge: nothing tells it apart but the end point's own setting.</summary>
    public static TheoryData<string, bool> Protocols => new() { { "1.1", false }, { "1.1", true }, { "2.0", false }, { "2.0", true } };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_page_is_served(string version, bool tls)
    {
        await using var server = await StartAsync(version, tls, static app => app.MapGet("/page", static (HttpContext http) => $"{http.Request.Protocol} {http.Request.Scheme} page"));
        using var client = Server.NewClient(Version.Parse(version));

        Assert.Equal($"HTTP/{version.TrimEnd('0').TrimEnd('.')} {server.Url.Scheme} page", await client.GetStringAsync(new Uri(server.Url, "page")).Soon());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_hundred_megabytes_are_downloaded_unchanged(string version, bool tls)
    {
        var sent = new TaskCompletionSource<string>();
        await using var server = await StartAsync(version, tls, app => app.MapGet("/", async (HttpContext http) => sent.SetResult(await http.Response.Body.WriteMegabytesAsync(Megabytes))));
        using var client = Server.NewClient(Version.Parse(version));

        await using var body = await client.GetStreamAsync(server.Url).Soon();
        var (hash, length) = await body.ReadHashAsync().Soon();

        Assert.Equal((long)Megabytes * TestTools.Megabyte, length);
        Assert.Equal(await sent.Task.Soon(), hash);
    }

    [Theory]
    [InlineData("1.1", false)]
    [InlineData("2.0", true)]
    public async Task A_hundred_megabytes_are_uploaded_unchanged(string version, bool tls)
    {
        await using var server = await StartAsync(version, tls, static app => app.MapPost("/", static async (HttpContext http) => (await http.Request.Body.ReadHashAsync()).Hash));
        using var client = Server.NewClient(Version.Parse(version));
        var content = new Upload(Megabytes);

        using var response = await client.PostAsync(server.Url, content).Soon();

        Assert.Equal(await response.Content.ReadAsStringAsync().Soon(), await content.Hash.Soon());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Fifty_requests_at_once_are_answered_each_with_its_own(string version, bool tls)
    {
        var running = 0;
        var all = new TaskCompletionSource();
        await using var server = await StartAsync(version, tls, app => app.MapGet("/{n:int}", async (int n) =>
        {
            // Nobody is answered before all have asked.
            if (Interlocked.Increment(ref running) == 50)
                all.SetResult();
            await all.Task.Soon();
            return new string((char)('A' + n), 10_000);
        }));
        using var client = Server.NewClient(Version.Parse(version));

        var pages = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => client.GetStringAsync(new Uri(server.Url, $"{n}")))).Soon();

        Assert.All(pages.Index(), static page => Assert.Equal(new string((char)('A' + page.Index), 10_000), page.Item));
    }

    [Fact]
    public async Task Requests_one_after_the_other_share_a_connection()
    {
        await using var server = await Server.StartAsync(static app => app.MapGet("/", static (HttpContext http) => http.Connection.Id));
        using var client = Server.NewClient();

        var first = await client.GetStringAsync(server.Url).Soon();

        Assert.NotEmpty(first);
        Assert.Equal(first, await client.GetStringAsync(server.Url).Soon());
    }

    [Fact]
    public async Task Bytes_that_are_no_request_are_answered_with_400_and_the_end()
    {
        await using var server = await Server.StartAsync(static app => app.MapGet("/", static () => "page"), HttpProtocols.Http1);
        await using var stream = await UtpClient.ConnectAsync(server.Address).Soon();
        var garbage = new byte[1_000];
        new Random(1).NextBytes(garbage);

        await stream.WriteAsync(garbage);
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        var answer = await reader.ReadToEndAsync().Soon();

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    private static Task<Server> StartAsync(string version, bool tls, Action<WebApplication> map) =>
        Server.StartAsync(map, version == "1.1" ? HttpProtocols.Http1 : HttpProtocols.Http2, tls);

    private sealed class Upload(int megabytes) : HttpContent
    {
        private readonly TaskCompletionSource<string> _hash = new();

        public Task<string> Hash => _hash.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _hash.SetResult(await stream.WriteMegabytesAsync(megabytes));

        protected override bool TryComputeLength(out long length)
        {
            length = (long)megabytes * TestTools.Megabyte;
            return true;
        }
    }
}
