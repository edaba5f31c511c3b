using System.Globalization;
using System.Text.Json;

namespace Utp.Plot;

/// <summary>What a record of a connection (qlog, <c>docs/observing.md</c> lists its events) tells over time.</summary>
internal sealed class TraceSeries
{
    private const char RecordMark = '\u001e';

    private double _minPathRtt = double.MaxValue;

    /// <summary>The connection's name.</summary>
    public string Title { get; private set; } = "";

    /// <summary>Congestion window, bytes.</summary>
    public List<(double Seconds, double Value)> Window { get; } = [];

    /// <summary>Bytes in flight.</summary>
    public List<(double Seconds, double Value)> Flight { get; } = [];

    /// <summary>Round trip of single samples, µs.</summary>
    public List<(double Seconds, double Value)> Rtt { get; } = [];

    /// <summary>Smoothed round trip, µs.</summary>
    public List<(double Seconds, double Value)> SmoothedRtt { get; } = [];

    /// <summary>What the round trip took above the smallest so far, without what the peer held back, µs.</summary>
    public List<(double Seconds, double Value)> Queue { get; } = [];

    /// <summary>When a packet was found lost.</summary>
    public List<double> Losses { get; } = [];

    /// <summary>When a retransmission timer expired.</summary>
    public List<double> Timeouts { get; } = [];

    /// <summary>Packets sent, those sent again among them.</summary>
    public long Sent { get; private set; }

    /// <summary>Events that the record lacks, because they came faster than they could be written.</summary>
    public long Dropped { get; private set; }

    /// <summary>The time of the last event.</summary>
    public double EndSeconds { get; private set; }

    /// <summary>Reads the files of one record, in their order.</summary>
    /// <exception cref="PlotException">A file cannot be read, or is no record.</exception>
    public static TraceSeries Read(IEnumerable<string> files, CancellationToken interrupt)
    {
        var series = new TraceSeries();
        foreach (var file in files)
        {
            try
            {
                series.ReadFile(file, interrupt);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new PlotException($"'{file}' cannot be read: {e.Message}", e);
            }
        }

        if (series.Window.Count == 0 && series.Rtt.Count == 0)
            throw new PlotException("The record has no window and no round trip: let the connection move data while it is recorded.");
        return series;
    }

    private void ReadFile(string file, CancellationToken interrupt)
    {
        using var reader = new StreamReader(file);
        string? line;
        for (var number = 1; (line = reader.ReadLine()) is not null; number++)
        {
            interrupt.ThrowIfCancellationRequested();
            try
            {
                using var record = JsonDocument.Parse(line.TrimStart(RecordMark));
                if (number == 1)
                    ReadHeader(file, record.RootElement);
                else
                    ReadEvent(record.RootElement);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                // A program that was killed leaves half of its last event.
                if (number > 1 && reader.EndOfStream)
                    return;
                throw new PlotException(
                    number == 1
                        ? $"'{file}' is no record of a connection: name a .sqlog file that utp.trace or StartTrace has written."
                        : string.Create(CultureInfo.InvariantCulture, $"'{file}' is damaged in line {number}: {e.Message}"),
                    e);
            }
        }
    }

    private void ReadHeader(string file, JsonElement header)
    {
        if (!header.GetProperty("trace").GetProperty("event_schemas").EnumerateArray().Any(static schema => schema.GetString()!.StartsWith("urn:utp-for-akka:", StringComparison.Ordinal)))
            throw new PlotException($"'{file}' is a qlog of something else: name a .sqlog file that utp.trace or StartTrace has written.");
        Title = header.GetProperty("title").GetString() ?? "";
    }

    private void ReadEvent(JsonElement record)
    {
        var seconds = record.GetProperty("time").GetDouble() / 1e3;
        var data = record.GetProperty("data");
        EndSeconds = Math.Max(EndSeconds, seconds);
        switch (record.GetProperty("name").GetString())
        {
            case "utp:window_updated":
                Window.Add((seconds, data.GetProperty("congestion_window").GetDouble()));
                Flight.Add((seconds, data.GetProperty("bytes_in_flight").GetDouble()));
                break;
            case "utp:rtt_updated":
                var path = data.GetProperty("path_rtt").GetDouble();
                _minPathRtt = Math.Min(_minPathRtt, path);
                Rtt.Add((seconds, data.GetProperty("latest_rtt").GetDouble()));
                SmoothedRtt.Add((seconds, data.GetProperty("smoothed_rtt").GetDouble()));
                Queue.Add((seconds, path - _minPathRtt));
                break;
            case "utp:packet_sent":
                Sent++;
                break;
            case "utp:packet_lost":
                Losses.Add(seconds);
                break;
            case "utp:timer_expired" when data.GetProperty("timer").GetString() == "retransmission":
                Timeouts.Add(seconds);
                break;
            case "utp:events_dropped":
                Dropped += data.GetProperty("count").GetInt64();
                break;
        }
    }
}
