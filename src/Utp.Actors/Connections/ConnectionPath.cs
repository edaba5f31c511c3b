using System.Net;
using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// What the machine knows of a connection's path, for the core, and what the core has found out, for other connections: addresses, how large datagrams and bursts may be, what
/// ICMP, our own system and the socket say. Owned by the connection's actor, which alone calls it.
/// </summary>
/// <param name="handle">The connection's.</param>
/// <param name="port">Its listener's.</param>
/// <param name="core">Whose path it is.</param>
/// <param name="searchesMtu">Whether an accepted connection tries larger datagrams once its address is confirmed.</param>
/// <param name="isInitiator">Whether we opened it: then the user has confirmed the address.</param>
internal sealed class ConnectionPath(ConnectionHandle handle, Port port, UtpConnection core, bool searchesMtu, bool isInitiator)
{
    private bool _confirmationTold = isInitiator;
    private long _windowLimit;

    /// <summary>The peer's address.</summary>
    public IPEndPoint RemoteEndPoint => handle.Path.Remote.ToIPEndPoint();

    /// <summary>Our address, as the peer sees it if nothing translates it.</summary>
    public IPEndPoint LocalEndPoint
    {
        get
        {
            // A driver that does not tell which address was asked cannot choose the one to answer from either: the system does, by its routes.
            var bound = port.LocalEndPoint;
            var local = handle.Path.LocalAddress;
            if (local == default && UdpEndPoint.From(bound).IsAny && RouteProbe.TryFindLocalAddress(handle.Path.Remote, out var source, out _))
                local = source;
            return local == default ? bound : new IPEndPoint(local.ToIPAddress(), bound.Port);
        }
    }

    /// <summary>The window follows what the socket's buffer can hold; told with each batch, applied when it changes.</summary>
    public void LimitWindow(long bytes)
    {
        if (bytes == _windowLimit)
            return;
        _windowLimit = bytes;
        core.LimitReceiveWindow(bytes);
    }

    /// <summary>ICMP says something of it.</summary>
    public void OnIcmp(IcmpReport report, Instant now)
    {
        handle.OnIcmpHandled();
        if (report.Error == PathError.TooLarge)
            core.HandlePacketTooBig(report.PathDatagramBytes, report.Quoted, now);
        else
            core.HandleIcmpError(report.Error, report.Quoted, now);
    }

    /// <summary>Our own system says something of it.</summary>
    public void OnError(PathErrorReport report, Instant now) => core.HandlePathError(report.Error, now, report.PathDatagramBytes);

    /// <summary>The socket is gone.</summary>
    public void OnChannelFailed(ChannelFailed failed, Instant now) => core.HandleSocketFailure(failed.Cause.Message, now);

    /// <summary>Before a turn's events: a confirmed address counts as half open no more, and is worth asking the system about.</summary>
    public void OnTurnBegins()
    {
        if (_confirmationTold || !core.IsAddressConfirmed)
            return;
        _confirmationTold = true;
        port.OnConfirmed(handle);
        handle.BurstBytes = port.Ceilings.BurstFor(handle.Path.Remote, Clock.Now);
        if (searchesMtu && port.Ceilings.For(handle.Path.Remote, Clock.Now) is > 0 and var ceiling)
            core.SetMtuCeiling(ceiling);
    }

    /// <summary>After a turn: tells the listener what size the core has found, for the next connection to that address.</summary>
    public void TellSize()
    {
        if (core.PollPathSize(out var size))
            port.Listener.Tell(new PathSizeReport(handle.Path.Remote.Address, size), ActorRefs.NoSender);
    }
}
