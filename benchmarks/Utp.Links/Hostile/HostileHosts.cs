using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Utp.Links.Commands;
using Utp.Links.Kernel;

namespace Utp.Links.Hostile;

/// <summary>
/// A victim, and the world: a host from which anybody's packets come, the users' and the attackers'. What the victim answers to addresses that nobody has vanishes there.
/// Disposing ends the agents and removes the namespaces.
/// </summary>
internal sealed class HostileHosts : IAsyncDisposable
{
    /// <summary>The victim's IPv4 address.</summary>
    public const string VictimAddress = "10.79.2.1";

    /// <summary>The users' IPv4 address.</summary>
    public const string UserAddress = "10.79.2.2";

    private const string Prefix = "hosti";
    private readonly NetworkNamespace _victimHost;
    private readonly NetworkNamespace _world;

    private HostileHosts(NetworkNamespace victim, NetworkNamespace world)
    {
        (_victimHost, _world) = (victim, world);
        Victim = Agent.Start(victim.Start);
        User = Agent.Start(world.Start);
    }

    /// <summary>Listens.</summary>
    public Agent Victim { get; }

    /// <summary>Connects, with every right to.</summary>
    public Agent User { get; }

    /// <summary>Resident memory of the victim's process, bytes.</summary>
    public long VictimResidentBytes => File.ReadLines($"/proc/{Victim.ProcessId}/status").Where(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10).First();

    /// <summary>Lays the cable and starts the agents.</summary>
    /// <exception cref="InvalidOperationException">ip(8) failed; the message has its words.</exception>
    public static HostileHosts Start()
    {
        var victim = NetworkNamespace.Create("victim", Prefix);
        var world = NetworkNamespace.Create("world", Prefix);
        try
        {
            victim.Ip($"link add out type veth peer name out netns {world.Name}");
            foreach (var host in new[] { victim, world })
            {
                host.Ip("link set out up");
                host.Ip($"addr add {(host == victim ? VictimAddress : UserAddress)}/24 dev out");
                // Any source is let in. /proc/sys/net shows the namespace of its reader.
                NetworkNamespace.Run("ip", "netns", "exec", host.Name, "sh", "-c", "for d in all out; do echo 0 > /proc/sys/net/ipv4/conf/$d/rp_filter; done");
            }

            victim.Ip($"route add default via {UserAddress}");
            return new HostileHosts(victim, world);
        }
        catch
        {
            victim.Dispose();
            world.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of IP that the victim has sent, and received, so far.</summary>
    public (long Sent, long Received) VictimTraffic => (Count("tx_bytes"), Count("rx_bytes"));

    /// <summary>Starts an attack. It ends by itself, or when cancelled.</summary>
    /// <returns>What it has sent.</returns>
    public async Task<AttackReport> AttackAsync(Attack attack, CancellationToken stop = default)
    {
        var start = _world.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "Utp.Links.dll"), "attack", .. AttackCommand.ArgumentsOf(attack)]);
        start.RedirectStandardOutput = start.RedirectStandardError = start.RedirectStandardInput = true;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await using var end = stop.Register(process.StandardInput.Close);
        var said = await process.StandardOutput.ReadToEndAsync(CancellationToken.None).ConfigureAwait(false);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return process.ExitCode == 0 && said.Length > 0
            ? JsonSerializer.Deserialize<AttackReport>(said, JsonSerializerOptions.Web)!
            : throw new InvalidOperationException($"The attack failed: {await errors.ConfigureAwait(false)}");
    }

    public async ValueTask DisposeAsync()
    {
        await User.DisposeAsync().ConfigureAwait(false);
        await Victim.DisposeAsync().ConfigureAwait(false);
        _victimHost.Dispose();
        _world.Dispose();
    }

    private long Count(string what) => long.Parse(
        NetworkNamespace.Run("ip", "netns", "exec", _victimHost.Name, "cat", $"/sys/class/net/out/statistics/{what}"), CultureInfo.InvariantCulture);
}

/// <summary>What an attack has sent.</summary>
internal sealed record AttackReport(long Packets, long Bytes, double Seconds)
{
    public double PerSecond => Packets / Seconds;
}
