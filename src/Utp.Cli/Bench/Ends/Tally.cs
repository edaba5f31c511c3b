using System.Diagnostics;
using HdrHistogram;

namespace Utp.Cli;

/// <summary>What one connection has moved. Written by the connection's own handler only; read by anyone.</summary>
internal sealed class ConnectionTally
{
    private long _received;
    private long _sent;

    public long BytesReceived => Volatile.Read(ref _received);

    public long BytesSent => Volatile.Read(ref _sent);

    public void OnReceived(int bytes) => Volatile.Write(ref _received, _received + bytes);

    public void OnSent(int bytes) => Volatile.Write(ref _sent, _sent + bytes);
}

/// <summary>What an end has done so far, and what went wrong. Safe from any thread.</summary>
internal sealed class Tally
{
    // Microseconds would hide a third of a pinned round trip: ten of them are one.
    private const double UnitsPerMicro = 10;
    private const long MaxUnits = 600_000_000;

    private readonly Lock _lock = new();
    private readonly List<ConnectionTally> _connections = [];
    private readonly Recorder _times = HistogramFactory.With64BitBucketSize().WithValuesUpTo(MaxUnits).WithPrecisionOf(3).WithThreadSafeWrites().WithThreadSafeReads().Create();
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _completed;
    private long _alarms;

    /// <summary>Completed with the first sentence of what went wrong, if anything does.</summary>
    public Task<string> Failed => _failed.Task;

    public long Completed => Volatile.Read(ref _completed);

    public long BytesReceived => Sum(static c => c.BytesReceived);

    public long BytesSent => Sum(static c => c.BytesSent);

    public ConnectionTally AddConnection()
    {
        var connection = new ConnectionTally();
        lock (_lock)
            _connections.Add(connection);
        return connection;
    }

    public void Fail(string sentence) => _failed.TrySetResult(sentence);

    /// <summary>A message came back, or a connection has gone its whole way.</summary>
    public void OnCompleted(TimeSpan time)
    {
        Interlocked.Increment(ref _completed);
        _times.RecordValue(Math.Clamp((long)(time.TotalMicroseconds * UnitsPerMicro), 1, MaxUnits));
    }

    /// <summary>Nothing was heard for longer than a failure detector takes.</summary>
    public void OnAlarm() => Interlocked.Increment(ref _alarms);

    /// <summary>What happened until now; times since the mark before.</summary>
    public EndMark Mark(PacketCount? packets, bool collect)
    {
        if (collect)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        long[] byConnection;
        lock (_lock)
            byConnection = [.. _connections.Select(static c => c.BytesReceived)];
        return new EndMark
        {
            At = Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency,
            CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
            Cores = Environment.ProcessorCount,
            AllocatedBytes = GC.GetTotalAllocatedBytes(),
            GcPauseSeconds = GC.GetTotalPauseDuration().TotalSeconds,
            Collections = GC.CollectionCount(0),
            ResidentBytes = Environment.WorkingSet,
            Descriptors = OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : null,
            ManagedBytes = GC.GetTotalMemory(forceFullCollection: false),
            BytesReceived = byConnection.Sum(),
            BytesSent = BytesSent,
            Completed = Completed,
            Alarms = Volatile.Read(ref _alarms),
            PacketsSent = packets?.Sent,
            Retransmissions = packets?.Retransmissions,
            Timeouts = packets?.Timeouts,
            ByConnection = byConnection,
            Latency = Latency(_times.GetIntervalHistogram()),
        };
    }

    private static EndLatency? Latency(HistogramBase times) => times.TotalCount == 0 ? null : new EndLatency(
        times.GetValueAtPercentile(50) / UnitsPerMicro,
        times.GetValueAtPercentile(99) / UnitsPerMicro,
        times.GetValueAtPercentile(99.9) / UnitsPerMicro,
        times.GetMaxValue() / UnitsPerMicro);

    private long Sum(Func<ConnectionTally, long> what)
    {
        lock (_lock)
            return _connections.Sum(what);
    }
}

/// <summary>Datagrams that an end has sent.</summary>
internal readonly record struct PacketCount(long Sent, long Retransmissions, long Timeouts)
{
    public static PacketCount operator +(PacketCount left, PacketCount right) =>
        new(left.Sent + right.Sent, left.Retransmissions + right.Retransmissions, left.Timeouts + right.Timeouts);
}
