using System.Diagnostics.Metrics;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// The meter of the process: every instrument, with what feeds it. Counters and gauges are read from all <see cref="UtpCounts"/> when somebody collects; histograms are fed by
/// samples. Names, units and tags are OpenTelemetry's way; no tag names a connection, an address or a port, so there are as many streams as this file has rows
/// (design note 0040). Any thread. What a collection calls is in <see cref="MeterSources"/>: a collector holds the runtime's lock of all instruments while it calls, and the
/// first use of this class needs that lock.
/// </summary>
internal static class UtpMeter
{
    private static readonly Meter Meter = new(UtpInstrumentation.MeterName, typeof(UtpMeter).Assembly.GetName().Version?.ToString(3));

    private static readonly Histogram<double> Duration = Histogram(
        "utp.connection.duration", "s", "How long connections were open, when they end.", [0.01, 0.1, 1, 10, 60, 600, 3_600, 36_000]);

    private static readonly Histogram<double> Rtt = Histogram(
        "utp.connection.rtt", "s", "Smoothed round trip, at each sample of a connection.", [0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]);

    private static readonly Histogram<double> QueueingDelay = Histogram(
        "utp.connection.queueing_delay", "s", "What the last round trip took above the smallest, at each sample of a connection.", [0.000_1, 0.000_5, 0.001, 0.003, 0.01, 0.025, 0.06, 0.1, 0.25, 1]);

    private static readonly Histogram<double> Window = Histogram(
        "utp.connection.window", "By", "Congestion window, at each sample of a connection.", [4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]);

    private static readonly Histogram<double> Loss = Histogram(
        "utp.connection.loss", "1", "Packets found lost, of those sent, since the sample of a connection before; where any were sent.", [0, 0.000_1, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]);

    // Whoever listens to one of them wants connections that live to be sampled.
    private static readonly Instrument[] Sampled =
    [
        Rtt, QueueingDelay, Window, Loss,
        Counter("utp.io", "By", "Payload, each byte counted once.",
            (Figure.BytesSent, "network.io.direction", "transmit"), (Figure.BytesReceived, "network.io.direction", "receive")),
        Counter("utp.packet.count", "{packet}", "Datagrams of connections, of any type.",
            (Figure.PacketsSent, "network.io.direction", "transmit"), (Figure.PacketsReceived, "network.io.direction", "receive")),
        Counter("utp.packet.lost", "{packet}", "Packets found lost, by what showed it.",
            (Figure.LostByRack, "utp.loss.cause", "rack"), (Figure.LostByDuplicateAcks, "utp.loss.cause", "duplicate_acks"), (Figure.LostBySelectiveAck, "utp.loss.cause", "selective_ack"),
            (Figure.LostByTimeout, "utp.loss.cause", "timeout"), (Figure.LostTooLarge, "utp.loss.cause", "too_large")),
        Counter("utp.packet.retransmitted", "{packet}", "Packets sent again: found lost, or to ask what became of the last ones.",
            (Figure.Repairs, "utp.retransmission.cause", "loss"), (Figure.TailProbes, "utp.retransmission.cause", "tail_probe")),
        Counter("utp.packet.needless", "{packet}", "Packets sent again that had arrived.", (Figure.NeedlessRetransmissions, "", "")),
        Counter("utp.packet.duplicate", "{packet}", "Packets that arrived more than once.", (Figure.Duplicates, "", "")),
        Counter("utp.packet.dropped", "{packet}", "Packets of connections that were not believed or not allowed.", (Figure.Dropped, "", "")),
        Counter("utp.timeout.count", "{timeout}", "Retransmission time-outs.", (Figure.Timeouts, "", "")),
        Counter("utp.timeout.spurious", "{timeout}", "Those of them that turned out to be needless.", (Figure.SpuriousTimeouts, "", "")),
    ];

    // Read from their owners, or counted when it happens: nobody must be sampled for them.
    private static readonly Instrument[] Read =
    [
        Duration,
        Counter("utp.connection.opened", "{connection}", "Connections that opened.",
            (Figure.Initiated, "utp.connection.role", "initiator"), (Figure.Accepted, "utp.connection.role", "acceptor")),
        Counter("utp.connection.closed", "{connection}", "Connections that ended, by what ended them; those that never opened, too.",
            [.. Enum.GetValues<CloseCause>().Where(static cause => cause != CloseCause.None).Select(static cause => (Figure.Ended + (int)cause, "utp.close.cause", MeterSources.Word(cause)))]),
        Counter("utp.stranger.count", "{datagram}", "Datagrams of no connection, by what they were.",
            (Figure.Malformed, "utp.stranger.kind", "malformed"), (Figure.NotUtp, "utp.stranger.kind", "not_utp"), (Figure.UnknownConnection, "utp.stranger.kind", "unknown_connection"),
            (Figure.SynRefused, "utp.stranger.kind", "syn_refused"), (Figure.SynStateless, "utp.stranger.kind", "syn_stateless")),
        Counter("utp.reset.count", "{packet}", "ST_RESETs that strangers were answered with, or would have been, but for a limit.",
            (Figure.ResetsSent, "utp.reset.outcome", "sent"), (Figure.ResetsSuppressed, "utp.reset.outcome", "suppressed")),
        Counter("utp.socket.drops", "{datagram}", "Datagrams that the kernel dropped because a socket's receive buffer was full.", (Figure.ReceiveDrops, "", "")),
        Counter("utp.socket.truncated", "{datagram}", "Datagrams that were longer than the space for them.", (Figure.Truncated, "", "")),
        Counter("utp.batch.count", "{batch}", "Messages to connections, each with the packets that one read brought.", (Figure.Batches, "", "")),
        Gauge("utp.connection.count", "{connection}", "Connections that are there, by where they stand.", MeterSources.States),
        Gauge("utp.port.count", "{port}", "Open ports.", MeterSources.Ports),
        Gauge("utp.memory.usage", "By", "Memory with a limit that is in use.", () => MeterSources.Memory(static memory => memory.UsedBytes)),
        Gauge("utp.memory.limit", "By", "The limit of that memory.", () => MeterSources.Memory(static memory => memory.LimitBytes)),
    ];

    /// <summary>Whether somebody listens to what samples feed.</summary>
    public static bool IsListened
    {
        get
        {
            foreach (var instrument in Sampled)
            {
                if (instrument.Enabled)
                    return true;
            }

            return false;
        }
    }

    /// <summary>All instruments, for the test of their page.</summary>
    public static IEnumerable<Instrument> Instruments => [.. Sampled, .. Read];

    /// <summary>Makes the instruments known to whoever listens, before there is anything to count.</summary>
    public static void Publish() => _ = IsListened;

    /// <summary>A connection is sampled.</summary>
    public static void OnSample(in ConnectionStats stats, long sentSince, long lostSince)
    {
        if (stats.SmoothedRttMicros > 0)
        {
            Rtt.Record(stats.SmoothedRttMicros / 1e6);
            QueueingDelay.Record(stats.QueueingDelayMicros / 1e6);
        }

        Window.Record(stats.CongestionWindowBytes);
        if (sentSince > 0)
            Loss.Record(Math.Min(1, (double)lostSince / sentSince));
    }

    /// <summary>A connection that was open ended.</summary>
    public static void OnEnded(CloseCause cause, long openMicros)
    {
        if (Duration.Enabled)
            Duration.Record(openMicros / 1e6, new KeyValuePair<string, object?>("utp.close.cause", MeterSources.Word(cause)));
    }

    private static Histogram<double> Histogram(string name, string unit, string description, double[] buckets) =>
        Meter.CreateHistogram(name, unit, description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    private static ObservableCounter<long> Counter(string name, string unit, string description, params (Figure Figure, string Tag, string Value)[] rows) =>
        Meter.CreateObservableCounter(
            name,
            () =>
            {
                var figures = MeterSources.Sum();
                return rows.Select(row => MeterSources.Of(figures[row.Figure], row.Tag, row.Value));
            },
            unit,
            description);

    private static ObservableUpDownCounter<long> Gauge(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> read) =>
        Meter.CreateObservableUpDownCounter(name, read, unit, description);
}
