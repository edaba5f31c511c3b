using System.Net.Sockets;
using Akka.IO;

namespace Utp.Actors;

/// <summary>
/// Makes the socket that Akka.IO binds, with our buffers, and remembers it. Only once: a listener of Akka.IO that fails is restarted,
/// and would take the port again behind our back.
/// </summary>
internal sealed class SocketCreator(ChannelRequest request) : Inet.DatagramChannelCreator
{
    /// <summary>The socket, once Akka.IO has asked for it.</summary>
    public Socket? Socket { get; private set; }

    /// <inheritdoc/>
    public override Socket Create(AddressFamily addressFamily)
    {
        if (Socket is not null)
            throw new InvalidOperationException("The socket of this listener is gone; a new one would not be known to its channel.");
        var socket = new Socket(addressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            Blocking = false,
            ReceiveBufferSize = request.ReceiveBufferBytes,
            SendBufferSize = request.SendBufferBytes,
        };
        if (addressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = request.DualMode;
        return Socket = socket;
    }
}
