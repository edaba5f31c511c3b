using System.Diagnostics;

namespace Utp.Sockets;

/// <summary>The clock of arrival stamps and deadlines: monotonic µs since an arbitrary start, the same for the whole process.</summary>
public static class MonotonicClock
{
    /// <summary>Now, in µs.</summary>
    public static long NowMicros
    {
        get
        {
            var ticks = Stopwatch.GetTimestamp();
            return (ticks / Stopwatch.Frequency * 1_000_000) + (ticks % Stopwatch.Frequency * 1_000_000 / Stopwatch.Frequency);
        }
    }
}
