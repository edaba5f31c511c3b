using System.Diagnostics.Metrics;
using Utp.Actors;

namespace Utp.Cli;

/// <summary>Listens to every instrument of the meter and collects once a second, as an exporter does, so that what that costs can be measured.</summary>
internal sealed class MeterCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Timer _timer;
    private double _heard;

    public MeterCollector()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == UtpInstrumentation.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => _heard += value);
        _listener.SetMeasurementEventCallback<double>((_, value, _, _) => _heard += value);
        _listener.Start();
        _timer = new Timer(_ => _listener.RecordObservableInstruments(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public void Dispose()
    {
        _timer.Dispose();
        _listener.Dispose();
    }
}
