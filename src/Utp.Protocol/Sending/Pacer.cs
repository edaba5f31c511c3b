namespace Utp.Protocol;

/// <summary>
/// Spreads packets at the congestion control's pacing rate. Credit in bytes grows with time up to one burst: the larger of
/// two packets and 250 µs at that rate, so that a segmented send does not overflow the queue of a few packets that some routers
/// have. A burst is 1 ms on a short path that loses next to nothing, where processors limit and not queues. Note 0018.
/// </summary>
internal struct Pacer
{
    private const long MicrosPerSecond = 1_000_000;

    private const long BurstMicros = 250;
    private const long ShortPathBurstMicros = 1_000;

    // Many connections between two processes of one machine wait for each other: their round trips are milliseconds.
    private const long ShortPathMicros = 10_000;

    // No network has so short a round trip: this is one machine.
    private const long WithinOneMachineMicros = 100;

    private Instant _updated;
    private BurstTrial _longBursts;
    private long _creditMicroBytes;
    private bool _started;

    /// <summary>Whether a packet of <paramref name="bytes"/> may leave; if not, <paramref name="when"/> it may.</summary>
    /// <param name="rate">Payload bytes per second; <see cref="long.MaxValue"/> for no pace.</param>
    /// <param name="bytes">The packet's payload.</param>
    /// <param name="maxPayload">The payload of the largest packet that may be asked for: two of them always fit a burst.</param>
    /// <param name="minRttMicros">The smallest round trip of the path, µs; 0 while none is known.</param>
    /// <param name="now">The time.</param>
    /// <param name="when"><paramref name="now"/>, or when there is credit for the packet.</param>
    public bool MayLeave(long rate, int bytes, int maxPayload, long minRttMicros, Instant now, out Instant when)
    {
        when = now;
        var longBursts = _longBursts.IsOn && minRttMicros > 0;
        if (rate == long.MaxValue || (longBursts && minRttMicros < WithinOneMachineMicros))
        {
            _started = false;
            return true;
        }

        Refill(rate, maxPayload, longBursts && minRttMicros < ShortPathMicros ? ShortPathBurstMicros : BurstMicros, now);
        var missing = (bytes * MicrosPerSecond) - _creditMicroBytes;
        if (missing <= 0)
            return true;
        when = now.Plus((missing + rate - 1) / rate);
        return false;
    }

    /// <summary>A packet left.</summary>
    public void OnSent(int bytes)
    {
        _longBursts.OnSent();
        if (_started)
            _creditMicroBytes -= bytes * MicrosPerSecond;
    }

    /// <summary>A packet was lost: bursts are short for a while.</summary>
    public void OnLost() => _longBursts.OnLost();

    private void Refill(long rate, int maxPayload, long burstMicros, Instant now)
    {
        var burst = Math.Max(2L * maxPayload * MicrosPerSecond, rate * burstMicros);
        var elapsed = Math.Clamp(now.Since(_updated), 0, MicrosPerSecond);
        _creditMicroBytes = _started ? Math.Min(burst, _creditMicroBytes + (elapsed * rate)) : burst;
        _updated = now;
        _started = true;
    }
}
