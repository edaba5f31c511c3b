using System.Net;

namespace Utp.Messages;

/// <summary>A datagram that is not uTP, such as DHT's or STUN's, which share the port. Told by the listener to the out-of-band handler of its <see cref="Bind"/>.</summary>
/// <param name="Data">The bytes; the handler's from now on.</param>
/// <param name="RemoteAddress">Who sent it.</param>
/// <param name="LocalAddress">Our address that it was sent to; null where the system does not say.</param>
public sealed record OutOfBandReceived(ReadOnlyMemory<byte> Data, IPEndPoint RemoteAddress, IPAddress? LocalAddress = null) : UtpEvent;

/// <summary>
/// Sends one datagram from a listener's port, sent to the listener. It may get lost, as any UDP datagram; <see cref="CommandFailed"/> says when it did not even leave.
/// </summary>
/// <param name="Data">The bytes, at most 65,507; sent before anything else happens, and not kept.</param>
/// <param name="RemoteAddress">Where to.</param>
/// <param name="LocalAddress">From which of our addresses; null: the system chooses.</param>
public sealed record SendOutOfBand(ReadOnlyMemory<byte> Data, IPEndPoint RemoteAddress, IPAddress? LocalAddress = null) : UtpCommand;
