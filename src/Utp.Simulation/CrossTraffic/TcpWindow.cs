using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>Which law a TCP obeys.</summary>
public enum TcpLaw
{
    /// <summary>RFC 5681.</summary>
    Reno,

    /// <summary>RFC 9438.</summary>
    Cubic,
}

/// <summary>The window of a modelled TCP, in segments. + − × ÷ only, so that runs match on every machine.</summary>
internal abstract class TcpWindow
{
    private const double Initial = 10;

    /// <summary>Segments that may be in flight.</summary>
    public double Segments { get; protected set; } = Initial;

    protected double SlowStartThreshold { get; set; } = double.MaxValue;

    public static TcpWindow Create(TcpLaw law) => law == TcpLaw.Cubic ? new CubicWindow() : new RenoWindow();

    /// <summary>So many segments were acknowledged, and none is being recovered.</summary>
    public void OnAck(int segments, long smoothedRttMicros, Instant now)
    {
        if (Segments < SlowStartThreshold)
            Segments = Math.Min(Segments + segments, SlowStartThreshold);
        else
            Avoid(segments, smoothedRttMicros, now);
    }

    /// <summary>Segments were lost, for the first time in this round trip.</summary>
    public abstract void OnLoss();

    /// <summary>The retransmission timer expired.</summary>
    public void OnTimeout()
    {
        OnLoss();
        Segments = 1;
    }

    /// <summary>Congestion avoidance.</summary>
    protected abstract void Avoid(int segments, long smoothedRttMicros, Instant now);

    /// <summary>RFC 5681: half on loss, one segment more in each round trip.</summary>
    private sealed class RenoWindow : TcpWindow
    {
        public override void OnLoss() => Segments = SlowStartThreshold = Math.Max(Segments / 2, 2);

        protected override void Avoid(int segments, long smoothedRttMicros, Instant now) => Segments += segments / Segments;
    }

    /// <summary>RFC 9438: a cubic function of the time since the last loss, but never slower than Reno.</summary>
    private sealed class CubicWindow : TcpWindow
    {
        private const double C = 0.4;
        private const double Beta = 0.7;
        private const double RenoAlpha = 3 * (1 - Beta) / (1 + Beta);
        private double _max;
        private double _prior;
        private double _k;
        private double _reno;
        private Instant? _epoch;

        public override void OnLoss()
        {
            // RFC 9438 §4.7, fast convergence: below the last maximum another flow takes its part.
            _max = Segments < _max ? Segments * (1 + Beta) / 2 : Segments;
            _prior = Segments;
            Segments = SlowStartThreshold = Math.Max(Segments * Beta, 2);
            _epoch = null;
        }

        protected override void Avoid(int segments, long smoothedRttMicros, Instant now)
        {
            if (_epoch is null)
            {
                _epoch = now;
                _max = Math.Max(_max, Segments);
                _k = CubeRoot((_max - Segments) / C);
                _reno = Segments;
            }

            var time = now.Since(_epoch.Value) / 1e6;
            _reno += (_reno < _prior ? RenoAlpha : 1) * segments / Segments;
            if (At(time) < _reno)
            {
                Segments = Math.Max(Segments, _reno);
                return;
            }

            var target = Math.Clamp(At(time + (smoothedRttMicros / 1e6)), Segments, 1.5 * Segments);
            Segments += (target - Segments) / Segments * segments;
        }

        private double At(double seconds) => (C * (seconds - _k) * (seconds - _k) * (seconds - _k)) + _max;

        // Newton's method: Math.Cbrt is not the same on every machine.
        private static double CubeRoot(double value)
        {
            if (value <= 0)
                return 0;
            var root = Math.Max(1, value);
            for (var i = 0; i < 60; i++)
                root = ((2 * root) + (value / (root * root))) / 3;
            return root;
        }
    }
}
