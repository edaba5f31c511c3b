namespace Utp.Protocol;

/// <summary>
/// Whether a queue stands: every packet of a whole round trip met more than the target. Bursts, jitter and acknowledgements that come in
/// clumps only add delay, so one packet without it shows that nothing stands. Judged at every sample and not once per round, so that all
/// flows of a bottleneck see it at the same time: who saw it first in every round would give way for all. A value; owned by the law.
/// </summary>
internal struct StandingQueue
{
    private Instant _since;
    private int _samples;

    /// <summary>The smallest queueing delay while it stands, µs.</summary>
    public long SmallestMicros { readonly get; private set; }

    /// <summary>Samples in a row that were above the target.</summary>
    public readonly int Samples => _samples;

    /// <summary>A delay was measured. Returns whether the queue has stood for <paramref name="roundTripMicros"/> and <paramref name="enoughSamples"/>.</summary>
    public bool Add(long queueingMicros, long targetMicros, long roundTripMicros, int enoughSamples, Instant now)
    {
        if (queueingMicros <= targetMicros)
        {
            _samples = 0;
            return false;
        }

        if (_samples++ == 0)
            (_since, SmallestMicros) = (now, queueingMicros);
        SmallestMicros = Math.Min(SmallestMicros, queueingMicros);
        return _samples >= enoughSamples && now.Since(_since) >= roundTripMicros;
    }

    /// <summary>What was seen was answered.</summary>
    public void Forget() => _samples = 0;
}
