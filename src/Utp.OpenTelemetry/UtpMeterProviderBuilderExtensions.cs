using Utp.Actors;

namespace OpenTelemetry.Metrics;

/// <summary>Metrics of uTP for OpenTelemetry.</summary>
public static class UtpMeterProviderBuilderExtensions
{
    /// <summary>
    /// Listens to the meter <c>Utp</c>: what <c>docs/observing.md</c> lists. While somebody does, each connection that moves is sampled once a second; nothing is done per packet.
    /// </summary>
    public static MeterProviderBuilder AddUtpInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(UtpInstrumentation.MeterName);
    }
}
