namespace Utp.Protocol;

/// <summary>
/// How far the two ends' clocks drift apart (RFC 6817 appendix A.2; protocol.md §7). When the base delay of
/// the peer's packets falls, its clock runs faster than ours, and the delay it measures of our packets grows by
/// the same. A value; owned by the <see cref="QueueingDelay"/>.
/// </summary>
internal struct ClockDrift
{
    // No clock in use runs wrong by more than 500 ppm (NTP slews by no more), so a base that falls faster falls because
    // a queue has drained, or because the peer wants us to believe that ours has.
    private const int MicrosPerMicroOfDrift = 2_000;
    private const long MaxShiftMicros = 10_000;

    private DelayHistory _peer;
    private Instant _accountedTo;
    private long _allowanceMicros;

    /// <summary>A delay of the peer's packets was measured. Returns by how much our own base delay is to be raised, µs.</summary>
    public uint OnPeerDelay(uint delay, Instant now)
    {
        if (!_peer.HasBase)
        {
            _peer.Add(delay, now);
            _accountedTo = now;
            return 0;
        }

        var earned = Math.Max(0, now.Since(_accountedTo)) / MicrosPerMicroOfDrift;
        _accountedTo = _accountedTo.Plus(earned * MicrosPerMicroOfDrift);
        _allowanceMicros = Math.Min(MaxShiftMicros, _allowanceMicros + earned);

        var before = _peer.Base;
        _peer.Add(delay, now);
        var shift = Math.Clamp(-(long)DelayHistory.Distance(before, _peer.Base), 0, _allowanceMicros);
        _allowanceMicros -= shift;
        return (uint)shift;
    }
}
