namespace Utp.Simulation;

/// <summary>What a profile measures. All values are integers in the unit that is named here, so that they compare exactly.</summary>
public enum Metric
{
    /// <summary>IP bytes of new data that reached the receivers in the measured time, as bits per second.</summary>
    Goodput,

    /// <summary>The part of the measured time during which the bottleneck serialised, millionths.</summary>
    Utilisation,

    /// <summary>How long a datagram that came now would wait in the bottleneck's queue, µs: the median over every ms.</summary>
    QueueP50,

    /// <summary>The same: the 95th percentile.</summary>
    QueueP95,

    /// <summary>Packets that uTP sent again in the measured time.</summary>
    Retransmissions,

    /// <summary>Datagrams that the bottleneck dropped because it was overloaded, of those that came, millionths.</summary>
    OwnLoss,

    /// <summary>Congestion window of the first flow, bytes: the mean over every ms.</summary>
    WindowMean,

    /// <summary>Congestion window of the first flow, bytes: at the end.</summary>
    WindowEnd,

    /// <summary>Measured time, µs.</summary>
    Duration,

    /// <summary>Bytes of a sized transfer that did not arrive before the run's limit.</summary>
    Missing,

    /// <summary>Jain's index of the flows' goodputs, millionths.</summary>
    Jain,

    /// <summary>Goodput of the last flow over the mean of the others, millionths.</summary>
    Latecomer,

    /// <summary>TCP's rate over the rate that it has without uTP in the same time, millionths.</summary>
    TcpShare,

    /// <summary>uTP's rate over the link's, in the second that begins 5 s after TCP's end, millionths.</summary>
    AfterTcp,

    /// <summary>The longest time without delivery after the path changed, µs.</summary>
    Stall,

    /// <summary>The median queue over the median queue of the same run with right clocks, millionths.</summary>
    QueueVersusNoDrift,

    /// <summary>uTP's rate over the link's, in the second that begins 30 s after the route's change, millionths.</summary>
    AfterRouteChange,

    /// <summary>The smallest goodput of several seeds over their median, millionths.</summary>
    WorstSeed,

    /// <summary>Packets that uTP sent again, of all data packets that it sent, millionths; only where a bar asks for it.</summary>
    SentAgain,
}
