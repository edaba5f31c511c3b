using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// The send buffer of a simulated socket: it takes so many bytes, and empties at a rate. What does not fit would block. Owned
/// by one <see cref="SimulatedEndpoint"/>.
/// </summary>
internal struct SendBuffer(long capacityBytes, long bytesPerSecond)
{
    private const long MicrosPerSecond = 1_000_000;
    private Instant _emptyAt = Instant.Zero;
    private Instant _blockedUntil = Instant.Zero;

    /// <summary>Nothing is taken before <paramref name="until"/>.</summary>
    public void Block(Instant until) => _blockedUntil = until;

    /// <summary>Takes a datagram; false when it would block.</summary>
    public bool TryTake(int bytes, Instant now)
    {
        if (now < TakesAt(bytes, now))
            return false;
        if (bytesPerSecond > 0)
            _emptyAt = Instant.Max(now, _emptyAt).Plus(Micros(bytes));
        return true;
    }

    /// <summary>When a datagram of this size will be taken: one that is larger than the buffer, when it is empty.</summary>
    public readonly Instant TakesAt(int bytes, Instant now)
    {
        var at = Instant.Max(now, _blockedUntil);
        return bytesPerSecond <= 0 ? at : Instant.Max(at, _emptyAt.Plus(-Micros(Math.Max(0, capacityBytes - bytes))));
    }

    private readonly long Micros(long bytes) => ((Math.Min(bytes, 1L << 40) * MicrosPerSecond) + bytesPerSecond - 1) / bytesPerSecond;
}
