using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Utp.Dashboard;

/// <summary>What the page's addresses answer. All of them only read.</summary>
internal sealed class DashboardEndpoints
{
    // A browser that takes nothing for so long hangs: it is cut off, and comes again when it lives.
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(30);

    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly RequestGuard _guard;
    private readonly DashboardFeed _feed;
    private readonly Streams _streams;
    private readonly string _title;
    private readonly int _maxStreams;
    private readonly CancellationToken _stopping;

    /// <param name="source">What is shown.</param>
    /// <param name="options">Who may see it.</param>
    /// <param name="stopping">The program ends: watchers are let go, or its server would wait for them.</param>
    public DashboardEndpoints(IConnectionSource source, UtpDashboardOptions options, CancellationToken stopping)
    {
        _stopping = stopping;
        _guard = new RequestGuard(options);
        _feed = new DashboardFeed(source, TimeProvider.System);
        _streams = new Streams(options.MaxStreams);
        _title = options.Title ?? source.Name;
        _maxStreams = options.MaxStreams;
    }

    /// <summary>Maps them.</summary>
    public IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern)
    {
        var group = endpoints.MapGroup(pattern.TrimEnd('/'));
        group.MapMethods("/", ["GET", "HEAD"], Guarded(PageAsync, isPage: true));
        foreach (var asset in PageAssets.All)
            group.MapMethods("/" + asset.Name, ["GET", "HEAD"], Guarded(context => WriteAsync(context, asset.Type, asset.Bytes)));
        group.MapMethods("/events", ["GET"], Guarded(EventsAsync));
        group.MapMethods("/view", ["GET"], Guarded(ViewAsync));
        return group;
    }

    private RequestDelegate Guarded(RequestDelegate answer, bool isPage = false) => context =>
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        return _guard.Refusal(context.Request, isPage) is { } why ? SayAsync(context, StatusCodes.Status403Forbidden, why) : answer(context);
    };

    private Task PageAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path.Value!.EndsWith('/'))
            return WriteAsync(context, "text/html; charset=utf-8", PageAssets.Page(HtmlEncoder.Default.Encode(_title)));

        // Otherwise the page's own addresses would lead elsewhere.
        context.Response.Redirect(request.PathBase + request.Path + "/");
        return Task.CompletedTask;
    }

    // What a browser shows from now on, and at once what it is now.
    private async Task ViewAsync(HttpContext context)
    {
        var view = View.Of(context.Request.Query);
        if (!_streams.Change(context.Request.Query["stream"].ToString(), view))
        {
            await SayAsync(context, StatusCodes.Status404NotFound, "That stream is not known: it has ended.").ConfigureAwait(false);
            return;
        }

        using var frame = new Frame();
        _feed.Board.Write(view, frame);
        await WriteAsync(context, "application/json", frame.Bytes).ConfigureAwait(false);
    }

    private async Task EventsAsync(HttpContext context)
    {
        if (_streams.Add(View.Of(context.Request.Query)) is not { } name)
        {
            context.Response.Headers.RetryAfter = "10";
            await SayAsync(context, StatusCodes.Status503ServiceUnavailable, $"{_maxStreams} browsers watch already: close one of them, or allow more (MaxStreams).").ConfigureAwait(false);
            return;
        }

        try
        {
            await StreamAsync(context, name).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The browser has gone, or was cut off.
            context.Abort();
        }
        finally
        {
            _streams.Remove(name);
        }
    }

    private async Task StreamAsync(HttpContext context, string name)
    {
        context.Response.ContentType = "text/event-stream";
        var isSeen = _feed.Enter();
        try
        {
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping);
            await SendAsync(context, "hello", Encoding.UTF8.GetBytes($"{{\"stream\":\"{name}\"}}")).ConfigureAwait(false);
            using var frame = new Frame();
            while (true)
            {
                var next = _feed.NextLook;
                if (isSeen)
                {
                    _feed.Board.Write(_streams[name], frame);
                    await SendAsync(context, "frame", frame.Bytes).ConfigureAwait(false);
                }

                isSeen = true;
                await next.WaitAsync(gone.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _feed.Leave();
        }
    }

    // The next frame is made when this one has been taken: a browser that is slow gets fewer, and nothing piles up.
    private static async Task SendAsync(HttpContext context, string kind, ReadOnlyMemory<byte> data)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(WritePatience);
        var body = context.Response.BodyWriter;
        body.Write(Encoding.UTF8.GetBytes($"retry: 1000\nevent: {kind}\ndata: "));
        body.Write(data.Span);
        body.Write("\n\n"u8);
        await body.FlushAsync(limit.Token).ConfigureAwait(false);
    }

    private static Task SayAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(sentence + "\n"));
    }

    private static Task WriteAsync(HttpContext context, string type, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
