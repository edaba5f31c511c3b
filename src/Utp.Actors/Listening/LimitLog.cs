using System.Net;
using Akka.Event;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>Says that a limit of a port is reached, with the key that sets it; once a minute each, however often it is met. One listener's alone.</summary>
internal sealed class LimitLog
{
    public const long PauseMicros = 60_000_000;

    private Instant? _halfOpen;
    private Instant? _connections;

    /// <summary>Nothing is remembered of new ST_SYNs.</summary>
    public void HalfOpen(ILoggingAdapter log, IPEndPoint port, Instant now)
    {
        if (IsTime(ref _halfOpen, now))
            log.Warning("uTP port {Port}: more half-open connections than utp.limits.half-open or utp.limits.half-open-per-address allow; ST_SYNs are answered without being remembered, so connections still open [{UtpEvent}]", port, UtpLogEvents.HalfOpenLimit);
    }

    /// <summary>A ST_SYN was refused.</summary>
    public void Connections(ILoggingAdapter log, IPEndPoint port, Instant now)
    {
        if (IsTime(ref _connections, now))
            log.Warning("uTP port {Port}: a ST_SYN was refused because utp.limits.connections or utp.limits.connections-per-address is reached [{UtpEvent}]", port, UtpLogEvents.ConnectionLimit);
    }

    private static bool IsTime(ref Instant? last, Instant now)
    {
        if (last is { } before && now.Since(before) < PauseMicros)
            return false;
        last = now;
        return true;
    }
}

/// <summary>To a listener: ST_SYNs are answered without being remembered.</summary>
internal sealed class HalfOpenLimitReached : Akka.Actor.INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly HalfOpenLimitReached Instance = new();
}
