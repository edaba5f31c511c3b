namespace Utp.Simulation.Tests.Schedules;

/// <summary>
/// Everything that a random schedule may turn. Each is one number, so that a schedule can be written in one line, read back, and
/// simplified knob by knob. Forth is client to server, Back the opposite. Ratios are parts per million.
/// </summary>
internal enum Knob
{
    /// <summary>Full packets that each side sends at least.</summary>
    Packets,

    /// <summary>Largest UDP payload.</summary>
    DatagramBytes,

    /// <summary><see cref="Protocol.DeliveryMode"/>.</summary>
    Mode,

    /// <summary><see cref="Protocol.PeerCompatibility"/> of both sides.</summary>
    Compatibility,

    /// <summary>Bytes offered on the ST_SYN.</summary>
    SynBytes,
    MinWriteBytes,
    MaxWriteBytes,
    MaxBufferedBytes,
    ReaderStops,
    ReaderStopMicros,
    WriterRests,
    WriterRestMicros,

    /// <summary>How it ends: see <see cref="Ending"/>.</summary>
    Ending,

    /// <summary>When the ending that is not peaceful comes: after so many bytes, or µs.</summary>
    EndingAt,
    ClientSeqNr,
    ServerSeqNr,
    ClientClockMicros,
    ServerClockMicros,
    ClientDriftPpm,
    ServerDriftPpm,
    LatencyMicros,
    JitterMicros,
    JitterReorders,
    ForthLoss,
    BackLoss,
    BurstEnter,
    BurstLeave,
    Corruption,
    Duplication,
    DuplicateDelayMicros,
    LateDuplication,
    LateDuplicateDelayMicros,
    WrapDuplication,
    Reordering,
    ReorderDelayMicros,
    RateBytesPerSecond,
    QueueBytes,

    /// <summary>1: the queue is managed by CoDel.</summary>
    CoDel,

    /// <summary>Datagrams leave together on multiples of this.</summary>
    AggregationMicros,
    ForthOutageMicros,
    ForthOutageForMicros,
    BackOutageMicros,
    BackOutageForMicros,

    /// <summary>Where the path MTU search ends, bytes of UDP payload.</summary>
    MtuCeilingBytes,

    /// <summary>Largest IP packet of the link.</summary>
    LinkMtuBytes,

    /// <summary>The same from <see cref="MtuFallsAtMicros"/> on.</summary>
    FallenMtuBytes,
    MtuFallsAtMicros,
    ReportsMtu,
    DropsFragments,
    ReceiveDelayMicros,
    ReceiveBufferBytes,
    SendBufferBytes,
    SendBufferBytesPerSecond,
    TimerGranularityMicros,
    DrainsDatagramsFirst,
    DelayedAck,
    CoalesceSmallWrites,
    NoPacing,

    /// <summary>1: no tail loss probe.</summary>
    NoTailProbe,

    /// <summary>The congestion law, by its place among the known ones, sorted by name: cubic, ledbat, ledbat++.</summary>
    Law,
    InitialReceiveWindowBytes,
    MaxReceiveWindowBytes,
    SendWindowBytes,

    /// <summary>Largest UDP payload that the socket takes in a datagram that must not be fragmented.</summary>
    ClientMaxSendBytes,
    ServerMaxSendBytes,
}

/// <summary>How a schedule ends.</summary>
internal enum Ending
{
    /// <summary>Both half-close when all is written, and read to the end.</summary>
    Peaceful,

    /// <summary>The client aborts after <see cref="Knob.EndingAt"/> bytes.</summary>
    ClientAborts,

    /// <summary>The server aborts after <see cref="Knob.EndingAt"/> bytes.</summary>
    ServerAborts,

    /// <summary>From <see cref="Knob.EndingAt"/> µs on nothing passes any more.</summary>
    Partition,

    /// <summary>At <see cref="Knob.EndingAt"/> µs the server's process is killed.</summary>
    ServerKilled,
}
