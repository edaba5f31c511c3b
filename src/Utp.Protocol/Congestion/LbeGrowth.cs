namespace Utp.Protocol;

/// <summary>
/// By how many packets per round trip <see cref="Lbe"/>'s window grows: half a packet around the window that the last reduction left, for
/// that is what the path was seen to hold; twice as many with every round far below it, and when the path stays empty far above it.
/// A flow that was pushed aside is patient first. The steps do not depend on the flow's own window, so that flows become
/// equal. A value; owned by the law.
/// </summary>
internal struct LbeGrowth
{
    private const double GentleStep = 0.5;
    private const double PatientStep = 0.25;

    // About as many round trips as a TCP needs from one loss to the next on a short queue.
    private const int PatientRounds = 32;

    // The path is taken for unchanged between these parts of what it held.
    private const double NearBelow = 0.8;
    private const double NearAbove = 1.1;
    private const int RoundsPerDoublingNear = 6;
    private const int RoundsBeforeDoublingAbove = 8;

    // In one round trip, of the window: near what the path held, and elsewhere.
    private const double MaxShareNear = 1.0 / 64;
    private const double MaxShare = 1.0 / 8;

    private double _held;
    private double _smallest = GentleStep;
    private double _patient = PatientStep;
    private int _clearRounds;
    private int _roundsNear;
    private int _patience;

    /// <summary>Nothing was ever reduced.</summary>
    public LbeGrowth()
    {
    }

    /// <summary>Packets per round trip.</summary>
    public double Step { readonly get; private set; }

    /// <summary>The window was reduced to <paramref name="window"/> bytes.</summary>
    public void OnReduced(double window, int packetBytes, long smoothedRttMicros)
    {
        _held = window;
        _clearRounds = 0;
        _roundsNear = 0;
        _smallest = ShortPath.Step(GentleStep, window / packetBytes, smoothedRttMicros);
        _patient = ShortPath.Step(PatientStep, window / packetBytes, smoothedRttMicros);
        Step = _patience > 0 ? _patient : _smallest;
    }

    /// <summary>The queue stands although this flow's share of it is gone: someone else needs the path.</summary>
    public void OnPushedAside() => _patience = PatientRounds;

    /// <summary>What pushed the flow aside is gone.</summary>
    public void Forget() => _patience = 0;

    /// <summary>A round has passed without congestion; <paramref name="isClear"/>: with at most half of the target's queue.</summary>
    public void OnRound(bool isClear, double window, int packetBytes)
    {
        if (_patience > 0)
        {
            _patience--;
            Step = _patient;
            return;
        }

        var isNear = window > NearBelow * _held && window < NearAbove * _held;
        _roundsNear = isClear ? _roundsNear + 1 : 0;
        _clearRounds = isClear && !isNear ? _clearRounds + 1 : 0;
        if (isNear)
            GrowBy(_roundsNear % RoundsPerDoublingNear == 0 ? 2 : 1, _smallest, MaxShareNear * _held / packetBytes);
        else if (_clearRounds > (window < _held ? 0 : RoundsBeforeDoublingAbove))
            GrowBy(2, 1, MaxShare * window / packetBytes);
    }

    private void GrowBy(double factor, double atLeast, double atMost) =>
        Step = Math.Clamp(Step * factor, _smallest, Math.Max(atLeast, atMost));
}
