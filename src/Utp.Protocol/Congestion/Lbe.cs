namespace Utp.Protocol;

/// <summary>
/// A less-than-best-effort law (RFC 6297) of our own: fills an idle link behind a queue of a few ms, leaves a busy one to others even
/// where their queue is shorter than LEDBAT's target, and does not take a radio link's losses for congestion. Design note 0012.
/// </summary>
/// <remarks>
/// A queue that stands above the target for a round trip: this flow's share of it is drained at once; if it still stands a round trip
/// later others make it, and the window halves every round until it is gone. Otherwise the window grows by <see cref="LbeGrowth"/>.
/// Arithmetic is + − × ÷ of IEEE doubles only: the same samples give the same windows on every machine.
/// </remarks>
public sealed class Lbe : ICongestionControl
{
    // A little below what the path holds, so that the queue empties, and everybody sees the base delay.
    private const double DrainShare = 0.97;
    private const double OverloadShare = 0.9;

    // RFC 9438's β: where a loss is all that a queue shows.
    private const double CongestiveShare = 0.7;

    // With 1.25, a window of four fifths of the path leaves in one burst at the path's own rate, and what is over fills the queue in each round trip (note 0012).
    private const double PacingGain = 1.1;

    // As many samples as HyStart wants (RFC 9406 §4.2, N_RTT_SAMPLE) make a round that can be judged, and a queue that is no burst.
    private const int EnoughSamples = 8;

    private const int SamplesAroundHole = 3;

    // Of the target: with such a delay, a loss is the queue's overflow.
    private const double OverflowShare = 1.3;

    // RFC 6817: the target where round trips hold the peer's delayed acknowledgements, too.
    private const long UnmeasuredTargetMicros = 100_000;

    private readonly LbeOptions _options;
    private PathBase _base;
    private DelayNoise _noise;
    private RoundDelay _round;
    private StandingQueue _standing;
    private LossShare _losses;
    private LossVerdict _verdict;
    private LbeGrowth _growth = new();
    private CapacityEstimate _capacity;
    private Setbacks<bool> _setbacks = new();
    private double _window;
    private double _slowStartThreshold = double.PositiveInfinity;
    private bool _isPathMeasured;
    private bool _usedInRound;
    private Instant _blindUntil;
    private bool _isBlind;
    private int _roundsOfQueue;
    private int _maxPayload;
    private long _smoothedRttMicros;
    private long _latestMicros;

    /// <summary>The law with its defaults.</summary>
    public Lbe()
        : this(LbeOptions.Default)
    {
    }

    /// <summary>The law with the given options.</summary>
    public Lbe(LbeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <inheritdoc/>
    public string Name => "lbe";

    /// <inheritdoc/>
    public long WindowBytes => (long)Math.Max(_window, MinWindow);

    /// <inheritdoc/>
    public long PacingBytesPerSecond => PacingRate.Of(_window, MinWindow, _smoothedRttMicros, InSlowStart, PacingGain);

    /// <inheritdoc/>
    public bool InSlowStart { get; private set; } = true;

    /// <summary>The queueing delay of the latest packet, µs: its round trip above the smallest.</summary>
    public long QueueingDelayMicros => Math.Max(0, _latestMicros - _base.Micros);

    /// <summary>The queueing delay above which it gives way now, µs: the option, or what the path's jitter asks for.</summary>
    public long TargetMicros => Math.Max(_isPathMeasured ? _options.TargetMicros : UnmeasuredTargetMicros, _noise.AllowanceMicros);

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
            _round.Restart(_window);
    }

    /// <inheritdoc/>
    public void OnAck(in AckSample sample)
    {
        if (sample.SmoothedRttMicros > 0)
            _smoothedRttMicros = sample.SmoothedRttMicros;
        _setbacks.OnAcked(sample.AckedBytes);
        if (_isBlind && sample.Now >= _blindUntil)
        {
            // What arrives from now on left after the last reduction.
            _isBlind = false;
            _losses.Restart();
            _standing.Forget();
        }

        if (sample.RoundStart)
            OnRoundStart();
        _losses.OnAcked(sample.AckedBytes);
        if (!_isBlind)
            Follow(_verdict.OnFate(sample.AckedBytes, 0, _round.CausingWindow, _maxPayload));
        _usedInRound |= sample.WindowLimited;
        var isStanding = Measure(sample);

        if (InSlowStart)
            Search(sample);
        else if (_isBlind)
            return;
        else if (isStanding)
            GiveWay(sample.Now);
        else if (sample.WindowLimited && _roundsOfQueue == 0 && !_verdict.IsOnTrial)
            _window += _growth.Step * _maxPayload * Math.Min(sample.AckedBytes, _window) / _window;
    }

    /// <inheritdoc/>
    public void OnLoss(in LossSample sample)
    {
        // What is lost now cannot prove an earlier time-out spurious.
        _setbacks.OnLoss();
        _losses.OnLost(sample.LostBytes);
        if (_isBlind)
            return;
        if (InSlowStart && !_capacity.HasBegun)
            _capacity.Begin(sample.Now);

        if (_losses.IsExceeded(_maxPayload, Math.Min(_window, _round.CausingWindow)))
        {
            var passed = Math.Min(_window, _round.CausingWindow) * (1 - _losses.Share);
            if (InSlowStart && _capacity.TryGetVolume(_base.Micros, sample.Now, out var volume))
                passed = Math.Clamp(volume, passed, _window);
            _setbacks.OnReduced(AsItIs);
            var (before, wasSearching) = (_window, InSlowStart);
            Reduce(passed * OverloadShare, sample.Now);
            _verdict.Begin(before, _window, wasSearching);
            return;
        }

        Follow(_verdict.OnFate(0, sample.LostBytes, _round.CausingWindow, _maxPayload));
        if (sample.NewEpisode && _verdict.IsOwn)
        {
            _setbacks.OnReduced(AsItIs);
            _growth.OnPushedAside();
            Reduce(ShortPath.AfterLoss(_window * CongestiveShare, _window, MinWindow, _smoothedRttMicros), sample.Now);
        }
        else if (sample.NewEpisode && _standing.Samples >= SamplesAroundHole && QueueingDelayMicros > OverflowShare * TargetMicros)
        {
            // The packets around the hole saw the queue that overflowed; one alone may have been overtaken.
            _roundsOfQueue++;
            _setbacks.KeepReduction();
            Reduce(Drained(QueueingDelayMicros), sample.Now);
        }
    }

    /// <inheritdoc/>
    public void OnSpuriousLoss(in SpuriousLossSample sample)
    {
        _losses.OnLost(-sample.Bytes);
        _verdict.OnNotLost(sample.Bytes);
        if (!sample.EpisodeUndone || !_setbacks.TryUndoLoss(out var before))
            return;
        _verdict.Cancel();
        Restore(before);
    }

    /// <inheritdoc/>
    public void OnTimeout(Instant now)
    {
        if (_setbacks.OnTimeout(AsItIs))
            _slowStartThreshold = Math.Max(_window / 2, Floor);
        EnterSlowStart(Math.Min(_window, MinWindow), _slowStartThreshold);
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
        _round.Restart(_window);
    }

    /// <inheritdoc/>
    public void OnIdleRestart(long idleMicros, Instant now)
    {
        if (_window <= InitialWindow)
            return;

        EnterSlowStart(InitialWindow, Setbacks<bool>.ThresholdAfterIdle(_window, _slowStartThreshold, InSlowStart));
    }

    // What an experiment showed (LossVerdict).
    private void Follow(LossFinding finding)
    {
        switch (finding)
        {
            case LossFinding.Random:
                // The window was not at fault, and a search that was broken off goes on.
                _window = Math.Max(_window, _verdict.WindowBefore);
                if (_verdict.WasSearching)
                    EnterSlowStart(_window, double.PositiveInfinity);
                break;
            case LossFinding.Overturned:
                _growth.Forget();
                EnterSlowStart(_window, _verdict.WasSearching ? double.PositiveInfinity : _verdict.WindowBefore);
                break;
        }
    }

    // Returns whether a queue stands.
    private bool Measure(in AckSample sample)
    {
        // A small packet needs less time on a slow link: the handshake's would be a base that no full packet reaches.
        if (sample.RttMicros == 0 || sample.AckedBytes == 0)
            return false;
        _latestMicros = Math.Min(sample.RttMicros, int.MaxValue);
        _isPathMeasured = sample.OneWayDelay is not null;
        _noise.Add(_latestMicros);
        _round.Add(_latestMicros);
        if (_base.Add((uint)_latestMicros, _window <= 2 * MinWindow, TargetMicros, sample.Now))
        {
            // The route is longer, and nobody was there to give way to.
            _growth.Forget();
            EnterSlowStart(_window, double.PositiveInfinity);
        }

        var isStanding = _standing.Add(QueueingDelayMicros, TargetMicros, _latestMicros, EnoughSamples, sample.Now);
        if (_standing.Samples == 0 && !_isBlind)
            _roundsOfQueue = 0;
        return isStanding;
    }

    private void OnRoundStart()
    {
        _losses.OnRoundStart(_maxPayload);
        _round.OnRoundStart(_window);
        if (InSlowStart)
        {
            _round.Take();
            if (_standing.Samples == 0)
                _capacity.Stop();
            return;
        }

        if (!_isBlind && _round.Samples < EnoughSamples)
            return;
        var used = _usedInRound;
        _usedInRound = false;
        var smallest = _round.Take();
        if (used && !_isBlind && _roundsOfQueue == 0 && smallest > 0)
            _growth.OnRound(smallest - _base.Micros <= TargetMicros / 2, _window, _maxPayload);
    }

    private void GiveWay(Instant now)
    {
        _roundsOfQueue++;
        if (_roundsOfQueue > 1)
            _growth.OnPushedAside();
        _verdict.OnQueueSeen();
        _setbacks.KeepReduction();

        // A round trip that the peer did not measure holds its delayed acknowledgements, too: it stops growth only.
        if (_isPathMeasured)
            Reduce(_roundsOfQueue == 1 ? Drained(_standing.SmallestMicros) : _window / 2, now);
        _standing.Forget();
    }

    // What is left of a window that made this queue, when its share of the queue is taken away; at least a half.
    private double Drained(long queueingMicros)
    {
        // Jitter raises the delay without adding queue.
        var queue = Math.Max(0, queueingMicros - (TargetMicros - _options.TargetMicros));
        var held = Math.Min(_window, _round.CausingWindow) * _base.Micros / (_base.Micros + queue);
        return Math.Max(held * DrainShare, _window / 2);
    }

    private void Reduce(double window, Instant now)
    {
        _window = Math.Max(window, Floor);
        _slowStartThreshold = _window;
        InSlowStart = false;
        _isBlind = true;
        _blindUntil = now.Plus(_latestMicros);
        _growth.OnReduced(_window, _maxPayload, _smoothedRttMicros);
    }

    private void EnterSlowStart(double window, double threshold)
    {
        (_window, _slowStartThreshold) = (window, threshold);
        InSlowStart = true;
        _isBlind = false;
        _roundsOfQueue = 0;
        _standing.Forget();
        _capacity.Stop();
        _losses.Restart();
        _round.Restart(window);
    }

    // Slow start paces at twice the window per round trip, so the end of a round stands in its own queue from half of the capacity on.
    private void Search(in AckSample sample)
    {
        _capacity.Add(sample.AckedBytes);
        if (_standing.Samples == 1)
            _capacity.Begin(sample.Now);
        if (_standing.Samples >= EnoughSamples && _capacity.TryGetVolume(_base.Micros, sample.Now, out var volume))
        {
            Reduce(Math.Clamp(volume, _window / 4, _window), sample.Now);
            return;
        }

        if (!sample.WindowLimited)
            return;

        // One acknowledgement of much (RFC 3465 §2.3) still no more than doubles the window.
        _window += Math.Min(sample.AckedBytes, _window);
        if (_window >= _slowStartThreshold)
            Reduce(_slowStartThreshold, sample.Now);
    }
}
