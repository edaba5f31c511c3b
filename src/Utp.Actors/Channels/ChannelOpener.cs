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

    /// <summary>A bound channel. A user's socket is closed when it cannot be used.</summary>
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
            return socket is null ? OpenSocket(request, batched) : UdpSocketChannel.FromSocket(socket, ownsSocket: true, batched);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    private static UdpSocketChannel OpenSocket(ChannelRequest request, bool batched) => UdpSocketChannel.Bind(new UdpSocketOptions
    {
        Bind = request.LocalAddress,
        DualMode = request.DualMode,
        ReceiveBufferBytes = request.ReceiveBufferBytes,
        SendBufferBytes = request.SendBufferBytes,
        Batched = batched,
    });
}
