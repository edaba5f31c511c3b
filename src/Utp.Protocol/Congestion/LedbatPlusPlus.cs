namespace Utp.Protocol;

/// <summary>
/// LEDBAT++ (draft-irtf-iccrg-ledbat-plus-plus): stays below a queueing delay of 60 ms by the round trip, gives way
/// multiplicatively, and empties the queue from time to time, so that a flow that starts later finds the same base delay.
/// </summary>
/// <remarks>Arithmetic is + − × ÷ of IEEE doubles only: the same samples give the same windows on every machine. Deviations: note 0009.</remarks>
public sealed class LedbatPlusPlus : ICongestionControl
{
    // When slow start is left, packets of the larger window are still on their way: those sent before the running round began, and in it.
    private const int RoundsOfOldDelay = 2;

    private readonly LedbatPlusPlusOptions _options;
    private DelayHistory _base;
    private RecentDelays _recent;
    private SlowStartExit _exit;
    private SlowdownSchedule _slowdowns;
    private Setbacks<Phase> _setbacks = new();
    private Phase _phase = Phase.SlowStart;
    private double _window;
    private double _slowStartThreshold = double.PositiveInfinity;
    private bool _isPathMeasured;
    private int _roundsToHold;
    private int _maxPayload;
    private long _smoothedRttMicros;

    /// <summary>LEDBAT++ with its defaults.</summary>
    public LedbatPlusPlus()
        : this(LedbatPlusPlusOptions.Default)
    {
    }

    /// <summary>LEDBAT++ with the given options.</summary>
    public LedbatPlusPlus(LedbatPlusPlusOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _exit = new SlowStartExit(options.TargetMicros);
    }

    /// <summary>
    /// <code>
    ///   SlowStart ──delay, loss, threshold──► Steering ──due──► Frozen ──2 round trips──► Ramp
    ///       ▲                                     ▲                                         │
    ///       └── time-out, idle: from any phase    └────────────── threshold, loss ──────────┘
    /// </code>
    /// </summary>
    private enum Phase
    {
        SlowStart,
        Steering,
        Frozen,
        Ramp,
    }

    /// <inheritdoc/>
    public string Name => "ledbat++";

    /// <inheritdoc/>
    public long WindowBytes => (long)Math.Max(_window, MinWindow);

    /// <inheritdoc/>
    public long PacingBytesPerSecond => PacingRate.Of(_window, MinWindow, _smoothedRttMicros, InSlowStart);

    /// <inheritdoc/>
    public bool InSlowStart => _phase is Phase.SlowStart or Phase.Ramp;

    /// <summary>Whether a slowdown is under way: two packets, then the way back.</summary>
    public bool InSlowdown => _phase is Phase.Frozen or Phase.Ramp;

    /// <summary>The queueing delay that the law acts on, µs: the smallest of the last round trips, above the smallest of ten minutes.</summary>
    public long QueueingDelayMicros => Math.Max(0, (long)_recent.Smallest - _base.Base);

    // Draft §4.2: a short path would else grow by more bytes a second than Reno on a long one.
    private double Gain => 1.0 / (_base.Base > 0
        ? Math.Min(_options.MaxGainDivisor, ((2 * _options.TargetMicros) + _base.Base - 1) / _base.Base)
        : _options.MaxGainDivisor);

    private double MinWindow => (double)_options.MinWindowPackets * _maxPayload;

    private double Floor => ShortPath.Floor(MinWindow, _smoothedRttMicros);

    private double InitialWindow => (double)_options.InitialWindowPackets * _maxPayload;

    private BeforeSetback<Phase> AsItIs => new(_window, _slowStartThreshold, _phase);

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
        var latest = Measure(sample);

        switch (_phase)
        {
            case Phase.SlowStart:
                Search(sample, latest);
                break;
            case Phase.Frozen when _slowdowns.IsFrozen(sample.Now):
                break;
            case Phase.Frozen:
                _phase = Phase.Ramp;
                GrowExponentially(sample);
                break;
            case Phase.Ramp:
                // Draft §4.4: back to where it was, whatever the delay; that window was right.
                GrowExponentially(sample);
                break;
            case Phase.Steering when _slowdowns.IsDue(sample.Now):
                BeginSlowdown(sample.Now);
                break;
            default:
                Steer(sample);
                break;
        }
    }

    /// <inheritdoc/>
    public void OnLoss(in LossSample sample)
    {
        if (!sample.NewEpisode)
            return;

        // What is lost now cannot prove an earlier time-out spurious.
        _setbacks.OnLoss();
        _setbacks.OnReduced(AsItIs);
        if (_phase == Phase.Frozen)
            _slowStartThreshold = Math.Max(_slowStartThreshold / 2, Floor);
        else
            Settle(ShortPath.AfterLoss(_window / 2, _window, MinWindow, _smoothedRttMicros), sample.Now);
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
        // The threshold is of the window that failed, and not of a slowdown's.
        if (_setbacks.OnTimeout(AsItIs))
            _slowStartThreshold = Math.Max((InSlowdown ? _slowStartThreshold : _window) / 2, Floor);
        EnterSlowStart(Math.Min(_window, MinWindow), now);
    }

    /// <inheritdoc/>
    public void OnSpuriousTimeout(Instant now)
    {
        if (_setbacks.TryUndoTimeout(out var before))
            Restore(before);
    }

    private void Restore(in BeforeSetback<Phase> before)
    {
        _slowStartThreshold = before.SlowStartThreshold;
        _window = Math.Max(_window, before.Window);

        // The time-out itself was the quiet that a slowdown wants; what is left of it is the way back.
        _phase = before.Phase == Phase.Frozen ? Phase.Ramp : before.Phase;
        _exit.Restart(_window);
    }

    /// <inheritdoc/>
    public void OnIdleRestart(long idleMicros, Instant now)
    {
        _recent.Forget();
        if (_window <= InitialWindow)
            return;

        _slowStartThreshold = Setbacks<Phase>.ThresholdAfterIdle(_window, _slowStartThreshold, InSlowStart);
        EnterSlowStart(InitialWindow, now);
    }

    // The queueing delay of this batch; null: it says nothing about delay.
    private long? Measure(in AckSample sample)
    {
        // A small packet needs less time on a slow link: the handshake's would be a base that no full packet reaches, and whoever shook
        // hands on an idle link would see a queue of one packet that a flow that starts later does not see.
        if (sample.RttMicros == 0 || sample.AckedBytes == 0)
            return null;
        var rtt = (uint)Math.Min(sample.RttMicros, int.MaxValue);
        _base.Add(rtt, sample.Now);
        _recent.Add(rtt);
        _isPathMeasured = sample.OneWayDelay is not null;
        return rtt - _base.Base;
    }

    private void EnterSlowStart(double window, Instant now)
    {
        _window = window;
        _phase = Phase.SlowStart;
        _slowdowns.Finish(now);
        _exit.Restart(window);
    }

    private void BeginSlowdown(Instant now)
    {
        _slowStartThreshold = _window;
        _window = Math.Min(_window, MinWindow);
        _phase = Phase.Frozen;
        _slowdowns.Begin(_smoothedRttMicros, now);
    }

    // Slow start or the ramp is over.
    private void Settle(double window, Instant now)
    {
        _window = Math.Max(window, Floor);
        _slowStartThreshold = _window;
        _phase = Phase.Steering;
        _slowdowns.OnSlowStartEnded(_smoothedRttMicros, now);
        _slowdowns.Finish(now);
    }

    private void Search(in AckSample sample, long? latestDelay)
    {
        if (!_exit.OnAck(sample.RoundStart, latestDelay, _window, out var windowOfThatDelay))
        {
            GrowExponentially(sample);
            return;
        }

        // Draft §4.1: above 3/4 of the target at once to congestion avoidance.
        _roundsToHold = RoundsOfOldDelay;
        Settle(Math.Min(_window, windowOfThatDelay), sample.Now);
    }

    // Draft §4.1: slow start grows by the gain, too.
    private void GrowExponentially(in AckSample sample)
    {
        if (!sample.WindowLimited)
        {
            // The application is what holds it back now. Counting that as slowdown would put off the next one by hours.
            if (sample.RoundStart)
                _slowdowns.Finish(sample.Now);
            return;
        }

        _window += Gain * Math.Min(sample.AckedBytes, _window);
        if (_window >= _slowStartThreshold)
            Settle(_slowStartThreshold, sample.Now);
    }

    private void Steer(in AckSample sample)
    {
        if (sample.RoundStart && _roundsToHold > 0)
            _roundsToHold--;
        var delay = QueueingDelayMicros;
        if (delay <= _options.TargetMicros)
        {
            if (sample.WindowLimited)
                _window += ShortPath.Step(Gain, _window / _maxPayload, _smoothedRttMicros) * Math.Min(sample.AckedBytes, _window) * _maxPayload / _window;
            return;
        }

        // A round trip that the peer did not measure holds its delayed acknowledgements, too: it stops growth, but what it
        // shows may be no queue. And the delay that slow start made was answered when it was left.
        if (!sample.RoundStart || !_isPathMeasured || _roundsToHold > 0)
            return;

        // Draft §4.3, once per round trip: W += max(GAIN − Constant × W × (delay / target − 1), −W / 2), with Constant = 1.
        var excess = ((double)delay / _options.TargetMicros) - 1;
        var step = Math.Max((Gain * _maxPayload) - (_window * excess), -_window / 2);
        if (step < 0 || sample.WindowLimited)
            _window = Math.Max(Floor, _window + step);
    }
}
