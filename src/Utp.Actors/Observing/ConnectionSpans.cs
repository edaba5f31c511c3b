using System.Diagnostics;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// The spans of one connection: <c>utp.connect</c> or <c>utp.accept</c> until its users hear of it, <c>utp.close</c> from the first word of its end until it has ended. Each is
/// made only when somebody listens. Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class ConnectionSpans
{
    private static readonly ActivitySource Source = new(UtpInstrumentation.ActivitySourceName, typeof(ConnectionSpans).Assembly.GetName().Version?.ToString(3));

    private readonly UdpEndPoint _remote;
    private Activity? _opening;
    private Activity? _closing;
    private ActivityContext _context;

    /// <summary>A connection begins.</summary>
    /// <param name="remote">The peer.</param>
    /// <param name="isInitiator">Whether we open it.</param>
    /// <param name="parent">The trace of whoever asked for it; default: none.</param>
    public ConnectionSpans(UdpEndPoint remote, bool isInitiator, ActivityContext parent)
    {
        _remote = remote;
        _context = parent;
        _opening = Start(isInitiator ? "utp.connect" : "utp.accept", isInitiator ? ActivityKind.Client : ActivityKind.Server);
        if (_opening is not null)
            _context = _opening.Context;
    }

    /// <summary>Its users hear of it.</summary>
    public void OnOpened() => Stop(ref _opening);

    /// <summary>Somebody begins to close it.</summary>
    public void OnClosing() => _closing ??= Start("utp.close", ActivityKind.Internal);

    /// <summary>It has ended; the first cause counts.</summary>
    public void OnEnded(in CloseReason reason)
    {
        if (_opening is null)
            OnClosing();
        End(ref _opening, reason);
        End(ref _closing, reason);
    }

    private static void End(ref Activity? span, in CloseReason reason)
    {
        if (span is null)
            return;
        span.SetTag("utp.close.cause", MeterSources.Word(reason.Cause));
        if (reason.PeerCode is { } code)
            span.SetTag("utp.close.peer_code", (int)code);
        if (reason.Cause is not (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed))
        {
            span.SetTag("error.type", MeterSources.Word(reason.Cause));
            span.SetStatus(ActivityStatusCode.Error, Failures.SentenceOf(reason));
        }

        Stop(ref span);
    }

    // An activity that starts is the current one of its thread, where other actors come next: what was current stays so.
    private Activity? Start(string name, ActivityKind kind)
    {
        if (!Source.HasListeners())
            return null;
        var current = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity(kind, _context, name: name);
        Activity.Current = current;
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("network.transport", "udp");
            span.SetTag("network.peer.address", _remote.ToIPAddress().ToString());
            span.SetTag("network.peer.port", (int)_remote.Port);
        }

        return span;
    }

    private static void Stop(ref Activity? span)
    {
        var current = Activity.Current;
        span?.Dispose();
        span = null;
        Activity.Current = current;
    }
}
