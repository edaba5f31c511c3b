namespace Utp.Protocol;

/// <summary>
/// CUBIC (RFC 9438) with HyStart++ (RFC 9406): takes its share beside TCP, for users whose transfer is the foreground. It fills
/// the queue until a packet is lost.
/// </summary>
/// <remarks>Arithmetic is + − × ÷ of IEEE doubles only: the same samples give the same windows on every machine. Deviations: note 0009.</remarks>
public sealed class Cubic : ICongestionControl
{
    private readonly CubicOptions _options;
    private CubicCurve _curve;
    private HyStart _hyStart = new();
    private Setbacks<CubicCurve> _setbacks = new();
    private double _window;
    private double _slowStartThreshold = double.PositiveInfinity;
    private int _maxPayload;
    private long _smoothedRttMicros;

    /// <summary>CUBIC with its defaults.</summary>
    public Cubic()
        : this(CubicOptions.Default)
    {
    }

    /// <summary>CUBIC with the given options.</summary>
    public Cubic(CubicOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <inheritdoc/>
    public string Name => "cubic";

    /// <inheritdoc/>
    public long WindowBytes => (long)Math.Max(_window, MinWindow);

    /// <inheritdoc/>
    public long PacingBytesPerSecond => PacingRate.Of(_window, MinWindow, _smoothedRttMicros, InSlowStart);

    /// <inheritdoc/>
    public bool InSlowStart => _window < _slowStartThreshold;

    /// <summary>Whether slow start goes on at a quarter of its speed, because the round trip has grown (RFC 9406: CSS).</summary>
    public bool InConservativeSlowStart => InSlowStart && IsFirstSlowStart && _hyStart.IsConservative;

    // RFC 9406 §4.3: later slow starts know their threshold.
    private bool IsFirstSlowStart => double.IsPositiveInfinity(_slowStartThreshold);

    private double MinWindow => (double)_options.MinWindowPackets * _maxPayload;

    private double InitialWindow => (double)_options.InitialWindowPackets * _maxPayload;

    private BeforeSetback<CubicCurve> AsItIs => new(_window, _slowStartThreshold, _curve);

    /// <inheritdoc/>
    public void OnMaxPayload(int bytes)
    {
        var first = _maxPayload == 0;
        _maxPayload = bytes;
        _window = first ? InitialWindow : Math.Max(_window, MinWindow);
    }

    /// <inheritdoc/>
    public void OnAck(in AckSample sample)
    {
        if (sample.SmoothedRttMicros > 0)
            _smoothedRttMicros = sample.SmoothedRttMicros;
        _setbacks.OnAcked(sample.AckedBytes);

        // RFC 9406 §4.2: the window at which the conservative part ended is the threshold.
        if (IsFirstSlowStart && _hyStart.OnAck(sample.RoundStart, sample.RttMicros))
            _slowStartThreshold = _window;

        if (!sample.WindowLimited)
        {
            _curve.Pause(sample.Now);
            return;
        }

        // One acknowledgement of much still no more than doubles the window.
        var acked = Math.Min(sample.AckedBytes, _window);
        if (InSlowStart)
            GrowExponentially(acked);
        else
            _window = _curve.Grow(_window, acked, _maxPayload, _smoothedRttMicros, sample.Now);
    }

    /// <inheritdoc/>
    public void OnLoss(in LossSample sample)
    {
        if (!sample.NewEpisode)
            return;

        // RFC 9438 §4.6. What is lost now cannot prove an earlier time-out spurious.
        _setbacks.OnLoss();
        _setbacks.OnReduced(AsItIs);
        _curve.OnLoss(_window);
        _window = _slowStartThreshold = ShortPath.AfterLoss(_window * CubicCurve.Beta, _window, MinWindow, _smoothedRttMicros);
    }

    /// <inheritdoc/>
    public void OnSpuriousLoss(in SpuriousLossSample sample)
    {
        if (sample.EpisodeUndone && _setbacks.TryUndoLoss(out var before))
            Restore(before);
    }

    /// <inheritdoc/>
    public void OnTimeout(Instant now)
    {
        if (_setbacks.OnTimeout(AsItIs))
            _slowStartThreshold = Math.Max(_window * CubicCurve.Beta, ShortPath.Floor(MinWindow, _smoothedRttMicros));
        _window = Math.Min(_window, MinWindow);
        _curve.Forget();
    }

    /// <inheritdoc/>
    public void OnSpuriousTimeout(Instant now)
    {
        if (_setbacks.TryUndoTimeout(out var before))
            Restore(before);
    }

    // RFC 9438 §4.9: all as it was.
    private void Restore(in BeforeSetback<CubicCurve> before)
    {
        _window = Math.Max(_window, before.Window);
        _slowStartThreshold = before.SlowStartThreshold;
        _curve = before.Phase;
    }

    /// <inheritdoc/>
    public void OnIdleRestart(long idleMicros, Instant now)
    {
        if (_window <= InitialWindow)
        {
            _curve.Pause(now.Plus(-idleMicros));
            return;
        }

        _slowStartThreshold = Setbacks<CubicCurve>.ThresholdAfterIdle(_window, _slowStartThreshold, InSlowStart);
        _window = InitialWindow;
        _curve.EndStage();
    }

    private void GrowExponentially(double acked)
    {
        var grown = _window + (acked / (IsFirstSlowStart ? _hyStart.GrowthDivisor : 1));
        _window = Math.Min(grown, _slowStartThreshold);
    }
}
