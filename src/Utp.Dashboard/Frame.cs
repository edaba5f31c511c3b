using System.Buffers;
using System.Text.Json;
using Utp.Messages;

namespace Utp.Dashboard;

/// <summary>What one browser is sent at one look, as JSON: what all connections do together, and the rows that it shows, or the one connection. One thread's alone; used again.</summary>
internal sealed class Frame : IDisposable
{
    private const int Levels = 61;

    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly char[] _line = new char[Row.TrailLength];

    public Frame() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>The finished frame, until the next is begun.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    public void Dispose() => _json.Dispose();

    public void Begin(DateTimeOffset at, string? problem, UtpStatistics? all, int live, int ended, Trail sent, Trail received)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteNumber("at", at.ToUnixTimeMilliseconds());
        if (problem is not null)
            _json.WriteString("problem", problem);
        _json.WriteStartObject("all");
        _json.WriteNumber("live", live);
        _json.WriteNumber("ended", ended);
        Number("sent", sent.Last);
        Number("received", received.Last);
        if (all is not null)
        {
            _json.WriteNumber("bytesSent", all.Traffic.BytesSent);
            _json.WriteNumber("bytesReceived", all.Traffic.BytesReceived);
            _json.WriteNumber("opened", all.Traffic.Initiated + all.Traffic.Accepted);
            _json.WriteNumber("lost", all.Traffic.Lost.All);
            _json.WriteNumber("packetsSent", all.Traffic.PacketsSent);
            _json.WriteNumber("drops", all.ReceiveDrops);
            _json.WriteNumber("listeners", all.Listeners);
            Memory("receiveMemory", all.ReceiveMemory);
            Memory("reorderMemory", all.ReorderMemory);
            Memory("unreadMemory", all.UnreadMemory);
        }

        Sparkline("sentLine", sent);
        Sparkline("receivedLine", received);
        _json.WriteEndObject();
    }

    public void WriteRows(IReadOnlyList<Row> found, int first, int count)
    {
        _json.WriteNumber("total", found.Count);
        _json.WriteNumber("first", first);
        _json.WriteStartArray("rows");
        for (var i = first; i < first + count; i++)
        {
            _json.WriteStartObject();
            WriteRow(found[i]);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    public void WriteOne(Row row, CloseUp closeUp)
    {
        var stats = row.Now.Statistics;
        _json.WriteStartObject("one");
        WriteRow(row);
        _json.WriteNumber("bytesSent", stats.BytesSent);
        _json.WriteNumber("bytesDelivered", stats.BytesDelivered);
        _json.WriteNumber("bytesReceived", stats.BytesReceived);
        _json.WriteNumber("packetsSent", stats.PacketsSent);
        _json.WriteNumber("packetsReceived", stats.PacketsReceived);
        _json.WriteNumber("retransmissions", stats.Retransmissions);
        _json.WriteNumber("needless", stats.NeedlessRetransmissions);
        _json.WriteNumber("lost", stats.PacketsLost);
        _json.WriteNumber("timeouts", stats.Timeouts);
        _json.WriteNumber("duplicates", stats.DuplicatesReceived);
        _json.WriteNumber("dropped", stats.PacketsDropped);
        _json.WriteNumber("minRtt", stats.MinRttMicros);
        _json.WriteNumber("rto", stats.RtoMicros);
        _json.WriteNumber("flight", stats.BytesInFlight);
        _json.WriteNumber("peerWindow", stats.PeerWindowBytes);
        _json.WriteNumber("receiveWindow", stats.ReceiveWindowBytes);
        _json.WriteNumber("buffered", stats.BufferedBytes);
        _json.WriteNumber("unread", stats.UnreadBytes);
        _json.WriteNumber("reorder", stats.ReorderBytes);
        _json.WriteString("control", stats.CongestionControl);
        _json.WriteStartObject("series");
        foreach (var (name, trail) in closeUp.Series)
        {
            _json.WriteStartArray(name);
            for (var i = 0; i < trail.Count; i++)
                _json.WriteNumberValue((long)Math.Round(trail[i]));
            _json.WriteEndArray();
        }

        _json.WriteEndObject();
        _json.WriteStartArray("events");
        foreach (var (at, text) in row.History.Events)
        {
            _json.WriteStartObject();
            _json.WriteNumber("at", at.ToUnixTimeMilliseconds());
            _json.WriteString("text", text);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    public void End()
    {
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteRow(Row row)
    {
        var stats = row.Now.Statistics;
        _json.WriteNumber("id", row.Now.Id);
        _json.WriteString("remote", row.Remote);
        _json.WriteString("local", row.Local);
        _json.WriteBoolean("accepted", row.Now.IsAcceptor);
        _json.WriteString("state", row.State);
        _json.WriteNumber("began", row.Now.Began.ToUnixTimeMilliseconds());
        Number("sent", row.Sent);
        Number("received", row.Received);
        _json.WriteNumber("total", stats.BytesSent + stats.BytesReceived);
        _json.WriteNumber("rtt", stats.SmoothedRttMicros);
        _json.WriteNumber("queue", stats.QueueingDelayMicros);
        _json.WriteNumber("window", stats.CongestionWindowBytes);
        _json.WriteNumber("loss", Math.Round(row.Loss, 5));
        if (row.End is { } end)
        {
            _json.WriteNumber("endedAt", end.Ended.ToUnixTimeMilliseconds());
            _json.WriteString("cause", Words.Of(end.Reason.Cause));
            _json.WriteString("message", end.Message);
            if (end.Reason.PeerCode is { } code)
                _json.WriteNumber("code", code);
            return;
        }

        Sparkline("rateLine", row.Rates);
        Sparkline("queueLine", row.Queues);
        Sparkline("windowLine", row.Windows);
    }

    // A line of letters, each a height between 0 and the largest value: what a small chart can show of it.
    private void Sparkline(string name, Trail trail)
    {
        float most = 0;
        for (var i = 0; i < trail.Count; i++)
            most = Math.Max(most, trail[i]);
        for (var i = 0; i < trail.Count; i++)
            _line[i] = (char)('@' + (most > 0 ? (int)MathF.Round(Math.Max(0, trail[i]) / most * (Levels - 1)) : 0));
        _json.WriteString(name, _line.AsSpan(0, trail.Count));
    }

    private void Number(string name, double value) => _json.WriteNumber(name, (long)Math.Round(value));

    private void Memory(string name, MemoryStatistics memory)
    {
        _json.WriteStartArray(name);
        _json.WriteNumberValue(memory.UsedBytes);
        _json.WriteNumberValue(memory.LimitBytes);
        _json.WriteEndArray();
    }
}
