using System.Diagnostics;

namespace Utp.Cli;

/// <summary>Counts the bytes of one transfer; written by its actor, read by the display.</summary>
/// <param name="label">What is being moved, in a few words.</param>
/// <param name="totalBytes">How many there will be; null where nobody knows.</param>
internal sealed class Meter(string label, long? totalBytes = null)
{
    private long _bytes;
    private long _movedAt = Stopwatch.GetTimestamp();

    public string Label => label;

    public long? TotalBytes => totalBytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Since the last byte moved.</summary>
    public TimeSpan Still => Stopwatch.GetElapsedTime(Volatile.Read(ref _movedAt));

    public void Add(long bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        Volatile.Write(ref _movedAt, Stopwatch.GetTimestamp());
    }
}

/// <summary>A moment of the monotonic clock.</summary>
internal readonly record struct Moment(long Timestamp)
{
    public static Moment Now => new(Stopwatch.GetTimestamp());

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Timestamp);

    public TimeSpan Until(Moment later) => Stopwatch.GetElapsedTime(Timestamp, later.Timestamp);
}
