using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Utp.OpenTelemetry.Tests;

/// <summary>What docs/observing.md shows.</summary>
public sealed class GuideTests
{
    [Fact]
    public async Task The_meter_is_registered_with_the_hosts_metrics()
    {
        var builder = WebApplication.CreateSlimBuilder();
        #region metrics
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddUtpInstrumentation().AddPrometheusExporter());
        #endregion
        await using var app = builder.Build();

        Assert.NotNull(app.Services.GetService<MeterProvider>());
        Assert.True(Actors.UtpMeter.IsListened);
    }
}
