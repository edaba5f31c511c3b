using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>HOST:PORT of a peer and ADDR:PORT of a listener; an IPv6 address stands in brackets, as in [::1]:9000.</summary>
internal static class Addresses
{
    /// <summary>A peer: an address or a host name, and a port that is not 0.</summary>
    public static bool TryParsePeer(string text, out EndPoint? peer, out string problem)
    {
        peer = null;
        if (!TrySplit(text, out var host, out var port, out problem))
            return false;
        if (port == 0)
        {
            problem = $"'{text}' has port 0, which nobody listens on: give the port of the peer";
            return false;
        }

        if (TryParseAddress(text, host, out var address, out problem))
            peer = new IPEndPoint(address!, port);
        else if (problem.Length == 0 && Uri.CheckHostName(host) == UriHostNameType.Dns)
            peer = new DnsEndPoint(host, port);
        else if (problem.Length == 0)
            problem = host.Length == 0 ? $"'{text}' lacks the host: write HOST:PORT" : $"'{host}' is neither a host name nor an address: write HOST:PORT";
        return peer is not null;
    }

    /// <summary>Where to listen: an address of this machine, "localhost", or nothing or * for all of them; port 0 takes any free one.</summary>
    public static bool TryParseLocal(string text, out IPEndPoint? local, out string problem)
    {
        local = null;
        if (!TrySplit(text, out var host, out var port, out problem))
            return false;
        if (TryParseAddress(text, host, out var address, out problem))
            local = new IPEndPoint(address!, port);
        else if (host is "" or "*")
            local = new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
        else if (string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase))
            local = new IPEndPoint(IPAddress.Loopback, port);
        else if (problem.Length == 0)
            problem = $"'{host}' is no address of a network interface: write ADDR:PORT, as in 127.0.0.1:9000 or [::]:9000";
        return local is not null;
    }

    /// <summary>The same end point, of one IP version: a name is resolved to it, and "all addresses" are all of it.</summary>
    /// <exception cref="CliException">It is an address of the other one.</exception>
    public static EndPoint Of(EndPoint endPoint, AddressFamily family) => endPoint switch
    {
        _ when family == AddressFamily.Unspecified => endPoint,
        DnsEndPoint name => new DnsEndPoint(name.Host, name.Port, family),
        IPEndPoint { Address: var any, Port: var port } when any.Equals(IPAddress.IPv6Any) && family == AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Any, port),
        { AddressFamily: var own } when own != family =>
            throw CliException.WrongUsage($"{Text(endPoint)} is no address of IPv{(family == AddressFamily.InterNetwork ? 4 : 6)}: leave -{(family == AddressFamily.InterNetwork ? 4 : 6)} out, or give another address."),
        _ => endPoint,
    };

    /// <summary>An end point for people: an IPv4 address in IPv6 clothes is shown as IPv4.</summary>
    public static string Text(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped => new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port).ToString(),
        DnsEndPoint name => string.Create(CultureInfo.InvariantCulture, $"{name.Host}:{name.Port}"),
        _ => endPoint.ToString() ?? "",
    };

    // In brackets only IPv6 may stand, and IPv6 only in brackets: in ::1:9000 the port could be either.
    private static bool TrySplit(string text, out string host, out int port, out string problem)
    {
        host = "";
        port = 0;
        problem = "";
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']'))
        {
            problem = $"'{text}' lacks the port: write HOST:PORT";
            return false;
        }

        host = text[..colon];
        if (host.Contains(':', StringComparison.Ordinal) && !(host.StartsWith('[') && host.EndsWith(']')))
        {
            problem = $"'{text}' is ambiguous: write an IPv6 address in brackets, as in [::1]:9000";
            return false;
        }

        if (int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue)
            return true;
        problem = $"'{text[(colon + 1)..]}' is no port: write a number up to 65535";
        return false;
    }

    private static bool TryParseAddress(string text, string host, out IPAddress? address, out string problem)
    {
        problem = "";
        var bracketed = host.StartsWith('[');
        var literal = bracketed ? host[1..^1] : host;
        // IPAddress also reads "1" and "127.1", which are more likely a slip.
        var isAddress = IPAddress.TryParse(literal, out address)
            && address!.AddressFamily == (bracketed ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)
            && (bracketed || literal.Count(c => c == '.') == 3);
        if (!isAddress && (bracketed || literal.All(c => char.IsAsciiDigit(c) || c == '.')) && literal.Length > 0)
            problem = $"'{host}' in '{text}' is no address";
        return isAddress;
    }
}
