using System.Net;
using System.Net.Sockets;

namespace Utp.BitTorrent;

/// <summary>
/// How far an address is good. Whoever is far away is not told of addresses that mean something else to it, and is not believed when it names one of this machine or this network: a stranger
/// must not choose whom we knock at there.
/// </summary>
internal static class AddressScope
{
    private enum Scope
    {
        None = 0,
        Machine = 1,
        Link = 2,
        Site = 3,
        World = 4,
    }

    /// <summary>Whether an address means the same to somebody of another address, both as we see them.</summary>
    public static bool IsShared(IPAddress address, IPAddress with) => Of(address) is not Scope.None and var scope && scope >= Of(with);

    /// <summary>Whether it is an address of the whole net.</summary>
    public static bool IsWorld(IPAddress address) => Of(address) == Scope.World;

    private static Scope Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address))
            return Scope.Machine;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            if (address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any))
                return Scope.None;
            return address.IsIPv6LinkLocal ? Scope.Link : address.IsIPv6UniqueLocal || address.IsIPv6SiteLocal ? Scope.Site : Scope.World;
        }

        var bytes = address.GetAddressBytes();
        return bytes[0] switch
        {
            0 or >= 224 => Scope.None,
            // RFC 3927, RFC 1918, and RFC 6598, which carriers use behind their own NATs.
            169 when bytes[1] == 254 => Scope.Link,
            10 => Scope.Site,
            172 when bytes[1] is >= 16 and < 32 => Scope.Site,
            192 when bytes[1] == 168 => Scope.Site,
            100 when bytes[1] is >= 64 and < 128 => Scope.Site,
            _ => Scope.World,
        };
    }
}
