using Utp.Links.Agents;
using Utp.Links.Kernel;

namespace Utp.Links;

/// <summary>
/// Two hosts joined by one cable, a veth pair, whose ends may have different MTUs: what is too large for the other end vanishes, and the sender's sendmsg hears of it
/// as of a full queue (ENOBUFS). Disposing ends the agents and removes the namespaces.
/// </summary>
public sealed class JoinedHosts : IAsyncDisposable
{
    /// <summary>The right host's IPv4 address.</summary>
    public const string RightAddress = "10.78.2.1";

    /// <summary>The right host's IPv6 address; with both MTUs of 1,280 and more.</summary>
    public const string RightAddress6 = "fd78:2::1";

    private const int SmallestMtu6 = 1_280;
    private readonly NetworkNamespace[] _hosts;
    private readonly Agent _left;
    private readonly Agent _right;

    private JoinedHosts(NetworkNamespace[] hosts, Agent left, Agent right) => (_hosts, _left, _right) = (hosts, left, right);

    /// <summary>Lays the cable.</summary>
    /// <param name="leftMtu">Bytes of an IP packet that the left end takes.</param>
    /// <param name="rightMtu">Bytes of an IP packet that the right end takes.</param>
    /// <param name="segments">Whether bursts cross the cable whole, whatever the other end's MTU (veth lets them); otherwise the kernel cuts them before.</param>
    /// <exception cref="InvalidOperationException">ip(8) failed; the message has its words.</exception>
    public static JoinedHosts Start(int leftMtu, int rightMtu, bool segments = false)
    {
        NetworkNamespace[] hosts = [NetworkNamespace.Create("left"), NetworkNamespace.Create("right")];
        try
        {
            hosts[0].Ip($"link add out type veth peer name out netns {hosts[1].Name}");
            for (var i = 0; i < hosts.Length; i++)
            {
                var mtu = i == 0 ? leftMtu : rightMtu;
                hosts[i].Ip($"link set out mtu {mtu}{(segments ? "" : " gso_max_segs 1")} up");
                hosts[i].Ip($"addr add 10.78.2.{2 - i}/24 dev out");
                if (mtu >= SmallestMtu6)
                    hosts[i].Ip($"-6 addr add fd78:2::{2 - i}/64 dev out nodad");
            }

            return new JoinedHosts(hosts, Agent.Start(hosts[0].Start), Agent.Start(hosts[1].Start));
        }
        catch
        {
            foreach (var host in hosts)
                host.Dispose();
            throw;
        }
    }

    /// <summary>Changes the MTU of the left host's device.</summary>
    public void SetLeftMtu(int bytes) => _hosts[0].Ip($"link set out mtu {bytes}");

    /// <summary>Moves bytes from left to right; to <see cref="RightAddress"/> if the plan names no address.</summary>
    public Task<TransferResult> TransferAsync(FlowPlan plan, TimeSpan patience) => RunAsync(_left, _right, plan, RightAddress, patience);

    /// <summary>Moves bytes from right to left.</summary>
    public Task<TransferResult> TransferBackAsync(FlowPlan plan, TimeSpan patience) => RunAsync(_right, _left, plan, "10.78.2.2", patience);

    public async ValueTask DisposeAsync()
    {
        await _left.DisposeAsync().ConfigureAwait(false);
        await _right.DisposeAsync().ConfigureAwait(false);
        foreach (var host in _hosts)
            host.Dispose();
    }

    private static Task<TransferResult> RunAsync(Agent sender, Agent receiver, FlowPlan plan, string address, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Transfer.RunAsync(sender, receiver, plan.Address.Length > 0 ? plan : plan with { Address = address }, patience);
    }
}
