using System.Net;
using Akka.Event;

namespace Utp.Actors;

/// <summary>Says that a limit of a port is reached, with the key that sets it; once a minute each, however often it is met. Any thread.</summary>
internal sealed class LimitLog(ILoggingAdapter log, IPEndPoint port)
{
    private long _halfOpen;
    private long _connections;
    private long _resets;
    private long _backlog;

    /// <summary>Nothing is remembered of new ST_SYNs.</summary>
    public void HalfOpen()
    {
        if (LimitWatch.IsTime(ref _halfOpen))
            log.Warning("uTP port {Port}: more half-open connections than utp.limits.half-open or utp.limits.half-open-per-address allow; ST_SYNs are answered without being remembered, so connections still open [{UtpEvent}]", port, UtpLogEvents.HalfOpenLimit);
    }

    /// <summary>A ST_SYN was refused.</summary>
    public void Connections()
    {
        if (LimitWatch.IsTime(ref _connections))
            log.Warning("uTP port {Port}: a ST_SYN was refused because utp.limits.connections or utp.limits.connections-per-address is reached [{UtpEvent}]", port, UtpLogEvents.ConnectionLimit);
    }

    /// <summary>A packet of an unknown connection was not answered.</summary>
    public void Resets()
    {
        if (LimitWatch.IsTime(ref _resets))
            log.Warning("uTP port {Port}: more packets of unknown connections than utp.limits.resets-per-second or utp.limits.resets-per-second-per-address allow answers to; the others are dropped [{UtpEvent}]", port, UtpLogEvents.ResetLimit);
    }

    /// <summary>A ST_SYN was dropped, because too many connections wait to be accepted.</summary>
    public void Backlog()
    {
        if (LimitWatch.IsTime(ref _backlog))
            log.Warning("uTP port {Port}: more connections than utp.limits.half-open wait for a handler that accepts them; ST_SYNs are dropped until it does [{UtpEvent}]", port, UtpLogEvents.BacklogLimit);
    }
}
