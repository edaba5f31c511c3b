using Akka.Event;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What the log says of one connection, at debug level: that it is open, and how it ended. Owned by the connection's actor, which alone calls it.</summary>
internal sealed class ConnectionLog(ILoggingAdapter log, UdpEndPoint remote, bool isInitiator)
{
    private bool _hasEnded;

    /// <summary>Its users hear of it.</summary>
    public void OnOpened()
    {
        if (log.IsDebugEnabled)
            log.Debug("A connection {Direction} {Peer} is open [{UtpEvent}]", isInitiator ? "to" : "from", remote, UtpLogEvents.ConnectionOpened);
    }

    /// <summary>It has ended; the first reason counts.</summary>
    public void OnEnded(in CloseReason reason)
    {
        if (_hasEnded)
            return;
        _hasEnded = true;
        if (log.IsDebugEnabled)
            log.Debug("The connection {Direction} {Peer} has ended ({Cause}): {Reason} [{UtpEvent}]", isInitiator ? "to" : "from", remote, MeterSources.Word(reason.Cause), Failures.SentenceOf(reason), UtpLogEvents.ConnectionEnded);
    }
}
