namespace Utp.Protocol;

/// <summary>
/// Tells a law that its slow start has filled the path: the smallest queueing delay of a round trip is above 3/4 of the
/// target (protocol.md §7). The smallest, because a window that doubles sends trains that queue behind themselves; the train's
/// first packets show what the path still held from before. A value; owned by the law.
/// </summary>
internal struct SlowStartExit(long targetMicros)
{
    // As many samples as HyStart wants (RFC 9406 §4.2, N_RTT_SAMPLE) before it judges a round that has not ended.
    private const int EnoughSamples = 8;

    private readonly long _thresholdMicros = targetMicros * 3 / 4;
    private long _smallestMicros = long.MaxValue;
    private int _samples;
    private double _window;
    private double _previousWindow;

    /// <summary>Begins a slow start, or goes on with another window.</summary>
    public void Restart(double window)
    {
        _window = _previousWindow = window;
        BeginRound();
    }

    /// <summary>
    /// A batch was acknowledged, with or without a delay sample. Returns whether to leave, and the window that
    /// caused the delay: the acknowledged packets left when the last round began.
    /// </summary>
    public bool OnAck(bool roundStart, long? queueingMicros, double window, out double windowOfThatDelay)
    {
        windowOfThatDelay = _previousWindow;
        if (roundStart)
        {
            if (_samples > 0 && _smallestMicros > _thresholdMicros)
                return true;
            (_previousWindow, _window) = (_window, window);
            BeginRound();
        }

        if (queueingMicros is not { } delay)
            return false;
        _samples++;
        _smallestMicros = Math.Min(_smallestMicros, delay);
        windowOfThatDelay = _previousWindow;
        return _samples >= EnoughSamples && _smallestMicros > _thresholdMicros;
    }

    private void BeginRound()
    {
        _smallestMicros = long.MaxValue;
        _samples = 0;
    }
}
