namespace Utp.Protocol;

/// <summary>
/// When <see cref="LedbatPlusPlus"/> slows down so that the queue drains and everyone sees the base delay (draft §4.4): first two
/// round trips after the first slow start, then after nine times as long as the last slowdown took. A value; owned by the law.
/// </summary>
internal struct SlowdownSchedule
{
    private const int RoundTripsToTheFirst = 2;
    private const int FrozenRoundTrips = 2;

    // A slowdown costs the link no more than one part in ten.
    private const int PeriodFactor = 9;

    private Instant? _next;
    private Instant? _begun;
    private Instant _frozenUntil;

    /// <summary>Whether the next slowdown is to begin.</summary>
    public readonly bool IsDue(Instant now) => _next is { } next && now >= next;

    /// <summary>Whether the window still has to stay at its minimum.</summary>
    public readonly bool IsFrozen(Instant now) => now < _frozenUntil;

    /// <summary>A slow start ended. After the first one there is a first slowdown.</summary>
    public void OnSlowStartEnded(long rttMicros, Instant now) => _next ??= now.Plus(RoundTripsToTheFirst * rttMicros);

    /// <summary>A slowdown begins.</summary>
    public void Begin(long rttMicros, Instant now)
    {
        _next = Instant.Never;
        _begun = now;
        _frozenUntil = now.Plus(FrozenRoundTrips * rttMicros);
    }

    /// <summary>The window is back where it was, or never will be. Nothing when there was no slowdown.</summary>
    public void Finish(Instant now)
    {
        if (_begun is not { } begun)
            return;
        _begun = null;
        _next = now.Plus(PeriodFactor * now.Since(begun));
    }
}
