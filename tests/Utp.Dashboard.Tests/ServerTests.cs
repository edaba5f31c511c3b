using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Akka.Actor;

namespace Utp.Dashboard.Tests;

/// <summary>What the page's server answers, without a browser.</summary>
public sealed class ServerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _client = new() { Timeout = Patience };

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("/")]
    [InlineData("/page.js")]
    [InlineData("/events")]
    [InlineData("/view?stream=x")]
    public async Task A_hostile_name_is_answered_with_a_sentence_and_nothing_else(string path)
    {
        await using var server = await PageServer.StartAsync(new Shown(3));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, path)) { Headers = { Host = "evil.example" } };

        using var answer = await _client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.StartsWith("This page is not known under that name. Open it by its address", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_can_be_changed_and_no_other_site_is_invited()
    {
        await using var server = await PageServer.StartAsync(new Shown(3));

        using var posted = await _client.PostAsync(server.Address, new ByteArrayContent([]));
        using var page = await _client.GetAsync(server.Address);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        Assert.False(page.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Contains("frame-ancestors 'none'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task A_port_in_use_is_an_error_that_names_it()
    {
        await using var server = await PageServer.StartAsync(new Shown(3));

        var failure = await Assert.ThrowsAsync<IOException>(() => PageServer.StartAsync(new Shown(3), server.Address.Port));

        Assert.Contains(server.Address.Authority, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_the_network_needs_a_word()
    {
        var system = ActorSystem.Create("seen");
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => UtpDashboardServer.StartAsync(system, new IPEndPoint(IPAddress.Any, 0)));
        await using var told = await UtpDashboardServer.StartAsync(system, new IPEndPoint(IPAddress.Any, 0), static options => options.AllowRemote = true);
        await system.Terminate();

        Assert.Contains("AllowRemote", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_that_hangs_on_the_stream_keeps_no_other_waiting()
    {
        await using var server = await PageServer.StartAsync(new Shown(1_000));
        using var hangs = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await hangs.ConnectAsync(server.Address.Host, server.Address.Port);
        await hangs.SendAsync(Encoding.ASCII.GetBytes($"GET /events?count=200 HTTP/1.1\r\nHost: {server.Address.Authority}\r\n\r\n"));

        // It takes nothing; another one gets what it shows at every look.
        await using var reads = await Stream.OpenAsync(_client, server, "count=5");
        for (var frame = 0; frame < 3; frame++)
            Assert.Equal(5, (await reads.NextAsync()).GetProperty("rows").GetArrayLength());
    }

    [Fact]
    public async Task More_browsers_than_allowed_are_told_so()
    {
        await using var server = await PageServer.StartAsync(new Shown(3), configure: static options => options.MaxStreams = 1);
        await using (await Stream.OpenAsync(_client, server, ""))
        {
            using var second = await _client.GetAsync(new Uri(server.Address, "events"), HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
            Assert.StartsWith("1 browsers watch already", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_shown_changes_without_a_new_stream()
    {
        await using var server = await PageServer.StartAsync(new Shown(100));
        await using var stream = await Stream.OpenAsync(_client, server, "sort=rate&down=1&count=2");
        Assert.Equal((int[])[100, 90], Ids(await stream.NextAsync()));

        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri(server.Address, $"view?stream={stream.Name}&sort=remote&first=98&count=50")));
        Assert.Equal((int[])[99, 100], Ids(answer.RootElement));
        var next = await stream.NextAsync();
        Assert.Equal(100, next.GetProperty("total").GetInt32());
        Assert.Equal((int[])[99, 100], Ids(next));
    }

    [Fact]
    public async Task A_question_that_means_nothing_is_taken_for_the_nearest_that_does()
    {
        await using var server = await PageServer.StartAsync(new Shown(300));
        await using var stream = await Stream.OpenAsync(_client, server, "sort=%00&down=x&first=-5&count=999999999999&one=x&tab=y&q=" + new string('0', 5_000));
        Assert.Equal(0, (await stream.NextAsync()).GetProperty("total").GetInt32());

        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri(server.Address, $"view?stream={stream.Name}&first=2147483647&count=100000")));
        Assert.Equal((int[])[300], Ids(answer.RootElement));
        using var gone = await _client.GetAsync(new Uri(server.Address, "view?stream=unknown"));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private static int[] Ids(JsonElement frame) => [.. frame.GetProperty("rows").EnumerateArray().Select(static row => row.GetProperty("id").GetInt32())];

    /// <summary>A stream as a browser reads it.</summary>
    private sealed class Stream : IAsyncDisposable
    {
        private readonly HttpResponseMessage _answer;
        private readonly StreamReader _lines;

        private Stream(HttpResponseMessage answer, StreamReader lines) => (_answer, _lines) = (answer, lines);

        public string Name { get; private set; } = "";

        public static async Task<Stream> OpenAsync(HttpClient client, UtpDashboardServer server, string query)
        {
            var answer = await client.GetAsync(new Uri(server.Address, "events?" + query), HttpCompletionOption.ResponseHeadersRead);
            var stream = new Stream(answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
            stream.Name = (await stream.ReadAsync("hello")).GetProperty("stream").GetString()!;
            return stream;
        }

        public Task<JsonElement> NextAsync() => ReadAsync("frame");

        public ValueTask DisposeAsync()
        {
            _lines.Dispose();
            _answer.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task<JsonElement> ReadAsync(string kind)
        {
            using var limit = new CancellationTokenSource(Patience);
            var isKind = false;
            while (await _lines.ReadLineAsync(limit.Token) is { } line)
            {
                if (line == "event: " + kind)
                    isKind = true;
                else if (isKind && line.StartsWith("data: ", StringComparison.Ordinal))
                    return JsonDocument.Parse(line["data: ".Length..]).RootElement;
            }

            throw new InvalidOperationException("The stream has ended.");
        }
    }
}
