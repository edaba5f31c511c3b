namespace Utp.Simulation;

/// <summary>Looks at the bottleneck's queue and at a window every ms of virtual time, from <see cref="Start"/> to <see cref="Stop"/>.</summary>
internal sealed class ProfileSampler(Simulator simulator, SimulatedLink link, ProfileFlow flow) : IEventHandler
{
    private const long PeriodMicros = 1_000;
    private const long MicrosPerSecond = 1_000_000;
    private readonly List<int> _queueMicros = [];
    private long _windowSum;
    private bool _stopped;

    public long WindowMean => _queueMicros.Count == 0 ? 0 : _windowSum / _queueMicros.Count;

    public void Start() => simulator.Schedule(simulator.Now, this, 0);

    /// <summary>Ends, and sorts what was seen.</summary>
    public void Stop()
    {
        _stopped = true;
        _queueMicros.Sort();
    }

    /// <summary>The queue's delay, µs, that so many percent of the samples did not exceed.</summary>
    public long QueueMicros(int percent) =>
        _queueMicros.Count == 0 ? 0 : _queueMicros[(int)((_queueMicros.Count - 1L) * percent / 100)];

    /// <summary>How long a datagram that came now would wait, µs. A link without a rate has no queue.</summary>
    public static long QueueMicros(SimulatedLink link) =>
        link.Options.RateBytesPerSecond == 0 ? 0 : link.QueuedBytes * MicrosPerSecond / link.Options.RateBytesPerSecond;

    void IEventHandler.OnEvent(long tag)
    {
        if (_stopped)
            return;
        _queueMicros.Add((int)QueueMicros(link));
        _windowSum += flow.WindowBytes;
        simulator.Schedule(simulator.Now.Plus(PeriodMicros), this, 0);
    }
}
