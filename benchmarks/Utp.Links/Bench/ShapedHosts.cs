using System.Globalization;
using Utp.Links.Agents;
using Utp.Links.Kernel;

namespace Utp.Links;

/// <summary>Where the kernel's own traffic control stands, and what it is.</summary>
public enum KernelShape
{
    /// <summary>A token bucket on the sender's device, 6 kB before it: what it drops, the sender's own sendmsg may hear of (ENOBUFS).</summary>
    TokenBucketAtSender,

    /// <summary>The same in a router: packets come one by one, and nobody hears of what is dropped.</summary>
    TokenBucketInRouter,

    /// <summary>A rate (HTB) in a router, and five packets before it (pfifo).</summary>
    FivePacketsInRouter,

    /// <summary>No limit: what the machine can.</summary>
    None,
}

/// <summary>
/// Two hosts and a router, three network namespaces joined by veth pairs, on which the kernel itself limits the rate (tc): a path below a millisecond with a queue of
/// a few packets. Disposing ends the agents and removes the namespaces.
/// </summary>
public sealed class ShapedHosts : IAsyncDisposable
{
    private const string Address = "10.78.2.1";
    private readonly NetworkNamespace[] _hosts;
    private readonly Agent _left;
    private readonly Agent _right;

    private ShapedHosts(NetworkNamespace[] hosts, Agent left, Agent right) => (_hosts, _left, _right) = (hosts, left, right);

    /// <summary>Lays it.</summary>
    /// <param name="shape">Of the way from left to right.</param>
    /// <param name="megabits">Its rate, Ethernet bits.</param>
    /// <exception cref="InvalidOperationException">tc(8) or ip(8) failed; the message has their words.</exception>
    public static ShapedHosts Start(KernelShape shape, int megabits)
    {
        NetworkNamespace[] hosts = [NetworkNamespace.Create("left"), NetworkNamespace.Create("mid"), NetworkNamespace.Create("right")];
        try
        {
            var (left, middle, right) = (hosts[0], hosts[1], hosts[2]);
            left.Ip($"link add out type veth peer name left netns {middle.Name}");
            right.Ip($"link add out type veth peer name right netns {middle.Name}");
            foreach (var (host, device, address) in new[] { (left, "out", "10.78.1.1"), (middle, "left", "10.78.1.2"), (middle, "right", "10.78.2.2"), (right, "out", Address) })
            {
                host.Ip($"addr add {address}/24 dev {device}");
                // A queue is to see the wire's packets, not the bursts that a device would cut.
                host.Ip($"link set {device} gso_max_segs 1 up");
            }

            left.Ip("route add default via 10.78.1.2");
            right.Ip("route add default via 10.78.2.2");
            NetworkNamespace.Run("ip", "netns", "exec", middle.Name, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
            foreach (var (host, command) in Commands(shape, left, middle, megabits))
                NetworkNamespace.Run("tc", ["-n", host.Name, .. command.Split(' ')]);
            return new ShapedHosts(hosts, Agent.Start(left.Start), Agent.Start(right.Start));
        }
        catch
        {
            foreach (var host in hosts)
                host.Dispose();
            throw;
        }
    }

    /// <summary>Moves bytes from left to right.</summary>
    public Task<TransferResult> TransferAsync(FlowPlan plan, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Transfer.RunAsync(_left, _right, plan with { Address = Address }, patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _left.DisposeAsync().ConfigureAwait(false);
        await _right.DisposeAsync().ConfigureAwait(false);
        foreach (var host in _hosts)
            host.Dispose();
    }

    private static IEnumerable<(NetworkNamespace Host, string Command)> Commands(KernelShape shape, NetworkNamespace left, NetworkNamespace middle, int megabits)
    {
        // The bucket holds two packets: the kernel's timers are exact enough for that.
        var bucket = string.Create(CultureInfo.InvariantCulture, $"tbf rate {megabits}mbit burst 3100 limit 6k");
        switch (shape)
        {
            case KernelShape.TokenBucketAtSender:
                yield return (left, $"qdisc add dev out root {bucket}");
                break;
            case KernelShape.TokenBucketInRouter:
                yield return (middle, $"qdisc add dev right root {bucket}");
                break;
            case KernelShape.FivePacketsInRouter:
                yield return (middle, "qdisc add dev right root handle 1: htb default 1");
                yield return (middle, string.Create(CultureInfo.InvariantCulture, $"class add dev right parent 1: classid 1:1 htb rate {megabits}mbit burst 3100 cburst 3100 quantum 1514"));
                yield return (middle, "qdisc add dev right parent 1:1 pfifo limit 5");
                break;
        }
    }
}
