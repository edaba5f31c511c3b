namespace Utp.Protocol;

/// <summary>
/// The smallest path round trip of each round, with the window that its packets left under: the one of a round before. The smallest,
/// because bursts, jitter and acknowledgements that come in clumps only add delay, while a standing queue delays every packet.
/// A value; owned by the law.
/// </summary>
internal struct RoundDelay
{
    private long _smallest;
    private double _window;

    /// <summary>Samples of the running round.</summary>
    public int Samples { readonly get; private set; }

    /// <summary>The smallest round trip of the round that ended, µs; 0: it had no sample.</summary>
    public long SmallestMicros { readonly get; private set; }

    /// <summary>The window under which the packets of the round that ended had left.</summary>
    public double CausingWindow { readonly get; private set; }

    /// <summary>The window under which the packets left that are acknowledged now.</summary>
    public double RunningWindow { readonly get; private set; }

    /// <summary>The window has become another one, and what was measured under the old one does not count.</summary>
    public void Restart(double window)
    {
        _window = RunningWindow = window;
        Samples = 0;
    }

    /// <summary>A round ends and another begins, with this window.</summary>
    public void OnRoundStart(double window)
    {
        SmallestMicros = Samples > 0 ? _smallest : 0;
        CausingWindow = RunningWindow;
        (RunningWindow, _window) = (_window, window);
        Samples = 0;
    }

    /// <summary>A round trip was measured.</summary>
    public void Add(long rttMicros)
    {
        _smallest = Samples == 0 ? rttMicros : Math.Min(_smallest, rttMicros);
        Samples++;
    }
}
