namespace Utp.Actors;

/// <summary>The names under which uTP can be observed, for listeners that are told them: <c>docs/observing.md</c> lists what they hear.</summary>
public static class UtpInstrumentation
{
    /// <summary>The meter (<see cref="System.Diagnostics.Metrics.Meter"/>).</summary>
    public const string MeterName = "Utp";

    /// <summary>The source of activities (<see cref="System.Diagnostics.ActivitySource"/>).</summary>
    public const string ActivitySourceName = "Utp";
}
