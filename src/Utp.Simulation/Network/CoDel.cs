using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// Controlled delay (RFC 8289, §5): while datagrams have waited longer than the target for a whole interval, one is dropped from the
/// head now and then, ever sooner. With the RFC's 5 ms and 100 ms. Owned by one <see cref="SimulatedLink"/>.
/// </summary>
internal struct CoDel
{
    private const long TargetMicros = 5_000;
    private const long IntervalMicros = 100_000;
    private const int MaxPacketBytes = 1_500;

    private Instant? _aboveSince;
    private Instant _dropNext;
    private bool _dropping;
    private long _count;
    private long _lastCount;

    /// <summary>Whether the datagram that has just left the queue is dropped, so that the next one is asked about.</summary>
    /// <param name="waitedMicros">How long it waited.</param>
    /// <param name="queuedBytes">What is left behind it.</param>
    /// <param name="now">The time.</param>
    public bool Drops(long waitedMicros, long queuedBytes, Instant now)
    {
        var late = IsLateForLong(waitedMicros, queuedBytes, now);
        if (!_dropping)
        {
            if (!late)
                return false;
            Enter(now);
            return true;
        }

        if (!late)
        {
            _dropping = false;
            return false;
        }

        if (now < _dropNext)
            return false;
        _count++;
        _dropNext = ControlLaw(_dropNext);
        return true;
    }

    private bool IsLateForLong(long waitedMicros, long queuedBytes, Instant now)
    {
        if (waitedMicros < TargetMicros || queuedBytes <= MaxPacketBytes)
        {
            _aboveSince = null;
            return false;
        }

        _aboveSince ??= now;
        return now.Since(_aboveSince.Value) >= IntervalMicros;
    }

    private void Enter(Instant now)
    {
        _dropping = true;
        // RFC 8289 §5.5: after a short pause it goes on at about the rate at which it left off.
        var delta = _count - _lastCount;
        _count = delta > 1 && now.Since(_dropNext) < 16 * IntervalMicros ? delta : 1;
        _dropNext = ControlLaw(now);
        _lastCount = _count;
    }

    private readonly Instant ControlLaw(Instant at) => at.Plus((long)(IntervalMicros / Math.Sqrt(_count)));
}
