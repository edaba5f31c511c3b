using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>The state of a token bucket (<see cref="PolicerOptions"/>). It starts full. Owned by one <see cref="SimulatedLink"/>.</summary>
internal struct Policer
{
    private const long MicrosPerSecond = 1_000_000;

    // In millionths of a byte, so that no fraction is lost between two datagrams. What is missing, so that the default is a full bucket.
    private long _missing;
    private Instant _since;

    /// <summary>Takes tokens for <paramref name="bytes"/> IP bytes; false, taking none, when there are too few.</summary>
    public bool Takes(int bytes, PolicerOptions options, Instant now)
    {
        _missing = Math.Max(0, _missing - (long)Int128.Min(long.MaxValue, (Int128)now.Since(_since) * options.BytesPerSecond));
        _since = now;
        if (_missing + (bytes * MicrosPerSecond) > options.BucketBytes * MicrosPerSecond)
            return false;
        _missing += bytes * MicrosPerSecond;
        return true;
    }
}
