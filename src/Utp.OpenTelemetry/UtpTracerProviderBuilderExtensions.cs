using Utp.Actors;

namespace OpenTelemetry.Trace;

/// <summary>Traces of uTP for OpenTelemetry.</summary>
public static class UtpTracerProviderBuilderExtensions
{
    /// <summary>Listens to the activity source <c>Utp</c>: connections as they are opened, accepted and closed. Nothing is traced per packet.</summary>
    public static TracerProviderBuilder AddUtpInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(UtpInstrumentation.ActivitySourceName);
    }
}
