namespace Utp.Actors;

/// <summary>A counter that many connections, or ports, add up to: a place in a table of longs.</summary>
internal enum Figure
{
    // Of connections, from their statistics.
    BytesSent,
    BytesReceived,
    PacketsSent,
    PacketsReceived,
    Repairs,
    TailProbes,
    NeedlessRetransmissions,
    LostBySelectiveAck,
    LostByDuplicateAcks,
    LostByTimeout,
    LostByRack,
    LostTooLarge,
    Timeouts,
    SpuriousTimeouts,
    Duplicates,
    Dropped,

    // Of connections, from their lives.
    Initiated,
    Accepted,

    // Of ports: read from their owners when somebody asks.
    Delivered,
    Malformed,
    NotUtp,
    UnknownConnection,
    ResetsSent,
    ResetsSuppressed,
    SynRefused,
    SynStateless,
    ReceiveDrops,
    Truncated,
    Batches,

    /// <summary>The first of as many as <see cref="Utp.Protocol.CloseCause"/> has values: connections that ended.</summary>
    Ended,
}
