namespace Utp.Protocol;

/// <summary>
/// A point on a monotonic clock, in µs since an arbitrary start. Always an argument: the core reads no
/// clock, so a simulation owns time.
/// </summary>
/// <param name="Micros">µs since the clock's start.</param>
public readonly record struct Instant(long Micros) : IComparable<Instant>
{
    /// <summary>Later than every other: "no deadline".</summary>
    public static readonly Instant Never = new(long.MaxValue);

    /// <summary>The clock's start.</summary>
    public static readonly Instant Zero = new(0);

    /// <summary>The instant <paramref name="micros"/> µs later (negative: earlier); <see cref="Never"/> stays never.</summary>
    public Instant Plus(long micros) =>
        this == Never || (micros > 0 && Micros > long.MaxValue - micros) ? Never : new(Micros + micros);

    /// <summary>The first instant from this on that is a multiple of <paramref name="micros"/> (1 or more) after the clock's start; <see cref="Never"/> stays never.</summary>
    public Instant RoundedUp(long micros)
    {
        var past = Micros % micros;
        return past == 0 ? this : Plus(micros - past);
    }

    /// <summary>µs from <paramref name="earlier"/> to this; negative when it is later.</summary>
    public long Since(Instant earlier) => Micros - earlier.Micros;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Micros.CompareTo(other.Micros);

    /// <summary>Whether <paramref name="left"/> is earlier.</summary>
    public static bool operator <(Instant left, Instant right) => left.Micros < right.Micros;

    /// <summary>Whether <paramref name="left"/> is later.</summary>
    public static bool operator >(Instant left, Instant right) => left.Micros > right.Micros;

    /// <summary>Whether <paramref name="left"/> is not later.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Micros <= right.Micros;

    /// <summary>Whether <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Micros >= right.Micros;

    /// <summary>The earlier of two.</summary>
    public static Instant Min(Instant a, Instant b) => a < b ? a : b;

    /// <summary>The later of two.</summary>
    public static Instant Max(Instant a, Instant b) => a > b ? a : b;
}
