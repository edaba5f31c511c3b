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
    private Undo? _undo;
    private Undo? _lossUndo;
    private double _window;
    private double _slowStartThreshold = double.PositiveInfinity;
    private bool _acknowledgedSinceTimeout = true;
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
        if (sample.AckedBytes > 0)
            _acknowledgedSinceTimeout = true;

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
        _undo = null;
        _lossUndo = new Undo(_window, _slowStartThreshold, _curve);
        _curve.OnLoss(_window);
        _window = _slowStartThreshold = ShortPath.AfterLoss(_window * CubicCurve.Beta, _window, MinWindow, _smoothedRttMicros);
    }

    /// <inheritdoc/>
    public void OnSpuriousLoss(in SpuriousLossSample sample)
    {
        if (sample.EpisodeUndone)
            Restore(ref _lossUndo);
    }

    /// <inheritdoc/>
    public void OnTimeout(Instant now)
    {
        // RFC 5681 §3.1: the threshold is of the window that failed, not of one that an earlier time-out left.
        if (_acknowledgedSinceTimeout)
        {
            _undo = new Undo(_window, _slowStartThreshold, _curve);
            _slowStartThreshold = Math.Max(_window * CubicCurve.Beta, ShortPath.Floor(MinWindow, _smoothedRttMicros));
        }

        _acknowledgedSinceTimeout = false;
        _lossUndo = null;
        _window = Math.Min(_window, MinWindow);
        _curve.Forget();
    }

    /// <inheritdoc/>
    public void OnSpuriousTimeout(Instant now) => Restore(ref _undo);

    // RFC 9438 §4.9: all as it was.
    private void Restore(ref Undo? undo)
    {
        if (undo is not { } before)
            return;
        undo = null;
        _window = Math.Max(_window, before.Window);
        _slowStartThreshold = before.SlowStartThreshold;
        _curve = before.Curve;
    }

    /// <inheritdoc/>
    public void OnIdleRestart(long idleMicros, Instant now)
    {
        if (_window <= InitialWindow)
        {
            _curve.Pause(now.Plus(-idleMicros));
            return;
        }

        // RFC 5681 §4.1 with the threshold of RFC 2861 §3.2: what the path carried is found again in a few round trips.
        _slowStartThreshold = Math.Max(InSlowStart ? _slowStartThreshold : 0, _window * 3 / 4);
        _window = InitialWindow;
        _curve.EndStage();
    }

    private void GrowExponentially(double acked)
    {
        var grown = _window + (acked / (IsFirstSlowStart ? _hyStart.GrowthDivisor : 1));
        _window = Math.Min(grown, _slowStartThreshold);
    }

    private readonly record struct Undo(double Window, double SlowStartThreshold, CubicCurve Curve);
}
