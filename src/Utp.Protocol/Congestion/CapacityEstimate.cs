namespace Utp.Protocol;

/// <summary>
/// What the path carries, read from a slow start that has filled it: while a queue stands or overflows at the bottleneck, data is
/// acknowledged at the bottleneck's rate. A value; owned by the law.
/// </summary>
internal struct CapacityEstimate
{
    private Instant _since;
    private double _bytes;

    /// <summary>Whether it is counting.</summary>
    public bool HasBegun { readonly get; private set; }

    /// <summary>The bottleneck is busy from <paramref name="now"/> on.</summary>
    public void Begin(Instant now) => (HasBegun, _since, _bytes) = (true, now, 0);

    /// <summary>It is not, or no longer.</summary>
    public void Stop() => HasBegun = false;

    /// <summary>Bytes were acknowledged.</summary>
    public void Add(long bytes) => _bytes += bytes;

    /// <summary>
    /// The bytes that the path holds without a queue: rate × round trip. False while nothing can be said.
    /// </summary>
    public readonly bool TryGetVolume(long roundTripMicros, Instant now, out double bytes)
    {
        var micros = now.Since(_since);
        bytes = micros > 0 ? _bytes * roundTripMicros / micros : 0;
        return HasBegun && bytes > 0;
    }
}
