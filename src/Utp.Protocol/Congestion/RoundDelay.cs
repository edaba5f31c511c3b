namespace Utp.Protocol;

/// <summary>
/// The smallest round trip of a round, or of several when the window is small, and the window under which the packets left that are
/// acknowledged now: the one of a round before. A value; owned by the law.
/// </summary>
internal struct RoundDelay
{
    private long _smallest;
    private double _window;

    /// <summary>Samples since <see cref="Take"/>.</summary>
    public int Samples { readonly get; private set; }

    /// <summary>The window under which the packets left that are acknowledged now.</summary>
    public double CausingWindow { readonly get; private set; }

    /// <summary>The window has become another one, and what was measured under the old one does not count.</summary>
    public void Restart(double window)
    {
        _window = CausingWindow = window;
        Samples = 0;
    }

    /// <summary>A round begins with this window.</summary>
    public void OnRoundStart(double window) => (CausingWindow, _window) = (_window, window);

    /// <summary>A round trip was measured.</summary>
    public void Add(long rttMicros)
    {
        _smallest = Samples == 0 ? rttMicros : Math.Min(_smallest, rttMicros);
        Samples++;
    }

    /// <summary>The smallest round trip since the last call, µs; 0: there was no sample.</summary>
    public long Take()
    {
        var smallest = Samples > 0 ? _smallest : 0;
        Samples = 0;
        return smallest;
    }
}
