using System.Runtime.CompilerServices;

namespace Utp.Protocol;

/// <summary>
/// The base delay of one direction: the smallest of ten one-minute minima (RFC 6817 §3.1.1, BASE_HISTORY; libutp keeps
/// thirteen). Delays are raw differences of two clocks with an unknown offset, µs modulo 2^32, so they are compared by
/// signed distance. A value; owned by the <see cref="QueueingDelay"/>.
/// </summary>
internal struct DelayHistory
{
    private const int Minutes = 10;
    private const long MinuteMicros = 60_000_000;

    private Minima _minima;
    private int _newest;
    private Instant _minuteEnd;

    /// <summary>Whether a delay was ever added.</summary>
    public bool HasBase { readonly get; private set; }

    /// <summary>The base delay; meaningless before the first.</summary>
    public uint Base { readonly get; private set; }

    /// <summary>Whether <paramref name="delay"/> is smaller than <paramref name="other"/>, by less than half a wrap.</summary>
    public static bool IsSmaller(uint delay, uint other) => Distance(other, delay) < 0;

    /// <summary>µs from <paramref name="from"/> to <paramref name="to"/>; negative when <paramref name="to"/> is smaller.</summary>
    public static int Distance(uint from, uint to) => unchecked((int)(to - from));

    /// <summary>A delay was measured.</summary>
    public void Add(uint delay, Instant now)
    {
        if (!HasBase)
        {
            Restart(delay, now);
        }
        else if (now < _minuteEnd)
        {
            if (IsSmaller(delay, _minima[_newest]))
                _minima[_newest] = delay;
            if (IsSmaller(delay, Base))
                Base = delay;
        }
        else
        {
            BeginMinute(delay, now);
        }
    }

    /// <summary>The clocks have drifted apart by <paramref name="micros"/>: every delay of the past would look so much larger today.</summary>
    public void Shift(uint micros)
    {
        if (micros == 0)
            return;
        for (var i = 0; i < Minutes; i++)
            _minima[i] = unchecked(_minima[i] + micros);
        Base = unchecked(Base + micros);
    }

    /// <summary>The past means nothing any more: <paramref name="baseDelay"/> is all that is known.</summary>
    public void Restart(uint baseDelay, Instant now)
    {
        // Minutes without a delay of their own repeat a newer one, which the minimum holds anyway.
        for (var i = 0; i < Minutes; i++)
            _minima[i] = baseDelay;
        Base = baseDelay;
        HasBase = true;
        _minuteEnd = now.Plus(MinuteMicros);
    }

    private void BeginMinute(uint delay, Instant now)
    {
        var begun = Math.Min(Minutes, 1 + (now.Since(_minuteEnd) / MinuteMicros));
        for (var i = 0; i < begun; i++)
        {
            _newest = (_newest + 1) % Minutes;
            _minima[_newest] = delay;
        }

        _minuteEnd = now.Plus(MinuteMicros - (now.Since(_minuteEnd) % MinuteMicros));
        Base = delay;
        for (var i = 0; i < Minutes; i++)
        {
            if (IsSmaller(_minima[i], Base))
                Base = _minima[i];
        }
    }

    [InlineArray(Minutes)]
    private struct Minima
    {
        private uint _first;
    }
}
