using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Utp.Kestrel;

/// <summary>An address where a server listens with uTP, as it stands in URLs and in the configuration: <c>utp://*:5000</c>, or with TLS <c>utps://*:5001</c>.</summary>
/// <param name="EndPoints">What is bound: two for <c>localhost</c>, where the machine has IPv6.</param>
/// <param name="IsTls">Whether the scheme is <c>utps</c>.</param>
internal readonly record struct UtpUrl(IReadOnlyList<UtpEndPoint> EndPoints, bool IsTls)
{
    private const string Plain = "utp://";
    private const string Tls = "utps://";

    /// <summary>Whether it is ours, right or wrong.</summary>
    public static bool Names(string url) =>
        url.StartsWith(Plain, StringComparison.OrdinalIgnoreCase) || url.StartsWith(Tls, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads it as Kestrel reads its own: <c>*</c>, <c>+</c> and host names are all addresses, <c>localhost</c> is both loopbacks.</summary>
    /// <param name="url">The text.</param>
    /// <param name="source">Where it stands, for the error.</param>
    /// <exception cref="FormatException">It is no such URL.</exception>
    public static UtpUrl Parse(string url, string source)
    {
        if (!Names(url))
            throw Wrong(url, source, "it begins with neither utp:// nor utps://; http:// and https:// mean TCP");
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw Wrong(url, source, "it is no URL");
        }

        if (address.PathBase.Length > 0)
            throw Wrong(url, source, "it has a path, which UsePathBase sets");
        if (address.Port is <= 0 or > IPEndPoint.MaxPort && !url.TrimEnd('/').EndsWith(":0", StringComparison.Ordinal))
            throw Wrong(url, source, "it lacks the port");
        var isTls = url.StartsWith(Tls, StringComparison.OrdinalIgnoreCase);
        if (!string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase))
            return new UtpUrl([new UtpEndPoint(AddressOf(address.Host), address.Port)], isTls);
        if (address.Port == 0)
            throw Wrong(url, source, "localhost may be two addresses, whose free ports would differ: write 127.0.0.1:0 or [::1]:0");
        IPAddress[] loopbacks = HasIPv6Loopback() ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        return new UtpUrl([.. loopbacks.Select(loopback => new UtpEndPoint(loopback, address.Port))], isTls);
    }

    private static IPAddress AddressOf(string host)
    {
        if (IPAddress.TryParse(host, out var address))
            return address;
        return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
    }

    // A container's kernel may know IPv6, and have no address of it.
    private static bool HasIPv6Loopback()
    {
        if (!Socket.OSSupportsIPv6)
            return false;
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static FormatException Wrong(string url, string source, string why) =>
        new($"{source}: '{url}' is no address for uTP, because {why}. Write utp://HOST:PORT, or utps://HOST:PORT with TLS, as in utp://*:5000 or utp://[::1]:5000.");
}
