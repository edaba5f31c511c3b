using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// An end point's own clock: the simulation's time, shifted by an offset and running fast or slow. It is monotonic, as a
/// process's clock is. Integer arithmetic, so that it reads the same on every machine.
/// </summary>
/// <param name="OffsetMicros">What it shows when the simulation starts. Near 2^32 the wire's timestamp soon wraps.</param>
/// <param name="DriftPpm">µs that it gains in a second; negative when it runs slow.</param>
public readonly record struct EndpointClock(long OffsetMicros, int DriftPpm)
{
    private const long Million = 1_000_000;

    /// <summary>What this clock shows at the simulation's <paramref name="time"/>.</summary>
    public Instant ToLocal(Instant time) =>
        time == Instant.Never ? time : new(OffsetMicros + time.Micros + Drift(time.Micros));

    /// <summary>The simulation time at which this clock shows <paramref name="local"/> or more, at most 1 µs after it first does.</summary>
    public Instant FromLocal(Instant local)
    {
        if (local == Instant.Never)
            return local;
        var elapsed = local.Micros - OffsetMicros;
        if (DriftPpm == 0)
            return new(elapsed);
        var time = new Instant((long)((Int128)elapsed * Million / (Million + DriftPpm)));
        while (ToLocal(time) < local)
            time = time.Plus(1);
        return time;
    }

    private long Drift(long micros) => DriftPpm == 0 ? 0 : (long)((Int128)micros * DriftPpm / Million);
}
