using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.BitTorrent.Tests.Nats;

/// <summary>What a NAT does with whom (RFC 4787).</summary>
public enum NatKind
{
    /// <summary>Everybody is let in at a port that was used.</summary>
    EndpointIndependent,

    /// <summary>Whose address was sent to is let in.</summary>
    AddressRestricted,

    /// <summary>Whose address and port were sent to is let in: what Linux does.</summary>
    PortRestricted,

    /// <summary>Each receiver is sent to from another port, and let in at that alone.</summary>
    Symmetric,
}

/// <summary>A host of the laboratory: its network namespace, and where it listens.</summary>
/// <param name="Namespace">Of the network.</param>
/// <param name="Inside">Where it listens.</param>
/// <param name="Outside">How others see that.</param>
internal sealed record LabHost(string Namespace, IPEndPoint Inside, IPEndPoint Outside);

/// <summary>
/// A small internet of network namespaces of the kernel: a bridge with public hosts, and NATs of nftables with hosts behind them. Sockets of this process can be opened inside, so that sessions of ours
/// need no process of their own. Disposing removes all of it.
/// </summary>
internal sealed partial class NatLab : IDisposable
{
    private const int CloneNewNet = 0x4000_0000;
    private static int _labs;

    private readonly string _name = $"utpnat{Environment.ProcessId}-{Interlocked.Increment(ref _labs)}";
    private readonly List<string> _namespaces = [];
    private int _hosts;
    private int _nats;

    public NatLab()
    {
        Add("net");
        Ip($"-n {_name}net link add br0 type bridge");
        Ip($"-n {_name}net link set br0 up");
    }

    /// <summary>Why there can be none; null: there can.</summary>
    public static string? WhyNot { get; } = Probe();

    /// <summary>A host with an address of its own.</summary>
    public LabHost AddPublicHost()
    {
        var host = Add($"p{++_hosts}");
        var address = Attach(host);
        var endPoint = new IPEndPoint(address, 6881);
        return new LabHost(host, endPoint, endPoint);
    }

    /// <summary>A NAT with hosts behind it, which listen on 6881, 6882 and so on.</summary>
    public IReadOnlyList<LabHost> AddNat(NatKind kind, int hosts = 1)
    {
        var nat = ++_nats;
        var router = Add($"n{nat}");
        var outside = Attach(router);
        Ip($"-n {router} link add in type bridge");
        Ip($"-n {router} addr add 192.168.{nat}.1/24 dev in");
        Ip($"-n {router} link set in up");
        Run("ip", $"netns exec {router} sysctl -qw net.ipv4.ip_forward=1");
        var behind = new List<LabHost>();
        var entries = "";
        for (var number = 0; number < hosts; number++)
        {
            var host = Add($"n{nat}h{number}");
            var inside = new IPEndPoint(IPAddress.Parse($"192.168.{nat}.{number + 2}"), 6881 + number);
            Ip($"-n {host} link add eth0 type veth peer name h{number} netns {router}");
            Ip($"-n {router} link set h{number} master in up");
            Ip($"-n {host} addr add {inside.Address}/24 dev eth0");
            Ip($"-n {host} link set eth0 up");
            Ip($"-n {host} route add default via 192.168.{nat}.1");
            behind.Add(new LabHost(host, inside, new IPEndPoint(outside, inside.Port)));
            entries += kind switch
            {
                NatKind.EndpointIndependent => $"iifname out udp dport {inside.Port} dnat to {inside};",
                NatKind.AddressRestricted => $"iifname out ip saddr @seen udp dport {inside.Port} dnat to {inside};",
                _ => "",
            };
        }

        Run("ip", $"netns exec {router} nft -f -", $$"""
            table ip t {
              set seen { type ipv4_addr; flags dynamic,timeout; timeout 5m; }
              chain entry { type nat hook prerouting priority -100; {{entries}} }
              chain leave { type nat hook postrouting priority 100; oifname out masquerade {{(kind == NatKind.Symmetric ? "fully-random" : "")}}; }
              chain own { type filter hook input priority 0; iifname out ip protocol udp drop; }
              chain pass { type filter hook forward priority 0; policy drop; iifname in oifname out update @seen { ip daddr } accept; ct state established accept; ct status dnat accept; }
            }
            """);
        return behind;
    }

    /// <summary>A UDP socket of this process in a host's network, bound to where it listens.</summary>
    public static Socket Open(LabHost host)
    {
        Socket? socket = null;
        Exception? failed = null;
        // Namespaces belong to threads: this one ends there, and nothing else runs on it.
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{host.Namespace}");
                if (SetNs(file.DangerousGetHandle().ToInt32(), CloneNewNet) != 0)
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(host.Inside);
            }
            catch (Exception e)
            {
                failed = e;
            }
        });
        thread.Start();
        thread.Join();
        return failed is null ? socket! : throw new InvalidOperationException($"No socket in {host.Namespace}: {failed.Message}", failed);
    }

    public void Dispose()
    {
        foreach (var name in _namespaces)
            Ip($"netns del {name}");
    }

    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return "NATs are laid by root of a Linux: run as root to run these tests.";
        try
        {
            Run("ip", "-V");
            Run("nft", "-v");
            return null;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return $"NATs need iproute2 and nftables ({e.Message}): install them to run these tests.";
        }
    }

    private string Add(string name)
    {
        name = _name + name;
        Ip($"netns add {name}");
        _namespaces.Add(name);
        Ip($"-n {name} link set lo up");
        return name;
    }

    // TEST-NET-2 (RFC 5737) is as far away as any address of the net.
    private IPAddress Attach(string name)
    {
        var number = _namespaces.Count;
        Ip($"-n {name} link add out type veth peer name p{number} netns {_name}net");
        Ip($"-n {_name}net link set p{number} master br0 up");
        Ip($"-n {name} addr add 198.51.100.{number}/24 dev out");
        Ip($"-n {name} link set out up");
        return IPAddress.Parse($"198.51.100.{number}");
    }

    private static void Ip(string arguments) => Run("ip", arguments);

    private static void Run(string program, string arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {arguments}: {said.Trim()}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNs(int file, int type);
}

/// <summary>A test between NATs. Where none can be laid it is skipped with the reason, unless <c>UTP_REQUIRE_LINKS=1</c>: then it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NatFactAttribute : FactAttribute
{
    public NatFactAttribute() => Skip = NatRequirement.ReasonToSkip;
}

/// <summary>As <see cref="NatFactAttribute"/>, for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NatTheoryAttribute : TheoryAttribute
{
    public NatTheoryAttribute() => Skip = NatRequirement.ReasonToSkip;
}

internal static class NatRequirement
{
    public static string? ReasonToSkip => Environment.GetEnvironmentVariable("UTP_REQUIRE_LINKS") == "1" ? null : NatLab.WhyNot ?? Peers.LibtorrentPeer.WhyMissing;
}
