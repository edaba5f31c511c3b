using Akka.Actor;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// Those that watch a connection and change nothing about it: its meter, its spans, its record and its lines in the log. They are told what happens; each knows what it makes of it. Owned by the
/// connection's actor, which alone calls it.
/// </summary>
internal sealed class ConnectionObservers(UtpConnection core, ConnectionMeter meter, ConnectionSpans spans, ConnectionTracing tracing, ConnectionLog log)
{
    /// <summary>When they want to be told that a deadline has passed.</summary>
    public Instant NextDeadline => Instant.Min(meter.SampleAt, tracing.FlushAt);

    /// <summary>The first turn begins.</summary>
    public void OnBegins()
    {
        meter.OnBegins();
        tracing.Begin();
    }

    /// <summary>Packets arrived; told before the core has seen them.</summary>
    public void OnBatch(InboundBatch batch) => tracing.OnBatch(batch);

    /// <summary>A deadline has passed: perhaps one of theirs.</summary>
    public void OnDeadline(Instant now)
    {
        meter.OnDeadline(core, now);
        tracing.OnDeadline(now);
    }

    /// <summary>A message about the record; false: it is none.</summary>
    public bool OnTracing(object message, IActorRef sender) => tracing.Handle(message, sender);

    /// <summary>Somebody asks what was counted.</summary>
    public void OnSampleNow() => meter.OnAsked(core);

    /// <summary>The users hear of the connection.</summary>
    public void OnOpened(Instant now)
    {
        meter.OnOpened(now);
        spans.OnOpened();
        log.OnOpened();
    }

    /// <summary>Its end begins.</summary>
    public void OnClosing() => spans.OnClosing();

    /// <summary>It has ended; the first reason counts.</summary>
    public void OnEnded(in CloseReason reason, in ConnectionStats statistics)
    {
        spans.OnEnded(reason);
        log.OnEnded(reason);
        meter.OnEnded(reason, statistics, Clock.Now);
    }

    /// <summary>A turn is done.</summary>
    public void OnTurn() => meter.OnTurn(core);

    /// <summary>It is not there any more.</summary>
    public void OnGone()
    {
        meter.Leave(core);
        tracing.Leave();
    }
}
