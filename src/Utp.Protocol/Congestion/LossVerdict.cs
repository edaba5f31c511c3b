namespace Utp.Protocol;

/// <summary>What an experiment of <see cref="LossVerdict"/> showed.</summary>
internal enum LossFinding
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>The losses went away with the window: this flow makes them.</summary>
    Own,

    /// <summary>A smaller window lost as much, but less than anybody may: the path loses at random, and the window need not have been reduced.</summary>
    Random,

    /// <summary>A smaller window lost as much, and too much.</summary>
    TooMuch,

    /// <summary>The verdict does not hold: packets are lost under windows that had been shown to lose nothing.</summary>
    Overturned,
}

/// <summary>
/// Finds out by experiment whether losses without a visible queue are this flow's own (a queue too short to be seen, a policer) or the path's
/// (a radio link). The window was reduced for them; it is held while so many packets are sent that the same share of losses would show. If it
/// does not show, the losses are the flow's own, and from then on a single loss is congestion. The verdict stands on one prediction: nothing is lost
/// under the window that was tested. Losses that contradict it overturn it, so a wrong verdict ends after a few of them. A value; owned by
/// <see cref="Lbe"/>.
/// </summary>
internal struct LossVerdict
{
    // A queue that does not overflow any more loses nothing. What is left then is a random loss here and there, or the sender's own bursts.
    private const double GoneShare = 0.015;

    // Long enough that 5 % of loss, which a radio link may have, passes for none once in a hundred trials.
    private const int TrialPackets = 200;

    // So many losses under the tested window contradict the verdict; fewer are bursts of the sender's own.
    private const int ContradictingLosses = 4;

    // How much of what was sent under the tested window is remembered.
    private const int RememberedPackets = 400;

    private double _testedWindow;
    private double _acked;
    private double _lost;

    /// <summary>Whether the window must not grow, because an experiment is under way.</summary>
    public bool IsOnTrial { readonly get; private set; }

    /// <summary>Whether a single loss is congestion on this path.</summary>
    public bool IsOwn { readonly get; private set; }

    /// <summary>The window that was reduced for the experiment, bytes.</summary>
    public double WindowBefore { readonly get; private set; }

    /// <summary>Whether the law was in slow start then.</summary>
    public bool WasSearching { readonly get; private set; }

    /// <summary>The window, bytes, under which the verdict says that nothing is lost.</summary>
    public readonly double TestedWindow => _testedWindow;

    /// <summary>The window was reduced from <paramref name="before"/> to <paramref name="tested"/> bytes because too much was lost.</summary>
    public void Begin(double before, double tested, bool wasSearching)
    {
        // A second experiment before the first has ended: the window before the first one is the one to go back to.
        if (!IsOnTrial)
            (WindowBefore, WasSearching) = (before, wasSearching);
        (IsOnTrial, IsOwn, _testedWindow) = (true, false, tested);
        _acked = _lost = 0;
    }

    /// <summary>A queue stood, and showed as a delay: it is not the losses that tell of congestion on this path.</summary>
    public void OnQueueSeen() => IsOwn = IsOnTrial = false;

    /// <summary>Bytes that left under a window of <paramref name="window"/> bytes arrived, or were lost. Returns what follows, once.</summary>
    public LossFinding OnFate(long ackedBytes, long lostBytes, double window, int packetBytes)
    {
        if (IsOnTrial)
        {
            _acked += ackedBytes;
            _lost += lostBytes;
            return JudgeTrial(packetBytes);
        }

        if (!IsOwn || window > _testedWindow)
            return LossFinding.None;
        _acked += ackedBytes;
        _lost += lostBytes;
        return JudgeVerdict(packetBytes);
    }

    private LossFinding JudgeTrial(int packetBytes)
    {
        var all = _acked + _lost;
        var enough = (double)TrialPackets * packetBytes;

        // Early only for what cannot change any more: the losses have not gone away, and are not too many either.
        if (all < enough && (_lost < GoneShare * enough || _lost > LossShare.LongShare * all))
            return LossFinding.None;
        IsOnTrial = false;
        IsOwn = _lost < GoneShare * all;
        var share = _lost / all;
        _acked = _lost = 0;
        if (IsOwn)
            return LossFinding.Own;
        return share <= LossShare.LongShare ? LossFinding.Random : LossFinding.TooMuch;
    }

    /// <summary>Bytes that had been counted as lost arrived after all.</summary>
    public void OnNotLost(long bytes) => _lost = Math.Max(0, _lost - bytes);

    /// <summary>The losses that led to the experiment were none.</summary>
    public void Cancel() => IsOnTrial = false;

    private LossFinding JudgeVerdict(int packetBytes)
    {
        var all = _acked + _lost;
        if (_lost >= (double)ContradictingLosses * packetBytes && _lost >= GoneShare * all)
        {
            IsOwn = false;
            return LossFinding.Overturned;
        }

        if (all > 2.0 * RememberedPackets * packetBytes)
        {
            _acked /= 2;
            _lost /= 2;
        }

        return LossFinding.None;
    }
}
