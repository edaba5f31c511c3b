namespace Utp.Protocol;

/// <summary>
/// Spreads packets at the congestion control's pacing rate. Credit in bytes grows with time up to one burst: the larger of
/// two packets and 250 µs at that rate, so a segmented send does not overflow the queue of a few packets that some routers have (note 0018).
/// </summary>
internal struct Pacer
{
    private const long MicrosPerSecond = 1_000_000;
    private const long BurstMicros = 250;
    private Instant _updated;
    private long _creditMicroBytes;
    private bool _started;

    /// <summary>Whether a packet of <paramref name="bytes"/> may leave; if not, <paramref name="when"/> it may.</summary>
    public bool MayLeave(long rate, int bytes, int maxPayload, Instant now, out Instant when)
    {
        when = now;
        if (rate == long.MaxValue)
        {
            _started = false;
            return true;
        }

        Refill(rate, maxPayload, now);
        var missing = (bytes * MicrosPerSecond) - _creditMicroBytes;
        if (missing <= 0)
            return true;
        when = now.Plus((missing + rate - 1) / rate);
        return false;
    }

    /// <summary>A packet left.</summary>
    public void OnSent(int bytes)
    {
        if (_started)
            _creditMicroBytes -= bytes * MicrosPerSecond;
    }

    private void Refill(long rate, int maxPayload, Instant now)
    {
        var burst = Math.Max(2L * maxPayload * MicrosPerSecond, rate * BurstMicros);
        var elapsed = Math.Clamp(now.Since(_updated), 0, MicrosPerSecond);
        _creditMicroBytes = _started ? Math.Min(burst, _creditMicroBytes + (elapsed * rate)) : burst;
        _updated = now;
        _started = true;
    }
}
