using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote;
using Akka.Remote.Transport;

namespace Utp.Remote;

/// <summary>From host names and Akka's addresses to IP addresses, and back.</summary>
internal static class AddressResolver
{
    /// <summary>Where to listen.</summary>
    /// <exception cref="RemoteTransportException">The name has no address.</exception>
    public static async Task<IPEndPoint> LocalAsync(UtpTransportSettings settings)
    {
        if (settings.Hostname.Length == 0)
            return new IPEndPoint(settings.DnsUseIpv6 ? IPAddress.IPv6Any : IPAddress.Any, settings.Port);
        if (IPAddress.TryParse(settings.Hostname, out var address))
            return new IPEndPoint(address, settings.Port);
        try
        {
            var addresses = await ResolveAsync(settings.Hostname, settings).ConfigureAwait(false);
            return new IPEndPoint(addresses[0], settings.Port);
        }
        catch (SocketException e)
        {
            throw new RemoteTransportException($"hostname \"{settings.Hostname}\" has no address: {e.Message}. Set it to an address or a name of this machine.", e);
        }
    }

    /// <summary>Where a peer may be reached from a port of this family, the best first; at least one.</summary>
    /// <exception cref="InvalidAssociationException">There is none.</exception>
    public static async Task<IReadOnlyList<IPEndPoint>> RemoteAsync(Address remote, AddressFamily family, UtpTransportSettings settings)
    {
        if (remote.Host is not { Length: > 0 } host || remote.Port is not { } port)
            throw new InvalidAssociationException($"Failed to associate with {remote}: the address has no host or no port.");
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(host, out var address) ? [address] : await ResolveAsync(host, settings).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new InvalidAssociationException($"Failed to associate with {remote}: \"{host}\" has no address ({e.Message}).", e);
        }

        // A port on all IPv6 addresses reaches IPv4, too.
        var usable = Array.FindAll(addresses, candidate => family == AddressFamily.InterNetworkV6 || candidate.AddressFamily == family);
        if (usable.Length == 0)
            throw new InvalidAssociationException($"Failed to associate with {remote}: this node listens on {(family == AddressFamily.InterNetwork ? "IPv4" : "IPv6")}, and \"{host}\" has no such address.");
        return [.. usable.Select(candidate => new IPEndPoint(Reachable(candidate), port))];
    }

    /// <summary>As Akka writes a host in addresses.</summary>
    public static string HostOf(string host)
    {
        if (!IPAddress.TryParse(host, out var address))
            return host;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, UtpTransportSettings settings)
    {
        var family = settings.DnsUseIpv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var addresses = await Dns.GetHostAddressesAsync(host).ConfigureAwait(false);
        var preferred = Array.FindAll(addresses, address => address.AddressFamily == family);
        if (preferred.Length == 0 && settings.EnforceIpFamily)
            throw new SocketException((int)SocketError.NoData);
        return preferred.Length > 0 ? preferred : addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
    }

    // Nobody can be reached at "any address"; who calls itself so is meant to be here.
    private static IPAddress Reachable(IPAddress address) =>
        address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
}
