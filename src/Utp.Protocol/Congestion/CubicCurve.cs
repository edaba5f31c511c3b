namespace Utp.Protocol;

/// <summary>
/// How <see cref="Cubic"/>'s window grows in congestion avoidance (RFC 9438 §4.1–§4.5): by the time since the last reduction, flat
/// around the window that was lost, and never slower than Reno would. Windows are bytes. A value; owned by the law.
/// </summary>
internal struct CubicCurve
{
    /// <summary>β_cubic: what is left of the window after a loss (RFC 9438 §4.6).</summary>
    public const double Beta = 0.7;

    // RFC 9438 §4.5, §4.1: packets per s³.
    private const double C = 0.4;

    // RFC 9438 §4.3: makes the additive increase as aggressive as Reno's, which loses half where this loses 30 %.
    private const double Alpha = 3 * (1 - Beta) / (1 + Beta);
    private const double MaxStep = 1.5;
    private const double MicrosPerSecond = 1_000_000;

    private Instant? _stageStart;
    private Instant? _pausedSince;
    private double _prior;
    private double _estimate;
    private double _packet;

    /// <summary>W_max: where the curve is flat; 0: nothing was ever lost, or all is forgotten.</summary>
    public double Plateau { get; private set; }

    /// <summary>K: s from the start of the stage to <see cref="Plateau"/>.</summary>
    public double SecondsToPlateau { get; private set; }

    /// <summary>The cube root by Newton's method: + × ÷ only, so that every machine finds the same one. 0 for what is not positive.</summary>
    public static double CubeRoot(double value)
    {
        if (!(value > 0))
            return 0;

        // From within a factor of two seven steps are more than a double can tell.
        const int Steps = 7;
        double root = 1;
        while (root * root * root < value)
            root *= 2;
        while (root * root * root > 8 * value)
            root /= 2;
        for (var i = 0; i < Steps; i++)
            root = ((2 * root) + (value / (root * root))) / 3;
        return root;
    }

    /// <summary>The window <paramref name="window"/> lost a packet.</summary>
    public void OnLoss(double window)
    {
        // RFC 9438 §4.7, fast convergence: a plateau that fell means that someone else came; leave more than the loss takes.
        Plateau = window < Plateau ? window * (1 + Beta) / 2 : window;
        _prior = window;
        EndStage();
    }

    /// <summary>A time-out: what was known of the path no longer holds (RFC 9438 §4.8).</summary>
    public void Forget()
    {
        Plateau = 0;
        EndStage();
    }

    /// <summary>The window starts again from elsewhere; the plateau still stands.</summary>
    public void EndStage()
    {
        _stageStart = null;
        _pausedSince = null;
    }

    /// <summary>From <paramref name="since"/> on the window is not what limits the sender: that time does not count (RFC 9438 §5.8).</summary>
    public void Pause(Instant since) => _pausedSince ??= since;

    /// <summary>The window after <paramref name="acked"/> bytes more were acknowledged; never smaller than it was.</summary>
    public double Grow(double window, double acked, double packet, long rttMicros, Instant now)
    {
        if (_stageStart is null)
            BeginStage(window, packet, now);
        else if (_pausedSince is { } since)
            _stageStart = _stageStart.Value.Plus(now.Since(since));
        _pausedSince = null;
        if (packet != _packet)
            Rescale(packet);

        // RFC 9438 §4.3: what Reno would have by now; once it is where it was, it grows as Reno itself.
        var alpha = _estimate >= _prior ? 1 : Alpha;
        _estimate += ShortPath.Step(alpha, window / packet, rttMicros) * packet * acked / window;

        var elapsed = now.Since(_stageStart!.Value) / MicrosPerSecond;
        if (At(elapsed) < _estimate)
            return Math.Max(window, _estimate);

        // RFC 9438 §4.2, §4.4, §4.5: toward where the curve will be in one round trip.
        var target = Math.Clamp(At(elapsed + (rttMicros / MicrosPerSecond)), window, MaxStep * window);
        return window + ((target - window) * acked / window);
    }

    // W_cubic(t), RFC 9438 §4.2.
    private readonly double At(double seconds)
    {
        var fromPlateau = seconds - SecondsToPlateau;
        return (C * fromPlateau * fromPlateau * fromPlateau * _packet) + Plateau;
    }

    private void BeginStage(double window, double packet, Instant now)
    {
        // RFC 9438 §4.10: without a loss, or beyond the old plateau, the curve starts where it is flat.
        if (window >= Plateau)
            Plateau = _prior = window;
        _packet = packet;
        _estimate = window;
        _stageStart = now;
        SecondsToPlateau = CubeRoot((Plateau - window) / (C * packet));
    }

    // A larger packet makes the curve steeper; it goes on from the place where it is.
    private void Rescale(double packet)
    {
        SecondsToPlateau *= CubeRoot(_packet / packet);
        _packet = packet;
    }
}
