namespace Utp.Protocol;

/// <summary>
/// How long our packets wait in queues on their way (RFC 6817 §3.1.2: current delay minus base delay), from what the peer
/// measures of them. Where the peer measures nothing, from the round trip. A value; owned by the law.
/// </summary>
internal struct QueueingDelay(long targetMicros)
{
    // A peer that stopped measuring is steered by the round trip after a while.
    private const long StaleMicros = 60_000_000;

    private readonly long _targetMicros = targetMicros;
    private DelayHistory _ours;
    private ClockDrift _drift;
    private RecentDelays _recent;
    private Instant _lastSample;

    /// <summary>Whether the peer's measurements are missing, so that the round trip stands in for them.</summary>
    public bool IsFromRoundTrip { get; private set; } = true;

    /// <summary>The last sample's queueing delay, µs.</summary>
    public long LatestMicros { get; private set; }

    /// <summary>The smallest of the last samples' queueing delays, µs.</summary>
    public long CurrentMicros { get; private set; }

    /// <summary>Learns from a batch of acknowledgements. False when it says nothing about delay.</summary>
    public bool OnAck(in AckSample sample)
    {
        if (sample.PeerOneWayDelay is { } peerDelay)
            _ours.Shift(_drift.OnPeerDelay(peerDelay, sample.Now));

        if (sample.OneWayDelay is { } delay)
            return OnDelay(delay, sample);
        if (!IsFromRoundTrip && sample.Now.Since(_lastSample) < StaleMicros)
            return false;
        return OnRoundTrip(sample);
    }

    /// <summary>The last samples are of another time: forget them, but not the base.</summary>
    public void ForgetCurrent() => _recent.Forget();

    private bool OnDelay(uint delay, in AckSample sample)
    {
        IsFromRoundTrip = false;
        _lastSample = sample.Now;
        _ours.Add(delay, sample.Now);

        // A queue that the round trip does not show, by more than the target, is a step of one of the clocks: 10 minutes of
        // a wrong base would hold the window at its minimum.
        var shownByRoundTrip = Math.Max(0, sample.RttMicros - sample.MinRttMicros);
        if (sample.RttMicros > 0 && sample.MinRttMicros > 0 && Above(_ours.Base, delay) > shownByRoundTrip + _targetMicros)
        {
            _ours.Restart(unchecked(delay - (uint)shownByRoundTrip), sample.Now);
            _recent.Forget();
        }

        _recent.Add(delay);
        LatestMicros = ClampToRoundTrip(Above(_ours.Base, delay), sample);
        CurrentMicros = ClampToRoundTrip(Above(_ours.Base, _recent.Smallest), sample);
        return true;
    }

    private bool OnRoundTrip(in AckSample sample)
    {
        if (sample.SmoothedRttMicros == 0)
            return false;
        IsFromRoundTrip = true;
        LatestMicros = CurrentMicros = sample.MinRttMicros > 0 ? Math.Max(0, sample.SmoothedRttMicros - sample.MinRttMicros) : 0;
        return true;
    }

    // protocol.md §7: some peers' samples are in milliseconds, or of the wrong packet; none waits longer than its round trip.
    private static long ClampToRoundTrip(long queueingMicros, in AckSample sample)
    {
        var rtt = sample.RttMicros > 0 ? sample.RttMicros : sample.SmoothedRttMicros;
        return rtt > 0 ? Math.Min(queueingMicros, rtt) : queueingMicros;
    }

    private static long Above(uint baseDelay, uint delay) => Math.Max(0, DelayHistory.Distance(baseDelay, delay));
}
