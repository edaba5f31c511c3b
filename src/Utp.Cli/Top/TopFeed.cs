using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Utp.Cli;

/// <summary>What a page's server sends, read as a browser reads it: a frame a second of the rows that a view shows.</summary>
internal sealed class TopFeed(Uri page) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private volatile string? _stream;

    /// <summary>Where it is.</summary>
    public Uri Page => page;

    /// <summary>Frames until the server ends.</summary>
    /// <exception cref="HttpRequestException">Nobody answers, or not with a page.</exception>
    public async IAsyncEnumerable<JsonElement> ReadAsync(TopView view, int lines, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var answer = await _client.GetAsync(new Uri(page, "events?" + view.Query(lines)), HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"it says {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false)}");
        if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream")
            throw new HttpRequestException("what answers there is something else.");
        var body = await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellation).ConfigureAwait(false))
        {
            using var data = JsonDocument.Parse(item.Data);
            if (item.EventType == "hello")
                _stream = data.RootElement.GetProperty("stream").GetString();
            else if (item.EventType == "frame" && data.RootElement.TryGetProperty("rows", out _))
                yield return data.RootElement.Clone();
        }

        _stream = null;
    }

    /// <summary>Something else is shown: the next frame holds it.</summary>
    public async Task ChangeAsync(TopView view, int lines, CancellationToken cancellation)
    {
        if (_stream is not { } stream)
            return;
        using var answer = await _client.GetAsync(new Uri(page, $"view?stream={stream}&{view.Query(lines)}"), cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _client.Dispose();
}
