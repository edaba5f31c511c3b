namespace Utp.Protocol;

/// <summary>
/// A congestion control law: told what was sent, acknowledged and lost, it returns a window <b>and</b> a pacing
/// rate. One instance per connection, used by one thread at a time. It reads no clock: every fact carries
/// its time. Everything is told once per batch, not once per packet.
/// </summary>
public interface ICongestionControl
{
    /// <summary>The law's name in configuration, statistics and traces.</summary>
    string Name { get; }

    /// <summary>Payload bytes that may be in flight.</summary>
    long WindowBytes { get; }

    /// <summary>Payload bytes per second at which packets may leave; <see cref="long.MaxValue"/> while the law has no opinion.</summary>
    long PacingBytesPerSecond { get; }

    /// <summary>Whether the law is still looking for the path's capacity.</summary>
    bool InSlowStart { get; }

    /// <summary>The largest payload of one packet, first and whenever it changes. Units of every law's "MSS".</summary>
    void OnMaxPayload(int bytes);

    /// <summary>New data was acknowledged, or delay measured.</summary>
    void OnAck(in AckSample sample);

    /// <summary>Packets were found lost.</summary>
    void OnLoss(in LossSample sample);

    /// <summary>Packets that <see cref="OnLoss"/> told of were not lost: others had overtaken them, and their retransmission was needless (RFC 3708, RFC 4015). A law need not care.</summary>
    void OnSpuriousLoss(in SpuriousLossSample sample)
    {
    }

    /// <summary>The retransmission timer expired; the window is to fall to its minimum.</summary>
    void OnTimeout(Instant now);

    /// <summary>The last time-out turned out to be spurious (RFC 5682): undo what it did.</summary>
    void OnSpuriousTimeout(Instant now);

    /// <summary>Sending starts again after an idle period of <paramref name="idleMicros"/> µs.</summary>
    void OnIdleRestart(long idleMicros, Instant now);
}

/// <summary>What one batch of acknowledgements said.</summary>
/// <param name="Now">When it was handled.</param>
/// <param name="AckedBytes">Payload bytes newly acknowledged, cumulatively or selectively.</param>
/// <param name="BytesInFlight">Payload bytes that were in flight before this batch.</param>
/// <param name="WindowLimited">Whether the window was what held the sender back; otherwise it must not grow.</param>
/// <param name="OneWayDelay">The smallest one-way delay sample of the batch: raw, µs modulo 2^32, shifted by the clocks' offset. Null: no sample.</param>
/// <param name="PeerOneWayDelay">The same of the opposite direction, as we measured it: for clock drift. Null: no sample.</param>
/// <param name="RttMicros">The path round trip of the batch without the peer's holding time, µs; 0: none.</param>
/// <param name="SmoothedRttMicros">The smoothed round trip, µs; 0: none yet.</param>
/// <param name="MinRttMicros">The smallest path round trip seen, µs; 0: none yet.</param>
/// <param name="RoundStart">Whether a packet sent after the last round's end was acknowledged: once per round trip.</param>
public readonly record struct AckSample(
    Instant Now,
    long AckedBytes,
    long BytesInFlight,
    bool WindowLimited,
    uint? OneWayDelay,
    uint? PeerOneWayDelay,
    long RttMicros,
    long SmoothedRttMicros,
    long MinRttMicros,
    bool RoundStart);

/// <summary>What was found lost.</summary>
/// <param name="Now">When it was found.</param>
/// <param name="LostBytes">Payload bytes.</param>
/// <param name="BytesInFlight">Payload bytes that were in flight, the lost ones included.</param>
/// <param name="NewEpisode">Whether a packet was lost that left after the last reduction: reduce once per round trip only.</param>
public readonly record struct LossSample(Instant Now, long LostBytes, long BytesInFlight, bool NewEpisode);

/// <summary>What was told as lost, and was not.</summary>
/// <param name="Now">When that was found.</param>
/// <param name="Bytes">Payload bytes.</param>
/// <param name="EpisodeUndone">Whether nothing that was told since the last new episode began was lost: what was done about it can be undone.</param>
public readonly record struct SpuriousLossSample(Instant Now, long Bytes, bool EpisodeUndone);
