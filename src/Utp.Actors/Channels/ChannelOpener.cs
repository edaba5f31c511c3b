using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>Opens ports by the configured driver.</summary>
internal sealed class ChannelOpener(UtpSettings settings, ActorSystem system)
{
    private readonly Func<ChannelRequest, IDatagramChannel>? _replacement =
        system.Settings.Setup.Get<UtpChannelSetup>() is { HasValue: true } setup ? setup.Value.OpenChannel : null;

    /// <summary>A bound channel, alone on its port. A user's socket is closed when it cannot be used.</summary>
    /// <exception cref="SocketException">The address is in use, not ours, or not allowed.</exception>
    /// <exception cref="ArgumentException">The user's socket cannot be used.</exception>
    public async Task<IDatagramChannel> OpenAsync(IPEndPoint localAddress, bool dualMode, Socket? socket)
    {
        var request = new ChannelRequest(localAddress, dualMode, settings.SocketReceiveBufferBytes, settings.SocketSendBufferBytes, socket);
        try
        {
            if (_replacement is not null)
                return _replacement(request);
            if (settings.Channel == ChannelDriver.AkkaIO)
                return await AkkaIoChannel.OpenAsync(system, request).ConfigureAwait(false);
            var batched = settings.Channel is ChannelDriver.Auto or ChannelDriver.Batched;
            return socket is null ? OpenSocket(request, batched, sharesPort: false) : UdpSocketChannel.FromSocket(socket, ownsSocket: true, batched);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// More channels on the port of a listener: as many as the settings ask for, and one that ST_SYNs arrive at (design note 29), which is the last. None where sockets cannot share a port.
    /// </summary>
    /// <param name="first">A port that was opened for the listener.</param>
    /// <param name="dualMode">As it was opened.</param>
    /// <param name="syns">The channel for ST_SYNs; null: they arrive at the others.</param>
    /// <exception cref="SocketException">A socket cannot be bound.</exception>
    public IReadOnlyList<IDatagramChannel> OpenOthers(IDatagramChannel first, bool dualMode, out IDatagramChannel? syns)
    {
        List<IDatagramChannel> others = [];
        syns = null;
        if (first is not UdpSocketChannel socket || !socket.TryShare())
            return others;
        try
        {
            var request = new ChannelRequest(first.LocalEndPoint, dualMode, settings.SocketReceiveBufferBytes, settings.SocketSendBufferBytes, null);
            while (others.Count < settings.ReceiveLoops - 1)
                others.Add(OpenSocket(request, batched: true, sharesPort: true));
            var last = OpenSocket(request, batched: true, sharesPort: true);
            if (last.TryTakeSyns(others.Count + 1))
                syns = last;
            else
                last.Dispose();
        }
        catch
        {
            foreach (var other in others)
                other.Dispose();
            throw;
        }

        return others;
    }

    private static UdpSocketChannel OpenSocket(ChannelRequest request, bool batched, bool sharesPort) => UdpSocketChannel.Bind(new UdpSocketOptions
    {
        Bind = request.LocalAddress,
        DualMode = request.DualMode,
        ReceiveBufferBytes = request.ReceiveBufferBytes,
        SendBufferBytes = request.SendBufferBytes,
        Batched = batched,
        ReusePort = sharesPort,
    });
}
