using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Utp.Actors;
using Utp.Messages;

namespace Utp.OpenTelemetry.Tests;

/// <summary>Spans of connections, as a listener of the activity source sees them.</summary>
public sealed class SpanTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public SpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == UtpInstrumentation.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task A_connection_joins_the_trace_of_whoever_connects_until_it_is_closed()
    {
        await using var pair = await Pair.StartAsync();
        using var caller = new Activity("caller").Start();

        await Pair.CloseAsync(await pair.WriteAsync(1_000, caller.Context));

        var connect = await EndedAsync(span => span.OperationName == "utp.connect" && span.TraceId == caller.TraceId);
        Assert.Equal((caller.SpanId, ActivityKind.Client), (connect.ParentSpanId, connect.Kind));
        Assert.Equal(pair.Address.Port, connect.GetTagItem("network.peer.port"));
        Assert.Equal(ActivityStatusCode.Unset, connect.Status);
        var close = await EndedAsync(span => span.OperationName == "utp.close" && span.TraceId == caller.TraceId);
        Assert.Equal(connect.SpanId, close.ParentSpanId);
        Assert.Equal("closed", close.GetTagItem("utp.close.cause"));
        var accept = await EndedAsync(static span => span.OperationName == "utp.accept");
        Assert.Equal(ActivityKind.Server, accept.Kind);
        Assert.Same(caller, Activity.Current);
    }

    [Fact]
    public async Task A_connection_that_cannot_be_opened_ends_its_span_with_the_reason()
    {
        await using var pair = await Pair.StartAsync("utp.connect-timeout = 200ms");
        using var silent = new System.Net.Sockets.UdpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));

        await pair.System.Utp().Ask<CommandFailed>(new Connect(silent.Client.LocalEndPoint!), Pair.Patience);

        var connect = await EndedAsync(static span => span.OperationName == "utp.connect" && span.Status == ActivityStatusCode.Error);
        Assert.Equal("connect_timeout", connect.GetTagItem("error.type"));
        Assert.NotEmpty(connect.StatusDescription!);
    }

    [Fact]
    public void A_command_belongs_to_the_activity_in_which_it_is_made()
    {
        using var caller = new Activity("caller").Start();
        Assert.Equal(caller.Context, new Connect("localhost", 1).TraceContext);
        Activity.Current = null;
        Assert.Equal(default, new Connect("localhost", 1).TraceContext);
    }

    public void Dispose() => _listener.Dispose();

    private async Task<Activity> EndedAsync(Func<Activity, bool> which) =>
        (await Pair.UntilAsync(() => Task.FromResult(_ended.FirstOrDefault(which)), static span => span is not null))!;
}
