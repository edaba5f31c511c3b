namespace Utp.Protocol;

/// <summary>
/// LEDBAT (RFC 6817): steers at a fixed queueing delay and so yields to traffic that fills the queue. It adds a slow start
/// that doubles, where the RFC has none and libutp's is linear (protocol.md §7).
/// </summary>
/// <remarks>Arithmetic is + − × ÷ of IEEE doubles only: the same samples give the same windows on every machine.</remarks>
public sealed class Ledbat : ICongestionControl
{
    // When slow start is left, packets of the larger window are still on their way: those sent before the running round began, and in it.
    private const int RoundsOfOldDelay = 2;

    private readonly LedbatOptions _options;
    private QueueingDelay _queueing;
    private SlowStartExit _exit;
    private Setbacks<bool> _setbacks = new();
    private double _window;
    private double _slowStartThreshold = double.PositiveInfinity;
    private int _roundsToHold;
    private int _maxPayload;
    private long _smoothedRttMicros;

    /// <summary>LEDBAT with its defaults.</summary>
    public Ledbat()
        : this(LedbatOptions.Default)
    {
    }

    /// <summary>LEDBAT with the given options.</summary>
    public Ledbat(LedbatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _queueing = new QueueingDelay(options.TargetMicros);
        _exit = new SlowStartExit(options.TargetMicros);
    }

    /// <inheritdoc/>
    public string Name => "ledbat";

    /// <inheritdoc/>
    public long WindowBytes => (long)Math.Max(_window, MinWindow);

    /// <inheritdoc/>
    public long PacingBytesPerSecond => PacingRate.Of(_window, MinWindow, _smoothedRttMicros, InSlowStart);

    /// <inheritdoc/>
    public bool InSlowStart { get; private set; } = true;

    /// <summary>The queueing delay that the law acts on, µs.</summary>
    public long QueueingDelayMicros => _queueing.CurrentMicros;

    private double MinWindow => (double)_options.MinWindowPackets * _maxPayload;

    private double Floor => ShortPath.Floor(MinWindow, _smoothedRttMicros);

    private double InitialWindow => (double)_options.InitialWindowPackets * _maxPayload;

    private BeforeSetback<bool> AsItIs => new(_window, _slowStartThreshold, InSlowStart);

    /// <inheritdoc/>
    public void OnMaxPayload(int bytes)
    {
        var first = _maxPayload == 0;
        _maxPayload = bytes;
        _window = first ? InitialWindow : Math.Max(_window, MinWindow);
        if (first)
            _exit.Restart(_window);
    }

    /// <inheritdoc/>
    public void OnAck(in AckSample sample)
    {
        if (sample.SmoothedRttMicros > 0)
            _smoothedRttMicros = sample.SmoothedRttMicros;
        _setbacks.OnAcked(sample.AckedBytes);

        var isDelayKnown = _queueing.OnAck(sample);
        if (InSlowStart)
        {
            if (_exit.OnAck(sample.RoundStart, isDelayKnown ? _queueing.LatestMicros : null, _window, out var windowOfThatDelay))
            {
                LeaveSlowStart(Math.Min(_window, windowOfThatDelay));
                _roundsToHold = RoundsOfOldDelay;
            }
            else
            {
                GrowExponentially(sample);
            }
        }
        else
        {
            Steer(sample);
        }
    }

    /// <inheritdoc/>
    public void OnLoss(in LossSample sample)
    {
        if (!sample.NewEpisode)
            return;

        // RFC 6817 §2.4.2: halve, once per round trip. What is lost now cannot prove an earlier time-out spurious.
        _setbacks.OnLoss();
        _setbacks.OnReduced(AsItIs);
        LeaveSlowStart(ShortPath.AfterLoss(_window / 2, _window, MinWindow, _smoothedRttMicros));
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
            _slowStartThreshold = Math.Max(_window / 2, Floor);
        EnterSlowStart(Math.Min(_window, MinWindow));
    }

    /// <inheritdoc/>
    public void OnSpuriousTimeout(Instant now)
    {
        if (_setbacks.TryUndoTimeout(out var before))
            Restore(before);
    }

    private void Restore(in BeforeSetback<bool> before)
    {
        _slowStartThreshold = before.SlowStartThreshold;
        _window = Math.Max(_window, before.Window);
        InSlowStart = before.Phase;
        _exit.Restart(_window);
    }

    /// <inheritdoc/>
    public void OnIdleRestart(long idleMicros, Instant now)
    {
        _queueing.ForgetCurrent();
        if (_window <= InitialWindow)
            return;

        _slowStartThreshold = Setbacks<bool>.ThresholdAfterIdle(_window, _slowStartThreshold, InSlowStart);
        EnterSlowStart(InitialWindow);
    }

    private void EnterSlowStart(double window)
    {
        _window = window;
        InSlowStart = true;
        _exit.Restart(window);
    }

    private void LeaveSlowStart(double window)
    {
        _window = Math.Max(window, Floor);
        _slowStartThreshold = _window;
        InSlowStart = false;
    }

    private void GrowExponentially(in AckSample sample)
    {
        if (!sample.WindowLimited)
            return;

        // One acknowledgement of much (RFC 3465 §2.3) still no more than doubles the window.
        _window += Math.Min(sample.AckedBytes, _window);
        if (_window < _slowStartThreshold)
            return;
        _window = _slowStartThreshold;
        InSlowStart = false;
    }

    private void Steer(in AckSample sample)
    {
        // RFC 6817 §2.4.2: off_target = (TARGET - queuing_delay) / TARGET.
        var offTarget = (double)(_options.TargetMicros - _queueing.CurrentMicros) / _options.TargetMicros;

        if (sample.RoundStart && _roundsToHold > 0)
            _roundsToHold--;

        // A round trip holds the peer's delayed acknowledgements, too: it may stop growth, but what it shows may be no queue.
        // And the delay that slow start made was answered when it was left; answering it again would empty the path.
        if (_queueing.IsFromRoundTrip || _roundsToHold > 0)
            offTarget = Math.Max(0, offTarget);

        // The RFC caps the window at what is in flight + 1 packet; not growing while it is not used does the same.
        if (offTarget > 0 && !sample.WindowLimited)
            return;
        var acked = Math.Min(sample.AckedBytes, _window);
        var step = _options.Gain * offTarget;
        if (step > 0)
            step = ShortPath.Step(step, _window / _maxPayload, _smoothedRttMicros);
        _window = Math.Max(Floor, _window + (step * acked * _maxPayload / _window));
    }
}
