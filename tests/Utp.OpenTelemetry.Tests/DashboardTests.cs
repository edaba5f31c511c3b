using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace Utp.OpenTelemetry.Tests;

/// <summary>The queries of <c>docs/dashboards/grafana.json</c>, asked of a real Prometheus that scrapes a real run.</summary>
public sealed class DashboardTests
{
    [PrometheusFact]
    public async Task Every_query_of_the_dashboard_finds_something_in_a_real_run()
    {
        await using var app = await ScrapedAsync();
        await using var pair = await Pair.StartAsync();
        await using var prometheus = await Prometheus.StartAsync(new Uri(app.Urls.First()));
        var open = await pair.WriteAsync(100_000);

        // Some traffic between any two scrapes, until Prometheus has seen enough for every query.
        var waiting = Queries().ToList();
        Assert.True(waiting.Count >= 20);
        using var limit = new CancellationTokenSource(Pair.Patience);
        while (waiting.Count > 0)
        {
            Assert.False(limit.IsCancellationRequested, $"These queries find nothing: {string.Join('\n', waiting)}");
            await Pair.CloseAsync(await pair.WriteAsync(100_000));
            var found = new List<string>();
            foreach (var query in waiting)
            {
                if (await prometheus.FindsAsync(query.Replace("$__rate_interval", "30s", StringComparison.Ordinal)))
                    found.Add(query);
            }

            waiting = [.. waiting.Except(found)];
        }

        await Pair.CloseAsync(open);
    }

    [Fact]
    public void Every_metric_is_on_the_dashboard_or_not_worth_a_panel()
    {
        // Figures that the panels leave to those who search for a cause.
        string[] others = ["utp.connection.duration", "utp.connection.loss", "utp.packet.duplicate", "utp.packet.dropped", "utp.timeout.spurious", "utp.port.count"];
        var queries = string.Join('\n', Queries());

        Assert.All(Actors.UtpMeter.Instruments.Select(static instrument => instrument.Name).Except(others), name =>
            Assert.Contains(name.Replace('.', '_'), queries, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "dashboards", "grafana.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!)];
    }

    private static async Task<WebApplication> ScrapedAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddUtpInstrumentation().AddPrometheusExporter());
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapPrometheusScrapingEndpoint();
        await app.StartAsync();
        return app;
    }
}
