namespace Utp.Cli;

/// <summary>The settings that the ends run with; what the user sets stands above them.</summary>
internal static class BenchSettings
{
    /// <summary>A peer's connection ids are 16 bits for each of its ports: so many ports keep those of a second apart.</summary>
    public const int PortsOfAccept = 4;

    private const int ConnectionsPerPort = 10_000;

    // All of them come from one address here, which the limits are there to forbid.
    private static readonly string[] Limits =
    [
        "utp.limits.connections=1000000",
        "utp.limits.connections-per-address=1000000",
        "utp.limits.half-open=1000000",
        "utp.limits.half-open-per-address=1000000",
    ];

    /// <summary>From how many ports so many connections should go, at least those that were asked for: their ids must not collide. None stays none: then nothing is bound.</summary>
    public static int PortsFor(int connections, int asked) => asked == 0 ? 0 : Math.Max(asked, (connections + ConnectionsPerPort - 1) / ConnectionsPerPort);

    /// <summary>As <c>key=value</c>.</summary>
    public static IReadOnlyList<string> Of(EndPlan plan, string? datagramSize)
    {
        // Idle connections must not end by the time-out that the command has and the library has not.
        List<string> settings = ["utp.idle-timeout=off"];
        if (plan.Work is BenchWork.Idle or BenchWork.Accept)
            settings.AddRange(Limits);
        if (datagramSize is not null)
            settings.Add($"utp.max-datagram-size={datagramSize}");
        return settings;
    }
}
