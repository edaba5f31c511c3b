namespace Utp.Protocol;

/// <summary>
/// The smallest value of the recent past, in two numbers: the minimum of the running window and that of the one
/// before. It forgets a value after one to two windows, which is what a route change needs.
/// </summary>
internal struct WindowedMinimum(long windowMicros)
{
    private readonly long _windowMicros = windowMicros;
    private long _current;
    private long _previous;
    private Instant _windowEnd;

    /// <summary>The smallest value; 0 before the first.</summary>
    public readonly long Value => _previous == 0 ? _current : Math.Min(_current, _previous);

    /// <summary>A value was measured; it must be positive.</summary>
    public void OnSample(long value, Instant now)
    {
        if (_current == 0)
        {
            _current = value;
            _windowEnd = now.Plus(_windowMicros);
        }
        else if (now < _windowEnd)
        {
            _current = Math.Min(_current, value);
        }
        else
        {
            // After a silence of more than a window the one before says nothing any more.
            _previous = now < _windowEnd.Plus(_windowMicros) ? _current : 0;
            _current = value;
            _windowEnd = now.Plus(_windowMicros);
        }
    }
}
