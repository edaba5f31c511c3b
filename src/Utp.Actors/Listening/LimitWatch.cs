namespace Utp.Actors;

/// <summary>
/// Says that a limit is reached, with the key that sets it: at most once a minute, however often it is met, so that a stranger cannot fill a disk with it. Any thread; costs the reading
/// of a clock.
/// </summary>
/// <param name="sentence">What it says.</param>
internal sealed class LimitWatch(string sentence)
{
    private const long PauseMicros = 60_000_000;

    private long _nextMicros;

    /// <summary>Who is told. Set once, before anybody meets the limit; null: nobody.</summary>
    public Action<string>? Log { get; set; }

    /// <summary>The limit was met.</summary>
    public void OnReached()
    {
        if (Log is { } log && IsTime(ref _nextMicros))
            log(sentence);
    }

    /// <summary>Whether a minute has passed since it was last so; of several threads one is told so.</summary>
    /// <param name="nextMicros">0 at first.</param>
    public static bool IsTime(ref long nextMicros)
    {
        var next = Interlocked.Read(ref nextMicros);
        var now = Clock.Now.Micros;
        return (next == 0 || now >= next) && Interlocked.CompareExchange(ref nextMicros, now + PauseMicros, next) == next;
    }
}
