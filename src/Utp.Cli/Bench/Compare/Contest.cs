namespace Utp.Cli;

/// <summary>A work that all contenders do in turn.</summary>
/// <param name="Name">For the option and for JSON.</param>
/// <param name="Title">For people.</param>
/// <param name="Plan">What the ends do; the carrier is each contender's.</param>
/// <param name="DatagramSize">The setting of this library's datagrams; null: as configured.</param>
internal sealed record Contest(string Name, string Title, EndPlan Plan, string? DatagramSize = null)
{
    private const int Many = 100;

    public bool Pin { get; init; }

    /// <summary>Whether libutp can do it: its packets are never larger than Ethernet's.</summary>
    public bool HasLibutp { get; init; } = true;

    /// <summary>The figures that are shown, the one that decides first.</summary>
    public IReadOnlyList<string> Figures => Plan.Work switch
    {
        BenchWork.Bulk when Plan.Connections > 1 => ["megabytesPerSecond", "cpuSecondsPerGigabyte", "jain", "allocatedBytesPerPacket", "gcPauseMillis"],
        BenchWork.Bulk => ["megabytesPerSecond", "cpuSecondsPerGigabyte", "packetsPerSecond", "allocatedBytesPerPacket", "gcPauseMillis"],
        BenchWork.Ping => ["p50Micros", "p99Micros", "p999Micros", "cpuMicrosPerRoundTrip"],
        BenchWork.RemoteTell => ["messagesPerSecond", "cpuMicrosPerMessage", "megabytesPerSecond", "allocatedBytesPerMessage", "p50Micros", "p99Micros"],
        BenchWork.RemotePing => ["p50Micros", "p99Micros", "roundTripsPerSecond", "cpuMicrosPerRoundTrip", "allocatedBytesPerRoundTrip"],
        BenchWork.RemoteHeartbeat => ["p50Micros", "p99Micros", "maxMicros", "alarms", "megabytesPerSecond"],
        BenchWork.RemoteIdle => ["managedBytesPerConnectionServer", "managedBytesPerConnectionClient", "residentBytesPerConnectionServer", "corePercentServer", "corePercentClient"],
        _ => ["connectionsPerSecond", "p50Micros", "p99Micros", "cpuMicrosPerConnection"],
    };

    /// <summary>In the order in which they run.</summary>
    public static IReadOnlyList<Contest> All { get; } =
    [
        new("bulk", "1 connection, 1,400-byte packets", Bulk(1, 1), BenchOptions.DatagramSizeOf1400),
        new("bulk-pin", "1 connection, 1,400-byte packets, both processes on one core", Bulk(1, 1), BenchOptions.DatagramSizeOf1400) { Pin = true },
        new("bulk-path", "1 connection, packets as large as the path carries", Bulk(1, 1), BenchOptions.DatagramSizeOfPath) { HasLibutp = false },
        new("bulk-100", "100 connections, 1,400-byte packets", Bulk(Many, 1), BenchOptions.DatagramSizeOf1400),
        new("bulk-100-ports", "100 connections from 100 ports, 1,400-byte packets", Bulk(Many, Many), BenchOptions.DatagramSizeOf1400),
        new("ping", "64 bytes there and back", Ping()),
        new("ping-pin", "64 bytes there and back, both processes on one core", Ping()) { Pin = true },
        new("accept", "Connections set up, one message of 64 bytes each way, closed properly; 100 at a time", Accept()),
    ];

    /// <summary>Of <c>bench remote</c>.</summary>
    public static IReadOnlyList<Contest> Remote { get; } =
    [
        new("tell-100", "Messages of 100 B, one way, 4,096 under way", Tell(100, 4_096)),
        new("tell-10k", "Messages of 10 kB, one way, 512 under way", Tell(10_000, 512)),
        new("tell-1m", "Messages of 1 MB, one way, 16 under way", Tell(1_000_000, 16)),
        new("ping", "A message of 100 B there and back, then the next", new EndPlan { Work = BenchWork.RemotePing, Carrier = BenchCarrier.RemoteUtp, MessageBytes = 100, Window = Many }),
        new("heartbeat", "Heartbeats while messages of 10 kB saturate the association, 512 under way", Tell(10_000, 512) with { Work = BenchWork.RemoteHeartbeat }),
        new("idle", "100 nodes associated with one, and left alone: bytes kept for each",
            new EndPlan { Work = BenchWork.RemoteIdle, Carrier = BenchCarrier.RemoteUtp, Connections = Many, Window = Many }),
    ];

    private static EndPlan Tell(int bytes, int window) => new() { Work = BenchWork.RemoteTell, Carrier = BenchCarrier.RemoteUtp, MessageBytes = bytes, Window = window };

    private static EndPlan Bulk(int connections, int ports) =>
        new() { Work = BenchWork.Bulk, Carrier = BenchCarrier.Utp, Connections = connections, Ports = ports };

    private static EndPlan Ping() => new() { Work = BenchWork.Ping, Carrier = BenchCarrier.Utp };

    private static EndPlan Accept() =>
        new() { Work = BenchWork.Accept, Carrier = BenchCarrier.Utp, Connections = Many, Ports = BenchSettings.PortsOfAccept };
}
