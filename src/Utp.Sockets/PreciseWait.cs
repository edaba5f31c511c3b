using Utp.Sockets.Linux;

namespace Utp.Sockets;

/// <summary>
/// Lets one thread sleep to within some 50 µs on Linux, and to a millisecond or two elsewhere, and lets others wake it. The runtime's own waits count in
/// milliseconds, in which a link of 100 Mbit/s passes eight packets.
/// </summary>
public abstract class PreciseWait : IDisposable
{
    /// <summary>The most precise one that this machine has.</summary>
    public static PreciseWait Create() => OperatingSystem.IsLinux() && EventWait.TryCreate() is { } wait ? wait : new MonitorWait();

    /// <summary>Sleeps on the caller's thread; one at a time. A <see cref="Wake"/> since the last call ends it at once.</summary>
    /// <param name="micros">µs at most; negative: until it is woken.</param>
    public abstract void Wait(long micros);

    /// <summary>Wakes the thread, or ends its next wait. From any thread.</summary>
    public abstract void Wake();

    /// <summary>Frees what it holds. No thread may wait any more.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>In whole milliseconds, on the runtime's own monitor.</summary>
    private sealed class MonitorWait : PreciseWait
    {
        private readonly object _gate = new();
        private bool _isWoken;

        public override void Wait(long micros)
        {
            // Rounded up: waking early would only mean to wait once more.
            var millis = micros < 0 ? Timeout.Infinite : (int)Math.Min((micros + 999) / 1_000, int.MaxValue);
            lock (_gate)
            {
                if (!_isWoken)
                    Monitor.Wait(_gate, millis);
                _isWoken = false;
            }
        }

        public override void Wake()
        {
            lock (_gate)
            {
                _isWoken = true;
                Monitor.Pulse(_gate);
            }
        }
    }
}
