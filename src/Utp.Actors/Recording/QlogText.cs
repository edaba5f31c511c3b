using System.Buffers.Text;
using System.Text.Json;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// Events as qlog, JSON text sequences (RFC 7464; draft-ietf-quic-qlog-main-schema), in an event namespace of our own, <c>utp</c>, which <c>docs/observing.md</c> describes.
/// Times are milliseconds since the record began. Written by the writer's thread.
/// </summary>
internal static class QlogText
{
    /// <summary>The identifier of the events' schema.</summary>
    public const string Schema = "urn:utp-for-akka:qlog:events:utp-1";

    /// <summary>An event's text is never longer.</summary>
    public const int LargestBytes = 512;

    private static readonly byte[][] Types = Names<PacketType>();
    private static readonly byte[][] Verdicts = Names<ReceiveVerdict>();
    private static readonly byte[][] Causes = Names<LossCause>();
    private static readonly byte[][] Timers = Names<TimerKind>();
    private static readonly byte[][] States = Names<ConnectionState>();

    /// <summary>What every file begins with.</summary>
    public static byte[] Header(string name, bool isInitiator, DateTimeOffset began)
    {
        using var text = new MemoryStream();
        text.WriteByte(0x1E);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("file_schema", "urn:ietf:params:qlog:file:sequential");
            json.WriteString("serialization_format", "application/qlog+json-seq");
            json.WriteString("title", name);
            json.WriteStartObject("trace");
            json.WriteStartObject("common_fields");
            json.WriteString("group_id", name);
            json.WriteString("time_format", "relative_to_epoch");
            json.WriteStartObject("reference_time");
            json.WriteString("clock_type", "monotonic");
            json.WriteString("epoch", "unknown");
            json.WriteString("wall_clock_time", began.ToString("yyyy-MM-dd'T'HH:mm:ss.fffK", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("event_schemas");
            json.WriteStringValue(Schema);
            json.WriteEndArray();
            json.WriteStartObject("vantage_point");
            json.WriteString("type", isInitiator ? "client" : "server");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        text.WriteByte((byte)'\n');
        return text.ToArray();
    }

    /// <summary>Says that so many events are missing here.</summary>
    public static int WriteDropped(Span<byte> to, long micros, long count)
    {
        var text = new Text(to);
        text.Begin("events_dropped"u8, micros);
        text.Put("\"count\":"u8, count);
        return text.End();
    }

    /// <summary>Writes an event; returns its bytes.</summary>
    public static int Write(Span<byte> to, in TraceEvent e, long beganMicros)
    {
        var text = new Text(to);
        // What was read before the record began may be handled in it.
        var micros = Math.Max(0, e.At.Micros - beganMicros);
        switch (e.Kind)
        {
            case TraceEventKind.Sent:
                text.Begin("packet_sent"u8, micros);
                Packet(ref text, e.Sent.Type, e.Sent.SeqNr, e.Sent.AckNr, e.Sent.PayloadBytes);
                text.Put(",\"length\":"u8, e.Sent.Bytes);
                text.Put(",\"wnd_size\":"u8, e.Sent.WndSize);
                text.Put(",\"transmission\":"u8, Math.Min(e.Sent.Transmission, byte.MaxValue));
                break;
            case TraceEventKind.Received:
                text.Begin("packet_received"u8, micros);
                Packet(ref text, e.Received.Type, e.Received.SeqNr, e.Received.AckNr, e.Received.PayloadBytes);
                text.Put(",\"wnd_size\":"u8, e.Received.WndSize);
                text.Put(",\"verdict\":"u8, Verdicts[(int)e.Received.Verdict]);
                break;
            case TraceEventKind.Acked:
                text.Begin("packet_acked"u8, micros);
                text.Put("\"seq_nr\":"u8, e.Acked.SeqNr.Value);
                text.Put(",\"payload_length\":"u8, e.Acked.PayloadBytes);
                text.Put(e.Acked.Selective ? ",\"selective\":true"u8 : ",\"selective\":false"u8);
                break;
            case TraceEventKind.Lost:
                text.Begin("packet_lost"u8, micros);
                text.Put("\"seq_nr\":"u8, e.Lost.SeqNr.Value);
                text.Put(",\"payload_length\":"u8, e.Lost.PayloadBytes);
                text.Put(",\"cause\":"u8, Causes[(int)e.Lost.Cause]);
                break;
            case TraceEventKind.Window:
                text.Begin("window_updated"u8, micros);
                text.Put("\"congestion_window\":"u8, e.Window.CongestionWindowBytes);
                text.Put(",\"bytes_in_flight\":"u8, e.Window.BytesInFlight);
                text.Put(",\"peer_window\":"u8, e.Window.PeerWindowBytes);
                if (e.Window.PacingBytesPerSecond != long.MaxValue)
                    text.Put(",\"pacing_rate\":"u8, e.Window.PacingBytesPerSecond);
                break;
            case TraceEventKind.Rtt:
                text.Begin("rtt_updated"u8, micros);
                text.Put("\"latest_rtt\":"u8, e.Rtt.SampleMicros);
                text.Put(",\"path_rtt\":"u8, e.Rtt.PathMicros);
                text.Put(",\"smoothed_rtt\":"u8, e.Rtt.SmoothedMicros);
                text.Put(",\"rto\":"u8, e.Rtt.RtoMicros);
                break;
            case TraceEventKind.Timer:
                text.Begin("timer_expired"u8, micros);
                text.Put("\"timer\":"u8, Timers[(int)e.Timer.Timer]);
                break;
            default:
                text.Begin("state_changed"u8, micros);
                text.Put("\"old\":"u8, States[(int)e.State.From]);
                text.Put(",\"new\":"u8, States[(int)e.State.To]);
                break;
        }

        return text.End();
    }

    private static void Packet(ref Text text, PacketType type, SeqNr seqNr, SeqNr ackNr, int payloadBytes)
    {
        text.Put("\"type\":"u8, Types[(int)type]);
        text.Put(",\"seq_nr\":"u8, seqNr.Value);
        text.Put(",\"ack_nr\":"u8, ackNr.Value);
        text.Put(",\"payload_length\":"u8, payloadBytes);
    }

    private static byte[][] Names<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(static value => System.Text.Encoding.ASCII.GetBytes($"\"{MeterSources.Word(value)}\""))];

    private ref struct Text(Span<byte> to)
    {
        private readonly Span<byte> _to = to;
        private int _length;

        public void Begin(ReadOnlySpan<byte> name, long micros)
        {
            Put("\u001e{\"time\":"u8);
            Put(micros / 1_000);
            var rest = (int)(micros % 1_000);
            _to[_length++] = (byte)'.';
            _to[_length++] = (byte)('0' + (rest / 100));
            _to[_length++] = (byte)('0' + (rest / 10 % 10));
            _to[_length++] = (byte)('0' + (rest % 10));
            Put(",\"name\":\"utp:"u8);
            Put(name);
            Put("\",\"data\":{"u8);
        }

        public int End()
        {
            Put("}}\n"u8);
            return _length;
        }

        public void Put(ReadOnlySpan<byte> text)
        {
            text.CopyTo(_to[_length..]);
            _length += text.Length;
        }

        public void Put(ReadOnlySpan<byte> key, long value)
        {
            Put(key);
            Put(value);
        }

        public void Put(ReadOnlySpan<byte> key, byte[] value)
        {
            Put(key);
            Put(value.AsSpan());
        }

        private void Put(long value)
        {
            Utf8Formatter.TryFormat(value, _to[_length..], out var written);
            _length += written;
        }
    }
}
