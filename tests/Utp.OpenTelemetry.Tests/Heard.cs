using System.Diagnostics.Metrics;
using Utp.Actors;

namespace Utp.OpenTelemetry.Tests;

/// <summary>What a listener of the meter hears: the last value of each stream of a counter, and how often each stream of a histogram was fed.</summary>
internal sealed class Heard : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _streams = [];

    public Heard()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == UtpInstrumentation.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Hear(instrument, null, tags));
        _listener.Start();
    }

    /// <summary>The value of a stream, as <c>utp.io{network.io.direction=transmit}</c>; 0: it was not heard of.</summary>
    public double this[string stream]
    {
        get
        {
            Collect();
            lock (_streams)
                return _streams.GetValueOrDefault(stream);
        }
    }

    /// <summary>All streams that were heard of.</summary>
    public IReadOnlyList<string> Streams
    {
        get
        {
            Collect();
            lock (_streams)
                return [.. _streams.Keys.Order(StringComparer.Ordinal)];
        }
    }

    public void Collect() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Hear(Instrument instrument, long? value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        if (tags.Length > 0)
            name += "{" + string.Join(",", tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}")) + "}";
        lock (_streams)
            _streams[name] = value ?? _streams.GetValueOrDefault(name) + 1;
    }
}
