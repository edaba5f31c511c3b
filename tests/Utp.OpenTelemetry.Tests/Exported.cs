using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Utp.OpenTelemetry.Tests;

/// <summary>What OpenTelemetry's SDK exports of the meter.</summary>
internal sealed class Exported : IDisposable
{
    private readonly Exporter _exporter = new();
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    public Exported()
    {
        _reader = new BaseExportingMetricReader(_exporter);
        _provider = Sdk.CreateMeterProviderBuilder().AddUtpInstrumentation().AddReader(_reader).Build();
    }

    /// <summary>Name, unit and kind of each instrument of the last collection.</summary>
    public IReadOnlyList<string> Metrics => _exporter.Metrics;

    /// <summary>Each stream of the last collection: the instrument, and its tags.</summary>
    public IReadOnlyList<string> Streams => _exporter.Streams;

    public void Collect() => Assert.True(_reader.Collect(60_000));

    public void Dispose()
    {
        _provider.Dispose();
        _exporter.Dispose();
    }

    private sealed class Exporter : BaseExporter<Metric>
    {
        public List<string> Metrics { get; } = [];

        public List<string> Streams { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            Metrics.Clear();
            Streams.Clear();
            foreach (var metric in batch)
            {
                Metrics.Add($"{metric.Name} {metric.Unit} {metric.MetricType}");
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    var tags = new List<string>();
                    foreach (var tag in point.Tags)
                        tags.Add($"{tag.Key}={tag.Value}");
                    Streams.Add($"{metric.Name}{{{string.Join(',', tags)}}}");
                }
            }

            Metrics.Sort(StringComparer.Ordinal);
            Streams.Sort(StringComparer.Ordinal);
            return ExportResult.Success;
        }
    }
}
