using System.Net;
using System.Net.Sockets;
using Akka.Actor.Setup;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What a port is opened with.</summary>
/// <param name="LocalAddress">Where to bind.</param>
/// <param name="DualMode">Whether an IPv6 wildcard socket also serves IPv4.</param>
/// <param name="ReceiveBufferBytes">Receive buffer to ask for.</param>
/// <param name="SendBufferBytes">Send buffer to ask for.</param>
/// <param name="Socket">A bound socket of the user's, to be used instead of a new one; the channel's from now on.</param>
public sealed record ChannelRequest(IPEndPoint LocalAddress, bool DualMode, int ReceiveBufferBytes, int SendBufferBytes, Socket? Socket);

/// <summary>
/// Replaces how ports are opened, for tests and simulations: handed to <c>ActorSystem.Create</c> with the system's other setups.
/// </summary>
/// <param name="openChannel">Opens a port; throws <see cref="SocketException"/> as a socket would. Called on an actor's thread.</param>
public sealed class UtpChannelSetup(Func<ChannelRequest, IDatagramChannel> openChannel) : Setup
{
    /// <summary>Opens a port.</summary>
    public Func<ChannelRequest, IDatagramChannel> OpenChannel { get; } = openChannel;
}
