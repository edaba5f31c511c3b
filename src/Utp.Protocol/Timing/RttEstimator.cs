namespace Utp.Protocol;

/// <summary>
/// The round trip and the retransmission time-out (RFC 6298), and the path's round trip without the peer's holding
/// time (protocol.md §5.1, §5.2). Owned by the connection; its components ask it.
/// </summary>
/// <remarks>
/// Karn's rule is the caller's: <see cref="OnSample"/> hears only of packets that were sent once, or of what
/// <see cref="OnPathSample"/> returned, which holds for retransmissions too, because the peer's answer names the transmission that
/// it answers. The back-off lasts until the next sample of either kind.
/// </remarks>
internal sealed class RttEstimator
{
    /// <summary>BEP 29 leaves the value of "no measurement yet" open: 0 and this one are in use.</summary>
    public const uint NoTimestampDifference = 0x7FFF_FFFF;

    // RFC 6298 §2: the clock granularity G. Deadlines are kept to about a millisecond.
    private const long GranularityMicros = 1_000;

    // Long enough to see an idle path through a full queue, short enough to believe a new route.
    private const long MinimumWindowMicros = 300_000_000;

    private readonly long _initialRtoMicros;
    private readonly long _maxRtoMicros;
    private long _minRtoMicros;
    private int _backOffs;

    // Scaled by 8 and by 4, so that the shifts of RFC 6298 §2.3 lose nothing.
    private long _smoothed8;
    private long _variation4;
    private WindowedMinimum _minimum = new(MinimumWindowMicros);

    /// <summary>Starts without a sample.</summary>
    /// <param name="initialRtoMicros">RTO before the first sample (RFC 6298 §2.1).</param>
    /// <param name="minRtoMicros">Floor of the RTO (RFC 6298 §2.4).</param>
    /// <param name="maxRtoMicros">Ceiling of the RTO, back-off included (RFC 6298 §2.5).</param>
    public RttEstimator(long initialRtoMicros, long minRtoMicros, long maxRtoMicros)
    {
        _initialRtoMicros = initialRtoMicros;
        _minRtoMicros = minRtoMicros;
        _maxRtoMicros = maxRtoMicros;
    }

    /// <summary>Whether <see cref="OnSample"/> was ever called.</summary>
    public bool HasSample => _smoothed8 != 0;

    /// <summary>SRTT, µs; 0 before the first sample.</summary>
    public long SmoothedMicros => _smoothed8 >> 3;

    /// <summary>RTTVAR, µs; 0 before the first sample.</summary>
    public long VariationMicros => _variation4 >> 2;

    /// <summary>The last round trip without the peer's holding time, µs; 0: none yet.</summary>
    public long PathMicros { get; private set; }

    /// <summary>The smallest round trip, with or without holding time, of the last five to ten minutes, µs; 0: none yet.</summary>
    public long MinMicros => _minimum.Value;

    /// <summary>The retransmission time-out, backed off, µs.</summary>
    public long RtoMicros
    {
        get
        {
            var rto = BaseRtoMicros;
            for (var i = 0; i < _backOffs && rto < _maxRtoMicros; i++)
                rto *= 2;
            return Math.Min(rto, _maxRtoMicros);
        }
    }

    /// <summary>The retransmission time-out without back-off, µs.</summary>
    public long BaseRtoMicros => HasSample
        ? Math.Clamp(SmoothedMicros + Math.Max(GranularityMicros, _variation4), _minRtoMicros, _maxRtoMicros)
        : _initialRtoMicros;

    /// <summary>The peer turned out to be one of ours, or not: another floor holds.</summary>
    public void SetMinRto(long micros) => _minRtoMicros = micros;

    /// <summary>A round trip took <paramref name="rttMicros"/> µs. Ends the back-off (RFC 6298 §5).</summary>
    public void OnSample(long rttMicros, Instant now)
    {
        // A virtual network may answer in the same microsecond; 0 means "none" everywhere.
        var rtt = Math.Max(1, rttMicros);
        if (!HasSample)
        {
            // RFC 6298 §2.2.
            _smoothed8 = rtt * 8;
            _variation4 = rtt * 2;
        }
        else
        {
            // RFC 6298 §2.3: RTTVAR first, from the old SRTT; beta 1/4, alpha 1/8.
            var deviation = Math.Abs(SmoothedMicros - rtt);
            _variation4 += deviation - (_variation4 >> 2);
            _smoothed8 = Math.Max(8, _smoothed8 + rtt - (_smoothed8 >> 3));
        }

        _minimum.OnSample(rtt, now);
        _backOffs = 0;
    }

    /// <summary>
    /// A packet says when it left the peer and how long our packet took to get there: their sum is the path's round trip,
    /// in which the offset of the two clocks cancels.
    /// </summary>
    /// <param name="timestamp">The packet's timestamp.</param>
    /// <param name="timestampDifference">Its timestamp_difference; 0 and 0x7fffffff are no sample.</param>
    /// <param name="arrival">When it arrived.</param>
    /// <param name="sinceFirstSendMicros">µs from the first transmission of the newest packet that it acknowledges to its arrival: no path takes longer.</param>
    /// <returns>The path's round trip, µs, at least 1; 0: no sample.</returns>
    public long OnPathSample(WireTimestamp timestamp, uint timestampDifference, Instant arrival, long sinceFirstSendMicros)
    {
        if (timestampDifference is 0 or NoTimestampDifference)
            return 0;

        var sum = unchecked((int)(timestamp.MicrosUntil(WireTimestamp.From(arrival)) + timestampDifference));

        // No path answers before it was asked: such a peer's clock is stepped or its arithmetic wrong.
        if (sum < 0)
            return 0;

        PathMicros = Math.Clamp(sum, 1, Math.Max(1, sinceFirstSendMicros));
        _minimum.OnSample(PathMicros, arrival);
        return PathMicros;
    }

    /// <summary>Whether time-outs have passed without a round trip since.</summary>
    public bool IsBackedOff => _backOffs > 0;

    /// <summary>What the time-outs were about is over.</summary>
    public void EndBackOff() => _backOffs = 0;

    /// <summary>The retransmission timer expired: RTO doubles (RFC 6298 §5.5).</summary>
    public void BackOff()
    {
        // 2^31 µs is beyond every ceiling.
        if (_backOffs < 31)
            _backOffs++;
    }
}
