namespace Utp.Cli;

/// <summary>What was measured between two marks of both ends.</summary>
internal sealed record BenchResult(EndMark ClientStart, EndMark ClientEnd, EndMark ServerStart, EndMark ServerEnd)
{
    /// <summary>How long it took until all connections were open.</summary>
    public TimeSpan Opening { get; init; }

    /// <summary>Of idle: before there was a connection.</summary>
    public EndMark? ClientBefore { get; init; }

    /// <summary>Of idle: before there was a connection.</summary>
    public EndMark? ServerBefore { get; init; }

    public double Seconds => ServerEnd.At - ServerStart.At;

    public long Bytes => ServerEnd.BytesReceived - ServerStart.BytesReceived;

    public double BytesPerSecond => Bytes / Seconds;

    /// <summary>Round trips or connections a second, by the client's clock.</summary>
    public double CompletedPerSecond => (ClientEnd.Completed - ClientStart.Completed) / (ClientEnd.At - ClientStart.At);

    /// <summary>Of heartbeats, since the start: in the warm-up nobody may be called unreachable either.</summary>
    public long Alarms => ClientEnd.Alarms;

    public long Completed => ClientEnd.Completed - ClientStart.Completed;

    public double ClientCpuSeconds => ClientEnd.CpuSeconds - ClientStart.CpuSeconds;

    public double ServerCpuSeconds => ServerEnd.CpuSeconds - ServerStart.CpuSeconds;

    public double CpuSeconds => ClientCpuSeconds + ServerCpuSeconds;

    public double? CpuSecondsPerGigabyte => Bytes > 0 ? CpuSeconds / (Bytes / 1e9) : null;

    /// <summary>CPU of both ends for one round trip or one connection, µs.</summary>
    public double? CpuMicrosPerCompleted => Completed > 0 ? CpuSeconds * 1e6 / Completed : null;

    /// <summary>Datagrams of both ends.</summary>
    public long? Packets => ClientPackets + (ServerEnd.PacketsSent - ServerStart.PacketsSent);

    public double? PacketsPerSecond => Packets / Seconds;

    public long? Retransmissions => ClientEnd.Retransmissions - ClientStart.Retransmissions + (ServerEnd.Retransmissions - ServerStart.Retransmissions);

    /// <summary>Retransmission time-outs of both ends.</summary>
    public long? Timeouts => ClientEnd.Timeouts - ClientStart.Timeouts + (ServerEnd.Timeouts - ServerStart.Timeouts);

    /// <summary>What both ends allocated, by the packets that the client sent: those with the data. Acknowledgements come free.</summary>
    public double? AllocatedPerPacket => ClientPackets > 0 ? Allocated / (double?)ClientPackets : null;

    public double? AllocatedPerCompleted => Completed > 0 ? Allocated / (double)Completed : null;

    public double? GcPauseMillis =>
        (ClientEnd.GcPauseSeconds - ClientStart.GcPauseSeconds + (ServerEnd.GcPauseSeconds - ServerStart.GcPauseSeconds)) * 1e3;

    public long? Collections => ClientEnd.Collections - ClientStart.Collections + (ServerEnd.Collections - ServerStart.Collections);

    public EndLatency? Latency => ClientEnd.Latency;

    /// <summary>Jain's index of the connections' bytes: 1 when all moved the same, 1/n when one moved everything.</summary>
    public double? Jain
    {
        get
        {
            if (ServerEnd.ByConnection is not { Length: > 1 } end || ServerStart.ByConnection is not { } start)
                return null;
            // A connection that the server met after the first mark is at the end, and began at 0.
            var bytes = end.Select((e, i) => (double)(e - (i < start.Length ? start[i] : 0))).ToList();
            var sum = bytes.Sum();
            return sum > 0 ? sum * sum / (bytes.Count * bytes.Sum(static b => b * b)) : null;
        }
    }

    private long? ClientPackets => ClientEnd.PacketsSent - ClientStart.PacketsSent;

    /// <summary>By both ends; null where one cannot tell.</summary>
    public long? AllocatedBytes => Allocated;

    private long? Allocated => ClientEnd.AllocatedBytes - ClientStart.AllocatedBytes + (ServerEnd.AllocatedBytes - ServerStart.AllocatedBytes);
}
