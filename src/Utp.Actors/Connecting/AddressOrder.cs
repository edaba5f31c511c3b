using System.Net;

namespace Utp.Actors;

/// <summary>In which order the addresses of a host are tried (RFC 8305 §4).</summary>
internal static class AddressOrder
{
    /// <summary>"Connection Attempt Delay" (RFC 8305 §5): how long one address is tried alone before the next one is tried beside it.</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The families take turns, so that one that leads nowhere costs one delay, not one for each of its addresses. Whose turn is first is the resolver's word
    /// (RFC 6724: IPv6, unless no route leads there), and the order within a family, too.
    /// </summary>
    /// <param name="addresses">As they were resolved; repeated ones count once.</param>
    public static IReadOnlyList<IPAddress> Of(IEnumerable<IPAddress> addresses)
    {
        var all = addresses.Select(static address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).Distinct().ToList();
        if (all.Count == 0)
            return all;
        var first = all.Where(address => address.AddressFamily == all[0].AddressFamily).ToList();
        var second = all.Where(address => address.AddressFamily != all[0].AddressFamily).ToList();
        var order = new List<IPAddress>(all.Count);
        for (var i = 0; i < Math.Max(first.Count, second.Count); i++)
        {
            order.AddRange(first.Skip(i).Take(1));
            order.AddRange(second.Skip(i).Take(1));
        }

        return order;
    }
}
