namespace Utp.Protocol;

/// <summary>What a law was before it reduced its window.</summary>
/// <param name="Window">Its window, bytes.</param>
/// <param name="SlowStartThreshold">Its slow-start threshold, bytes.</param>
/// <param name="Phase">What else it was in.</param>
internal readonly record struct BeforeSetback<TPhase>(double Window, double SlowStartThreshold, TPhase Phase)
    where TPhase : struct;

/// <summary>
/// What every law does alike about reductions: a time-out that follows another without an acknowledgement between them does not count again (RFC 5681 §3.1), what a time-out or a loss did can be
/// undone when there was none (RFC 5682, RFC 3708), and after idling the search begins near what the path carried (RFC 5681 §4.1, RFC 2861 §3.2). A value inside the law.
/// </summary>
internal struct Setbacks<TPhase>()
    where TPhase : struct
{
    private BeforeSetback<TPhase>? _timeout;
    private BeforeSetback<TPhase>? _loss;
    private bool _acknowledgedSinceTimeout = true;

    /// <summary>Whether the last reduction for a loss can be undone.</summary>
    public readonly bool CanUndoLoss => _loss is not null;

    /// <summary>The slow-start threshold after idling: what the path carried is found again in a few round trips.</summary>
    public static double ThresholdAfterIdle(double window, double slowStartThreshold, bool inSlowStart) =>
        Math.Max(inSlowStart ? slowStartThreshold : 0, window * 3 / 4);

    /// <summary>So many bytes were acknowledged.</summary>
    public void OnAcked(long bytes) => _acknowledgedSinceTimeout |= bytes > 0;

    /// <summary>The timer expired. Returns whether the threshold is to be set: it is of the window that failed, not of one that an earlier time-out left.</summary>
    public bool OnTimeout(in BeforeSetback<TPhase> before)
    {
        var isFirst = _acknowledgedSinceTimeout;
        if (isFirst)
            _timeout = before;
        _acknowledgedSinceTimeout = false;
        _loss = null;
        return isFirst;
    }

    /// <summary>Something is lost: that cannot prove an earlier time-out spurious.</summary>
    public void OnLoss() => _timeout = null;

    /// <summary>The window is reduced for what is lost.</summary>
    public void OnReduced(in BeforeSetback<TPhase> before) => _loss = before;

    /// <summary>The last reduction for a loss stands, whatever became of the packets.</summary>
    public void KeepReduction() => _loss = null;

    /// <summary>The time-out was none.</summary>
    public bool TryUndoTimeout(out BeforeSetback<TPhase> before) => TryTake(ref _timeout, out before);

    /// <summary>The losses were none.</summary>
    public bool TryUndoLoss(out BeforeSetback<TPhase> before) => TryTake(ref _loss, out before);

    private static bool TryTake(ref BeforeSetback<TPhase>? place, out BeforeSetback<TPhase> before)
    {
        before = place ?? default;
        var isThere = place is not null;
        place = null;
        return isThere;
    }
}
