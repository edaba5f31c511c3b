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

    /// <summary>A bound channel, whose port others may share if it is <paramref name="forListener"/>. A user's socket is closed when it cannot be used.</summary>
    /// <exception cref="SocketException">The address is in use, not ours, or not allowed.</exception>
    /// <exception cref="ArgumentException">The user's socket cannot be used.</exception>
    public async Task<IDatagramChannel> OpenAsync(IPEndPoint localAddress, bool dualMode, Socket? socket, bool forListener)
    {
        var request = new ChannelRequest(localAddress, dualMode, settings.SocketReceiveBufferBytes, settings.SocketSendBufferBytes, socket);
        try
        {
            if (_replacement is not null)
                return _replacement(request);
            if (settings.Channel == ChannelDriver.AkkaIO)
                return await AkkaIoChannel.OpenAsync(system, request).ConfigureAwait(false);
            var batched = settings.Channel is ChannelDriver.Auto or ChannelDriver.Batched;
            var sharesPort = forListener && batched && settings.ReceiveLoops > 1 && OperatingSystem.IsLinux();
            if (sharesPort && socket is null)
                return OpenShared(request);
            return socket is null ? OpenSocket(request, batched, sharesPort: false) : UdpSocketChannel.FromSocket(socket, ownsSocket: true, batched);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>More channels on the port of <paramref name="first"/>, as many as the settings ask for beside it; none where sockets cannot share one.</summary>
    /// <exception cref="SocketException">A socket cannot be bound.</exception>
    public IReadOnlyList<IDatagramChannel> OpenOthers(IDatagramChannel first, bool dualMode)
    {
        List<IDatagramChannel> others = [];
        try
        {
            while (first is UdpSocketChannel { IsPortShared: true } && others.Count < settings.ReceiveLoops - 1)
            {
                var request = new ChannelRequest(first.LocalEndPoint, dualMode, settings.SocketReceiveBufferBytes, settings.SocketSendBufferBytes, null);
                others.Add(OpenSocket(request, batched: true, sharesPort: true));
            }
        }
        catch
        {
            foreach (var other in others)
                other.Dispose();
            throw;
        }

        return others;
    }

    // A port that may be shared is not refused to whoever shares it too, nor is a free one always chosen: a socket that shares nothing finds out first.
    private static UdpSocketChannel OpenShared(ChannelRequest request)
    {
        IPEndPoint free;
        using (var alone = OpenSocket(request, batched: false, sharesPort: false))
            free = alone.LocalEndPoint;
        return OpenSocket(request with { LocalAddress = free }, batched: true, sharesPort: true);
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
