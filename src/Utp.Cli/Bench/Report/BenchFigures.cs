using System.Globalization;

namespace Utp.Cli;

/// <summary>One measured value: its name for programs, its title and text for people.</summary>
internal sealed record Figure(string Name, string Title, double? Value, string Text);

/// <summary>What is told of a result: the same for tables and JSON. A figure that does not exist is null, and stands in no table.</summary>
internal static class BenchFigures
{
    public static IReadOnlyList<Figure> Of(BenchJob job, BenchResult result)
    {
        var figures = job.Plan.Work switch
        {
            BenchWork.Bulk => OfBulk(result),
            BenchWork.Ping => OfCompleted(result, "roundTripsPerSecond", "Round trips a second", "cpuMicrosPerRoundTrip", "CPU of both ends, a round trip", "Round trip"),
            BenchWork.Accept => OfCompleted(result, "connectionsPerSecond", "Connections a second", "cpuMicrosPerConnection", "CPU of both ends, a connection", "From connect to closed"),
            BenchWork.RemoteTell => OfRemoteTell(job, result),
            BenchWork.RemotePing => OfCompleted(result, "roundTripsPerSecond", "Round trips a second", "cpuMicrosPerRoundTrip", "CPU of both ends, a round trip", "Round trip")
                .Append(New("allocatedBytesPerRoundTrip", "Allocated by both ends, a round trip", result.AllocatedPerCompleted, "N0", "B")),
            BenchWork.RemoteHeartbeat => [.. OfCompleted(result, "roundTripsPerSecond", "Heartbeats a second", "cpuMicrosPerRoundTrip", "CPU of both ends, a heartbeat", "Heartbeat, there and back"),
                New("megabytesPerSecond", "Messages beside them", result.BytesPerSecond / 1e6, "N1", "MB/s"),
                New("alarms", "False alarms of a cluster's failure detector", result.Alarms, "N0", "")],
            _ => OfIdle(job, result),
        };
        return [.. figures, .. OfProcesses(result)];
    }

    public static string Text(double? value, string format, string unit) => value is not { } number ? "–"
        : unit.Length == 0 ? number.ToString(format, CultureInfo.InvariantCulture) : $"{number.ToString(format, CultureInfo.InvariantCulture)} {unit}";

    private static IEnumerable<Figure> OfBulk(BenchResult r) =>
    [
        New("megabytesPerSecond", "Rate", r.BytesPerSecond / 1e6, "N1", "MB/s"),
        New("cpuSecondsPerGigabyte", "CPU of both ends, a GB", r.CpuSecondsPerGigabyte, "0.00", "s"),
        New("cpuCoresClient", "Cores used by the client", r.ClientCpuSeconds / r.Seconds, "0.00", ""),
        New("cpuCoresServer", "Cores used by the server", r.ServerCpuSeconds / r.Seconds, "0.00", ""),
        New("packetsPerSecond", "Packets a second, both ways", r.PacketsPerSecond, "N0", ""),
        New("retransmissions", "Sent again", r.Retransmissions, "N0", ""),
        New("timeouts", "Retransmission time-outs", r.Timeouts, "N0", ""),
        New("allocatedBytesPerPacket", "Allocated by both ends, a packet", r.AllocatedPerPacket, "N1", "B"),
        New("jain", "Jain's index over connections", r.Jain, "0.000", ""),
        New("bytes", "Bytes measured", r.Bytes, "N0", ""),
    ];

    private static IEnumerable<Figure> OfRemoteTell(BenchJob job, BenchResult r)
    {
        var messages = (double)r.Bytes / job.Plan.MessageBytes;
        return
        [
            New("messagesPerSecond", "Messages a second", messages / r.Seconds, "N0", ""),
            New("megabytesPerSecond", "Rate", r.BytesPerSecond / 1e6, "N1", "MB/s"),
            New("cpuMicrosPerMessage", "CPU of both ends, a message", r.CpuSeconds * 1e6 / messages, "N2", "µs"),
            New("allocatedBytesPerMessage", "Allocated by both ends, a message", r.AllocatedBytes / messages, "N0", "B"),
            New("p50Micros", "From telling to the answer, p50", r.Latency?.P50, "N1", "µs"),
            New("p99Micros", "From telling to the answer, p99", r.Latency?.P99, "N1", "µs"),
        ];
    }

    private static IEnumerable<Figure> OfCompleted(BenchResult r, string rate, string rateTitle, string cpu, string cpuTitle, string time) =>
    [
        New(rate, rateTitle, r.CompletedPerSecond, "N0", ""),
        New("p50Micros", $"{time}, p50", r.Latency?.P50, "N1", "µs"),
        New("p99Micros", $"{time}, p99", r.Latency?.P99, "N1", "µs"),
        New("p999Micros", $"{time}, p99.9", r.Latency?.P999, "N1", "µs"),
        New("maxMicros", $"{time}, longest", r.Latency?.Max, "N1", "µs"),
        New(cpu, cpuTitle, r.CpuMicrosPerCompleted, "N1", "µs"),
        New("packetsPerSecond", "Packets a second, both ways", r.PacketsPerSecond, "N0", ""),
        New("allocatedBytesPerPacket", "Allocated by both ends, a packet", r.AllocatedPerPacket, "N0", "B"),
        New("completed", "Measured", r.Completed, "N0", ""),
    ];

    private static IEnumerable<Figure> OfIdle(BenchJob job, BenchResult r) =>
    [
        New("managedBytesPerConnectionClient", "Kept for a connection, client, managed", Kept(job, r.ClientStart.ManagedBytes, r.ClientBefore?.ManagedBytes), "N0", "B"),
        New("managedBytesPerConnectionServer", "Kept for a connection, server, managed", Kept(job, r.ServerStart.ManagedBytes, r.ServerBefore?.ManagedBytes), "N0", "B"),
        New("residentBytesPerConnectionClient", "Kept for a connection, client, resident", Kept(job, r.ClientStart.ResidentBytes, r.ClientBefore?.ResidentBytes), "N0", "B"),
        New("residentBytesPerConnectionServer", "Kept for a connection, server, resident", Kept(job, r.ServerStart.ResidentBytes, r.ServerBefore?.ResidentBytes), "N0", "B"),
        New("corePercentClient", "Of a core while idle, client", r.ClientCpuSeconds / r.Seconds * 100, "0.0", "%"),
        New("corePercentServer", "Of a core while idle, server", r.ServerCpuSeconds / r.Seconds * 100, "0.0", "%"),
        New("descriptorsClient", "Descriptors for them, client", r.ClientStart.Descriptors - r.ClientBefore?.Descriptors, "N0", ""),
        New("descriptorsServer", "Descriptors for them, server", r.ServerStart.Descriptors - r.ServerBefore?.Descriptors, "N0", ""),
        New("openedPerSecond", "Connections opened a second", job.Plan.Connections / r.Opening.TotalSeconds, "N0", ""),
        New("openingSeconds", "Time to open them all", r.Opening.TotalSeconds, "0.00", "s"),
    ];

    private static IEnumerable<Figure> OfProcesses(BenchResult r) =>
    [
        New("gcPauseMillis", "Garbage collection, pauses of both ends", r.GcPauseMillis, "N1", "ms"),
        New("collections", "Garbage collections", r.Collections, "N0", ""),
        New("residentBytesClient", "Resident memory, client", r.ClientEnd.ResidentBytes, "N0", "B"),
        New("residentBytesServer", "Resident memory, server", r.ServerEnd.ResidentBytes, "N0", "B"),
        New("seconds", "Time measured", r.Seconds, "0.00", "s"),
    ];

    private static double? Kept(BenchJob job, long? after, long? before) => (after - before) / (double?)job.Plan.Connections;

    private static Figure New(string name, string title, double? value, string format, string unit) => new(name, title, value, unit == "B" && value >= 1e6
        ? ByteSize.Text((long)value)
        : Text(value, format, unit));
}
