using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// Waits for the deadlines of all connections of an actor system, on one thread of its own, to the millisecond: Akka's scheduler ticks at 10 ms and allocates
/// at each re-arm. Sleeps until the earliest deadline, and for good when nothing is armed. Safe from any thread (design note 10).
/// </summary>
internal sealed class DeadlineClock : IDisposable
{
    private readonly object _gate = new();
    private readonly DeadlineHeap _heap = new();
    private readonly List<DeadlineEntry> _expired = [];
    private readonly Thread _thread;
    private bool _disposed;

    /// <summary>Starts the thread.</summary>
    /// <param name="onStarted">Called on the thread, first.</param>
    public DeadlineClock(Action onStarted)
    {
        _thread = new Thread(() => Run(onStarted)) { IsBackground = true, Name = "utp-deadlines", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Arms an entry's deadline, or moves it earlier.</summary>
    public void Arm(DeadlineEntry entry, Instant at)
    {
        lock (_gate)
        {
            if (!_disposed && _heap.Arm(entry, at))
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>Forgets an entry's deadline. One that has expired meanwhile may still be told.</summary>
    public void Cancel(DeadlineEntry entry)
    {
        lock (_gate)
            _heap.Remove(entry);
    }

    /// <summary>Ends the thread; nothing expires any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run(Action onStarted)
    {
        onStarted();
        while (WaitForExpired())
        {
            var now = Clock.Now;
            foreach (var entry in _expired)
            {
                var again = entry.OnExpired(now);
                if (again != Instant.Never)
                    Arm(entry, again);
            }

            _expired.Clear();
        }
    }

    private bool WaitForExpired()
    {
        lock (_gate)
        {
            while (!_disposed)
            {
                while (_heap.TryExpire(Clock.Now, out var entry))
                    _expired.Add(entry);
                if (_expired.Count > 0)
                    return true;
                Monitor.Wait(_gate, MillisUntil(_heap.Earliest));
            }

            return false;
        }
    }

    // Rounded up: waking early would only mean to wait once more.
    private static int MillisUntil(Instant deadline) =>
        deadline == Instant.Never ? Timeout.Infinite : (int)Math.Clamp((deadline.Since(Clock.Now) + 999) / 1_000, 0, int.MaxValue);
}
