namespace Utp.Protocol;

/// <summary>
/// HyStart++ (RFC 9406): ends slow start before it loses packets. When the smallest round trip of a round exceeds the last
/// round's, slow start goes on conservatively for five rounds, and returns to full speed if the round trip falls again.
/// A value; owned by the law.
/// </summary>
internal struct HyStart
{
    // RFC 9406 §4.3.
    private const long MinThresholdMicros = 4_000;
    private const long MaxThresholdMicros = 16_000;
    private const int ThresholdDivisor = 8;
    private const int EnoughSamples = 8;
    private const int ConservativeGrowthDivisor = 4;
    private const int ConservativeRounds = 5;

    private const long None = long.MaxValue;

    private long _smallest;
    private long _lastSmallest;
    private long _baseline;
    private int _samples;
    private int _roundsLeft;

    /// <summary>Begins the first slow start.</summary>
    public HyStart()
    {
        _smallest = _lastSmallest = _baseline = None;
    }

    /// <summary>Whether slow start is in its conservative part (RFC 9406: CSS).</summary>
    public readonly bool IsConservative => _baseline != None;

    /// <summary>What the growth of slow start is divided by.</summary>
    public readonly int GrowthDivisor => IsConservative ? ConservativeGrowthDivisor : 1;

    /// <summary>A batch was acknowledged; <paramref name="rttMicros"/> 0: without a sample. Returns whether slow start is over.</summary>
    public bool OnAck(bool roundStart, long rttMicros)
    {
        if (roundStart && EndRound())
            return true;
        if (rttMicros == 0)
            return false;
        _samples++;
        _smallest = Math.Min(_smallest, rttMicros);
        if (_samples >= EnoughSamples)
            Judge();
        return false;
    }

    private bool EndRound()
    {
        // A round of fewer batches than the RFC wants samples is judged when it is over: a batch is many acknowledgements.
        var wasConservative = IsConservative;
        if (_samples is > 0 and < EnoughSamples)
            Judge();

        // The round in which the conservative part began counts, too.
        if (wasConservative && IsConservative && --_roundsLeft == 0)
            return true;
        (_lastSmallest, _smallest) = (_samples > 0 ? _smallest : _lastSmallest, None);
        _samples = 0;
        return false;
    }

    private void Judge()
    {
        if (IsConservative)
        {
            if (_smallest < _baseline)
                _baseline = None;
        }
        else if (_lastSmallest != None)
        {
            var threshold = Math.Clamp(_lastSmallest / ThresholdDivisor, MinThresholdMicros, MaxThresholdMicros);
            if (_smallest < _lastSmallest + threshold)
                return;
            _baseline = _smallest;
            _roundsLeft = ConservativeRounds;
        }
    }
}
