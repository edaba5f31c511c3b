using Utp.Simulation;

namespace Utp.Links;

/// <summary>
/// What one direction of a real link does to packets: the simulator's own options, so that a profile means the same in both, and what only the router knows. Immutable;
/// replaced while packets travel, which keep their time.
/// </summary>
public sealed record LinkShape
{
    /// <summary>No delay, no limit, no fault.</summary>
    public static readonly LinkShape Perfect = new(LinkOptions.Perfect);

    public LinkShape(LinkOptions options) => Options = options;

    /// <summary>
    /// In the units that are written there; outages count from the router's start. Damage, late copies and copies of a whole wrap are refused: they are for the simulator, which
    /// knows whose packet it holds.
    /// </summary>
    public LinkOptions Options
    {
        get;
        init => field = value is { Corruption.PerMillion: 0, Truncation.PerMillion: 0, LateDuplication.PerMillion: 0, WrapDuplication.PerMillion: 0 }
            ? value
            : throw new ArgumentException("A real link does no damage and makes no late copies: only the simulator does (LinkOptions).", nameof(value));
    }

    /// <summary>Packets that wait at most, besides the limit in bytes.</summary>
    public int QueuePackets { get; init; } = int.MaxValue;

    /// <summary>What is reordered travels at least this much longer, µs; <see cref="LinkOptions.ReorderDelayMicros"/> comes on top, evenly drawn.</summary>
    public long ReorderLeastMicros { get; init; }

    /// <summary>Nothing passes.</summary>
    public bool IsDown { get; init; }

    /// <summary>A link by its usual figures.</summary>
    /// <param name="delayMillis">One way.</param>
    /// <param name="megabits">IP bits per second; 0: no limit.</param>
    /// <param name="queueBytes">What waits at most.</param>
    public static LinkShape Of(double delayMillis, double megabits = 0, long queueBytes = long.MaxValue) => new(new LinkOptions
    {
        LatencyMicros = (long)(delayMillis * 1_000),
        RateBytesPerSecond = (long)(megabits * 1_000_000 / 8),
        QueueBytes = queueBytes,
    });
}
