using System.Net;
using System.Net.Sockets;

namespace Utp.Kestrel;

/// <summary>
/// A UDP address where Kestrel is to listen with uTP: <c>kestrel.Listen(new UtpEndPoint(IPAddress.Any, 9000))</c>. An <see cref="System.Net.IPEndPoint"/> goes on meaning
/// TCP, so that one server serves both, also on the same port number.
/// </summary>
public sealed class UtpEndPoint : EndPoint
{
    /// <summary>An address and a port.</summary>
    /// <param name="address"><see cref="IPAddress.IPv6Any"/> serves IPv4, too.</param>
    /// <param name="port">0: any free one; the server's addresses tell which.</param>
    public UtpEndPoint(IPAddress address, int port)
        : this(new IPEndPoint(address, port))
    {
    }

    /// <summary>The same address, for uTP.</summary>
    /// <param name="endPoint">Address and port.</param>
    public UtpEndPoint(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        IPEndPoint = endPoint;
    }

    /// <summary>The address and the UDP port.</summary>
    public IPEndPoint IPEndPoint { get; }

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => IPEndPoint.AddressFamily;

    /// <inheritdoc/>
    public override SocketAddress Serialize() => IPEndPoint.Serialize();

    /// <inheritdoc/>
    public override EndPoint Create(SocketAddress socketAddress) => new UtpEndPoint((IPEndPoint)IPEndPoint.Create(socketAddress));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UtpEndPoint other && IPEndPoint.Equals(other.IPEndPoint);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(typeof(UtpEndPoint), IPEndPoint);

    /// <summary>The server's addresses show it behind their scheme, as they show pipes: <c>http://utp:127.0.0.1:9000</c>.</summary>
    public override string ToString() => "utp:" + IPEndPoint;
}
