namespace Utp.Protocol;

/// <summary>
/// Bounds the ST_RESETs that strangers can make a port send, in all and to one address (protocol.md §4.6), so that nobody
/// is flooded with answers to packets that carry a forged source. Owned by the <see cref="DatagramRouter{TPath, TConnection}"/>.
/// </summary>
internal sealed class ResetRateLimiter(EndpointLimits limits)
{
    // Addresses that share a bucket share its rate, which costs them answers, not correctness: so the memory is fixed
    // however many addresses ask.
    private const int BucketBits = 10;

    private TokenBucket _total;

    // Most ports never send a ST_RESET and pay nothing.
    private TokenBucket[]? _perAddress;

    /// <summary>Whether a ST_RESET to <paramref name="address"/> may leave now; if so it is counted.</summary>
    public bool TryTake(ulong address, Instant now)
    {
        _perAddress ??= new TokenBucket[1 << BucketBits];
        ref var own = ref _perAddress[BucketOf(address)];

        // A refused address takes nothing from the others.
        if (!own.HasToken(limits.MaxResetsPerSecondPerAddress, now) || !_total.HasToken(limits.MaxResetsPerSecond, now))
            return false;
        own.Take();
        _total.Take();
        return true;
    }

    // Fibonacci hashing: neighbours in a subnet get buckets far apart.
    private static int BucketOf(ulong address) => (int)((address * 0x9E37_79B9_7F4A_7C15) >> (64 - BucketBits));
}
