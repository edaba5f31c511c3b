using System.Diagnostics;
using System.Net;
using Utp.Links.Kernel;
using Utp.Links.Router;
using Utp.Simulation;

namespace Utp.Links;

/// <summary>How a link is laid.</summary>
public sealed record RealLinkOptions
{
    /// <summary>From left to right.</summary>
    public LinkShape Forth { get; init; } = LinkShape.Perfect;

    /// <summary>From right to left.</summary>
    public LinkShape Back { get; init; } = LinkShape.Perfect;

    /// <summary>Decides every chance.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>MTU of the left host's device, bytes of an IP packet. Below 1,280 it has no IPv6.</summary>
    public int LeftMtu { get; init; } = 1_500;

    /// <summary>MTU of the right host's device.</summary>
    public int RightMtu { get; init; } = 1_500;

    /// <summary>Whether the left host stands behind an address translation: <see cref="RealLink.RebindAsync"/>.</summary>
    public bool Translates { get; init; }
}

/// <summary>
/// Two hosts, each a network namespace of its own, and a router between them: what programs send there passes real sockets and the kernel's real IP. Needs root, Linux, TUN
/// and ip(8). Disposing ends the router and removes the namespaces; programs in them are the caller's to end first.
/// </summary>
public sealed class RealLink : IDisposable
{
    // What the kernel holds for a router that is busy; what is beyond it is lost, and told of by OwnDropsAsync.
    private const int DeviceQueuePackets = 10_000;
    private static readonly string[] ProgramsOfIp = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"];
    private static readonly string[] Versions = ["-4", "-6"];
    private static int _count;

    private readonly NetworkNamespace _left;
    private readonly NetworkNamespace _right;
    private readonly TunDevice[] _devices;
    private readonly LinkRouter _router;

    private RealLink(NetworkNamespace left, NetworkNamespace right, TunDevice[] devices, LinkRouter router) =>
        (_left, _right, _devices, _router) = (left, right, devices, router);

    /// <summary>The left host's address.</summary>
    public static IPAddress LeftAddress { get; } = IPAddress.Parse("10.77.1.1");

    /// <summary>The right host's address.</summary>
    public static IPAddress RightAddress { get; } = IPAddress.Parse("10.77.2.1");

    /// <summary>The left host's IPv6 address.</summary>
    public static IPAddress LeftAddress6 { get; } = IPAddress.Parse("fd77:1::1");

    /// <summary>The right host's IPv6 address.</summary>
    public static IPAddress RightAddress6 { get; } = IPAddress.Parse("fd77:2::1");

    /// <summary>Name of the left host's namespace, for <c>ip netns exec</c>.</summary>
    public string LeftNamespace => _left.Name;

    /// <summary>Name of the right host's namespace.</summary>
    public string RightNamespace => _right.Name;

    /// <summary>Why links cannot be laid here; null: they can.</summary>
    public static string? WhyNot => !OperatingSystem.IsLinux() ? "real links need Linux"
        : Environment.UserName != "root" ? "real links need root (network namespaces and TUN devices)"
        : !File.Exists("/dev/net/tun") ? "this kernel has no TUN devices (/dev/net/tun)"
        : !ProgramsOfIp.Any(File.Exists) ? "ip(8) is not installed (package iproute2)"
        : null;

    /// <summary>Lays a link.</summary>
    /// <exception cref="InvalidOperationException">It cannot be done here; the message says why.</exception>
    public static RealLink Lay(RealLinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (WhyNot is { } reason)
            throw new InvalidOperationException($"A link cannot be laid: {reason}.");
        var made = new Stack<IDisposable>();
        try
        {
            var left = Keep(made, NetworkNamespace.Create("left"));
            var right = Keep(made, NetworkNamespace.Create("right"));
            var number = Interlocked.Increment(ref _count);
            TunDevice[] devices = [Keep(made, TunDevice.Create($"lk{Environment.ProcessId}x{number}l")), Keep(made, TunDevice.Create($"lk{Environment.ProcessId}x{number}r"))];
            SetUp(left, devices[0], LeftAddress, LeftAddress6, options.LeftMtu);
            SetUp(right, devices[1], RightAddress, RightAddress6, options.RightMtu);
            var router = new LinkRouter(devices[0], devices[1], options.Forth, options.Back, options.Seed, Math.Max(options.LeftMtu, options.RightMtu));
            if (options.Translates)
                _ = router.DoAsync(static r => { r.Translate(anew: false); return 0; });
            return new RealLink(left, right, devices, router);
        }
        catch
        {
            while (made.TryPop(out var one))
                one.Dispose();
            throw;
        }
    }

    /// <summary>How a program is started on the left host.</summary>
    public ProcessStartInfo OnLeft(string program, params IEnumerable<string> arguments) => _left.Start(program, arguments);

    /// <summary>How a program is started on the right host.</summary>
    public ProcessStartInfo OnRight(string program, params IEnumerable<string> arguments) => _right.Start(program, arguments);

    /// <summary>Runs <c>ip</c> on the left host, as <c>link set DEVICE mtu 576</c>.</summary>
    public void IpOnLeft(string command) => _left.Ip(command);

    /// <summary>Runs <c>ip</c> on the right host.</summary>
    public void IpOnRight(string command) => _right.Ip(command);

    /// <summary>Names of the two devices.</summary>
    public (string Left, string Right) Devices => (_devices[0].Name, _devices[1].Name);

    /// <summary>Changes the link from the next packet on; what waits or travels already keeps its place. Null leaves a direction as it is.</summary>
    public Task ReshapeAsync(LinkShape? forth, LinkShape? back = null) => _router.DoAsync(r =>
    {
        r.Forth.Sample(r.Now);
        r.Back.Sample(r.Now);
        r.Forth.Shape = forth ?? r.Forth.Shape;
        r.Back.Shape = back ?? r.Back.Shape;
        return 0;
    });

    /// <summary>
    /// Makes another link of this one, with other chances, and forgets what it has counted and what the hosts' kernels have learned of the path (its MTU). Nothing should be under way.
    /// </summary>
    public Task ResetAsync(LinkShape forth, LinkShape back, ulong seed)
    {
        foreach (var (host, device) in new[] { (_left, _devices[0].Name), (_right, _devices[1].Name) })
        {
            // What ICMP told the kernel hangs on the route.
            foreach (var version in Versions)
            {
                if (!host.TryIp($"{version} route del default dev {device}"))
                    continue;
                host.Ip($"{version} route add default dev {device}");
            }
        }

        return _router.DoAsync(r =>
        {
            r.Forth.Reset(forth, new Prng(Prng.SplitMix(ref seed)));
            r.Back.Reset(back, new Prng(Prng.SplitMix(ref seed)));
            return 0;
        });
    }

    /// <summary>The link goes away, or comes back, in both directions.</summary>
    public Task SetDownAsync(bool isDown) => _router.DoAsync(r =>
    {
        r.Forth.Shape = r.Forth.Shape with { IsDown = isDown };
        r.Back.Shape = r.Back.Shape with { IsDown = isDown };
        return 0;
    });

    /// <summary>The left host gets another address and other ports, as the right one sees it (<see cref="RealLinkOptions.Translates"/>).</summary>
    public Task RebindAsync() => _router.DoAsync(static r => { r.Translate(anew: true); return 0; });

    /// <summary>What the router has done since it started, or since it was read with <paramref name="clear"/>.</summary>
    public Task<(RoutedLinkStatistics Forth, RoutedLinkStatistics Back)> ReadAsync(bool clear = false) => _router.DoAsync(r =>
    {
        r.Forth.Sample(r.Now);
        r.Back.Sample(r.Now);
        return (r.Forth.Read(clear), r.Back.Read(clear));
    });

    /// <summary>Packets that the bench itself has lost since it was laid: by the router's fault, or because the kernel's queue before it was full. With any, a measurement says nothing.</summary>
    public async Task<long> OwnDropsAsync()
    {
        var (forth, back) = await ReadAsync().ConfigureAwait(false);
        return forth.Dropped(RoutedDrop.Router) + back.Dropped(RoutedDrop.Router) + KernelDrops(_left, _devices[0]) + KernelDrops(_right, _devices[1]);
    }

    /// <summary>Share of a core that the router has used so far, looking for what is due included.</summary>
    public double RouterLoad => _router.Load;

    public void Dispose()
    {
        _router.Dispose();
        foreach (var device in _devices)
            device.Dispose();
        _left.Dispose();
        _right.Dispose();
    }

    private static T Keep<T>(Stack<IDisposable> made, T one)
        where T : IDisposable
    {
        made.Push(one);
        return one;
    }

    private static void SetUp(NetworkNamespace host, TunDevice device, IPAddress address, IPAddress address6, int mtu)
    {
        NetworkNamespace.Run("ip", "link", "set", device.Name, "netns", host.Name);
        host.Ip($"link set {device.Name} mtu {mtu} txqueuelen {DeviceQueuePackets}");
        host.Ip($"addr add {address}/24 dev {device.Name}");
        host.Ip($"link set {device.Name} up");
        host.Ip($"route add default dev {device.Name}");
        const int SmallestMtu6 = 1_280;
        if (mtu < SmallestMtu6)
            return;
        host.Ip($"-6 addr add {address6}/64 dev {device.Name} nodad");
        host.Ip($"-6 route add default dev {device.Name}");
    }

    private static long KernelDrops(NetworkNamespace host, TunDevice device)
    {
        var json = NetworkNamespace.Run("ip", "-n", host.Name, "-s", "-j", "link", "show", device.Name);
        using var parsed = System.Text.Json.JsonDocument.Parse(json);
        return parsed.RootElement[0].GetProperty("stats64").GetProperty("tx").GetProperty("dropped").GetInt64();
    }
}
