using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// Waits for the deadlines of all connections of an actor system, on one thread of its own, as precisely as <see cref="PreciseWait"/> can: Akka's scheduler
/// ticks at 10 ms and allocates at each re-arm. Sleeps until the earliest deadline, and without a limit when nothing is armed. Safe from any thread (design note 10).
/// </summary>
internal sealed class DeadlineClock : IDisposable
{
    private readonly object _gate = new();
    private readonly DeadlineHeap _heap = new();
    private readonly List<DeadlineEntry> _expired = [];
    private readonly PreciseWait _wait = PreciseWait.Create();
    private readonly Thread _thread;
    private bool _disposed;

    private DeadlineClock(ActorSystem system)
    {
        _thread = new Thread(() => Run(system.Scheduler)) { IsBackground = true, Name = "utp-deadlines", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Starts the thread, and on it the scheduler of <paramref name="system"/>.</summary>
    public static DeadlineClock Start(ActorSystem system) => new(system);

    /// <summary>Arms an entry's deadline, or moves it earlier.</summary>
    public void Arm(DeadlineEntry entry, Instant at)
    {
        lock (_gate)
        {
            if (!_disposed && _heap.Arm(entry, at))
                _wait.Wake();
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
            if (_disposed)
                return;
            _disposed = true;
            _wait.Wake();
        }
    }

    // Akka's scheduler starts with its first caller, which blocks until the scheduler's clock runs: better this thread than one of the pool.
    private static void StartScheduler(IScheduler scheduler)
    {
        try
        {
            scheduler.Advanced.ScheduleOnce(0, static () => { });
        }
        catch (SchedulerException)
        {
            // The actor system was terminated before this thread ran. Disposing ends the thread.
        }
    }

    private void Run(IScheduler scheduler)
    {
        StartScheduler(scheduler);
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

        // Who wakes it holds the gate and has seen that it is not disposed of.
        lock (_gate)
            _wait.Dispose();
    }

    private bool WaitForExpired()
    {
        while (true)
        {
            long micros;
            lock (_gate)
            {
                if (_disposed)
                    return false;
                while (_heap.TryExpire(Clock.Now, out var entry))
                    _expired.Add(entry);
                if (_expired.Count > 0)
                    return true;
                micros = _heap.Earliest == Instant.Never ? -1 : Math.Max(0, _heap.Earliest.Since(Clock.Now));
            }

            _wait.Wait(micros);
        }
    }
}
