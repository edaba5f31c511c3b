using System.Collections.Immutable;
using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// What one direction of a link does to datagrams. Times in µs of virtual time, sizes in bytes of IP packets, frequencies
/// per datagram. The default is a perfect link: no delay, no limit, no fault. <see cref="SimulatedLink"/> draws the order in which
/// they act.
/// </summary>
public sealed record LinkOptions
{
    /// <summary>The perfect link.</summary>
    public static readonly LinkOptions Perfect = new();

    /// <summary>Travel time of every datagram.</summary>
    public long LatencyMicros { get; init; }

    /// <summary>Added to the travel time, evenly drawn from 0 to this.</summary>
    public long JitterMicros { get; init; }

    /// <summary>Whether jitter lets datagrams overtake each other; otherwise it only delays.</summary>
    public bool JitterReorders { get; init; }

    /// <summary>When nothing passes.</summary>
    public ImmutableArray<Outage> Outages { get; init; } = [];

    /// <summary>
    /// Bytes of the largest IP packet that passes; 0: any. Larger ones are cut into fragments, which queue and get lost each for itself, or
    /// are lost if they must not be.
    /// </summary>
    public int MtuBytes { get; init; }

    /// <summary>
    /// Whether whoever sent a packet that is too large hears of it (ICMP "fragmentation needed" with <see cref="MtuBytes"/>) from a router in the
    /// middle of the link: half the link's latency there, and half back. Otherwise it vanishes (a black hole).
    /// </summary>
    public bool ReportsMtu { get; init; }

    /// <summary>Whether fragments are lost, as some firewalls have it.</summary>
    public bool DropsFragments { get; init; }

    /// <summary>Datagrams lost, independently of each other.</summary>
    public Ratio Loss { get; init; }

    /// <summary>Loss in bursts (Gilbert–Elliott); null for none.</summary>
    public BurstLossOptions? BurstLoss { get; init; }

    /// <summary>Datagrams of which some bits are flipped.</summary>
    public Ratio Corruption { get; init; }

    /// <summary>Datagrams that lose their end.</summary>
    public Ratio Truncation { get; init; }

    /// <summary>
    /// Whether damaged datagrams are delivered. Otherwise the UDP checksum finds them at the receiver, and they are lost there: they
    /// have used the link. uTP has no checksum of its own, so nobody can promise a correct stream when this is set.
    /// </summary>
    public bool DamageIsDelivered { get; init; }

    /// <summary>Datagrams that arrive twice.</summary>
    public Ratio Duplication { get; init; }

    /// <summary>The second copy follows after at most this long, evenly drawn.</summary>
    public long DuplicateDelayMicros { get; init; }

    /// <summary>Datagrams of which a copy comes much later.</summary>
    public Ratio LateDuplication { get; init; }

    /// <summary>How much later that copy enters the link again.</summary>
    public long LateDuplicateDelayMicros { get; init; }

    /// <summary>
    /// ST_DATA of which a copy comes when its connection has sent about 65,536 more packets, so that its seq_nr is current again. At most
    /// 256 copies wait at a time.
    /// </summary>
    public Ratio WrapDuplication { get; init; }

    /// <summary>Datagrams that others overtake.</summary>
    public Ratio Reordering { get; init; }

    /// <summary>How much longer they travel, evenly drawn from 0 to this.</summary>
    public long ReorderDelayMicros { get; init; }

    /// <summary>IP bytes per second; 0 for no limit.</summary>
    public long RateBytesPerSecond { get; init; }

    /// <summary>IP bytes that wait for the link at most, the datagram being serialised not counted; what does not fit is dropped at the tail.</summary>
    public long QueueBytes { get; init; } = long.MaxValue;

    /// <summary>The queue is also managed by CoDel (RFC 8289); otherwise it only drops at its tail.</summary>
    public bool CoDel { get; init; }

    /// <summary>A policer before the queue: what exceeds it is lost at once; null for none.</summary>
    public PolicerOptions? Policer { get; init; }

    /// <summary>Datagrams leave together on multiples of this many µs, as radio links clump acknowledgements; 0: each for itself.</summary>
    public long AggregationMicros { get; init; }
}

/// <summary>A token bucket that drops what it has no tokens for.</summary>
/// <param name="BytesPerSecond">IP bytes per second that pass.</param>
/// <param name="BucketBytes">IP bytes that may pass at once after a rest.</param>
public sealed record PolicerOptions(long BytesPerSecond, long BucketBytes);

/// <summary>A time during which a link passes nothing.</summary>
/// <param name="FromMicros">Its first µs of virtual time.</param>
/// <param name="UntilMicros">The first µs after it.</param>
public readonly record struct Outage(long FromMicros, long UntilMicros)
{
    internal bool Covers(Instant now) => now.Micros >= FromMicros && now.Micros < UntilMicros;
}

/// <summary>Loss in bursts (Gilbert–Elliott): a link is good or bad, and may change with each datagram.</summary>
/// <param name="Enter">How often a datagram makes a good link bad.</param>
/// <param name="Leave">How often a datagram makes a bad link good: its reciprocal is the mean length of a burst.</param>
/// <param name="LossWhenBad">Datagrams lost while the link is bad.</param>
/// <param name="MaxMicros">After so many µs a bad link is good again, even if few datagrams came by meanwhile.</param>
public sealed record BurstLossOptions(Ratio Enter, Ratio Leave, Ratio LossWhenBad, long MaxMicros = long.MaxValue);
