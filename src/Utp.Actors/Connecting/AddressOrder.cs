using System.Net;

namespace Utp.Actors;

/// <summary>
/// In which order the addresses of a host name are tried (RFC 8305 §4): as the resolver sorted them, but with the two families in turn, so that a family that leads nowhere costs
/// one try and not all of them. An IPv4-mapped address is the IPv4 address, and an address is tried once.
/// </summary>
internal static class AddressOrder
{
    public static IEnumerable<IPAddress> Of(IEnumerable<IPAddress> resolved)
    {
        var families = resolved
            .Select(static address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
            .Distinct()
            .GroupBy(static address => address.AddressFamily)
            .Select(static family => family.ToArray())
            .ToArray();
        for (var i = 0; families.Any(family => i < family.Length); i++)
        {
            foreach (var family in families)
                if (i < family.Length)
                    yield return family[i];
        }
    }
}
