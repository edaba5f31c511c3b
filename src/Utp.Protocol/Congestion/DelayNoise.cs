namespace Utp.Protocol;

/// <summary>
/// How much the delay changes from one sample to the next (the interarrival jitter of RFC 3550 §6.4.1): a radio link's scheduler or
/// acknowledgements in clumps make it jitter, a queue moves it slowly. A value; owned by the law.
/// </summary>
internal struct DelayNoise
{
    private const int Smoothing = 16;

    // Of the mean step between samples: the smallest of a round of them lies below this nearly always.
    private const double Allowance = 5;
    private const double MaxAllowanceMicros = 15_000;

    private double _meanStep;
    private long _latest;

    /// <summary>The delay that jitter alone may show, µs; never more than 15 ms, or a queue that others fill and drain would pass for it.</summary>
    public readonly long AllowanceMicros => (long)Math.Min(MaxAllowanceMicros, Allowance * _meanStep);

    /// <summary>A delay was measured, µs, with any constant offset.</summary>
    public void Add(long delayMicros)
    {
        if (_latest > 0)
            _meanStep += (Math.Abs(delayMicros - _latest) - _meanStep) / Smoothing;
        _latest = delayMicros;
    }
}
