namespace Utp.Protocol;

/// <summary>
/// Allows <i>rate</i> events per second on average, and as many at once after a pause. A value, kept in arrays; its rate
/// is an argument, because every bucket of an array has the same.
/// </summary>
internal struct TokenBucket
{
    private const long MicrosPerToken = 1_000_000;

    // What is missing to a full bucket, so that a new (zero) bucket is full. In tokens · 10^6.
    private long _missing;
    private Instant _refilled;

    /// <summary>Whether a token is there; refills for the time that has passed.</summary>
    public bool HasToken(int perSecond, Instant now)
    {
        // Beyond a second the bucket is full anyway; an instant that lies behind the last refills nothing.
        var elapsedMicros = Math.Clamp(now.Since(_refilled), 0, MicrosPerToken);
        _missing = Math.Max(0, _missing - (elapsedMicros * perSecond));
        _refilled = Instant.Max(_refilled, now);
        return (perSecond * MicrosPerToken) - _missing >= MicrosPerToken;
    }

    /// <summary>Takes the token that <see cref="HasToken"/> reported.</summary>
    public void Take() => _missing += MicrosPerToken;
}
