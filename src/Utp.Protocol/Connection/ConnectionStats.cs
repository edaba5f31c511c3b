namespace Utp.Protocol;

/// <summary>What a connection has done so far, and where it stands. Counters never fall; a copy, taken on the connection's thread.</summary>
public readonly record struct ConnectionStats
{
    /// <summary>Where the connection stands.</summary>
    public ConnectionState State { get; init; }

    /// <summary>Payload bytes that were sent, each byte counted once.</summary>
    public long BytesSent { get; init; }

    /// <summary>Payload bytes that the peer has acknowledged in order.</summary>
    public long BytesDelivered { get; init; }

    /// <summary>Payload bytes that arrived in order, each byte counted once.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Datagrams sent, of any type.</summary>
    public long PacketsSent { get; init; }

    /// <summary>Datagrams received and found well-formed, of any type.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Packets sent again.</summary>
    public long Retransmissions { get; init; }

    /// <summary>Retransmission time-outs.</summary>
    public long Timeouts { get; init; }

    /// <summary>Time-outs that turned out to be spurious.</summary>
    public long SpuriousTimeouts { get; init; }

    /// <summary>Packets found lost.</summary>
    public long PacketsLost { get; init; }

    /// <summary>Packets found lost, by what showed it; together <see cref="PacketsLost"/>.</summary>
    public LossCounts Lost { get; init; }

    /// <summary>Packets sent again to ask what became of the last ones (RFC 8985 §7), and not because they were found lost; part of <see cref="Retransmissions"/>.</summary>
    public long TailProbes { get; init; }

    /// <summary>Retransmissions that were needless: the packet had arrived, and others had only overtaken it.</summary>
    public long NeedlessRetransmissions { get; init; }

    /// <summary>Packets that arrived more than once.</summary>
    public long DuplicatesReceived { get; init; }

    /// <summary>Packets dropped: out of window, implausible acknowledgement, old timestamp, not allowed in the state.</summary>
    public long PacketsDropped { get; init; }

    /// <summary>Smoothed round trip, µs; 0 before the first sample.</summary>
    public long SmoothedRttMicros { get; init; }

    /// <summary>Smallest path round trip, µs; 0 before the first sample.</summary>
    public long MinRttMicros { get; init; }

    /// <summary>How long packets waited in queues on both ways, as the last round trip shows: its time above the smallest, without what the peer held back, µs; 0 before the first sample.</summary>
    public long QueueingDelayMicros { get; init; }

    /// <summary>Retransmission time-out, µs.</summary>
    public long RtoMicros { get; init; }

    /// <summary>Congestion window, bytes.</summary>
    public long CongestionWindowBytes { get; init; }

    /// <summary>Payload bytes in flight.</summary>
    public long BytesInFlight { get; init; }

    /// <summary>Bytes that the peer's receive window has left, as it said last.</summary>
    public long PeerWindowBytes { get; init; }

    /// <summary>Bytes of our receive window.</summary>
    public long ReceiveWindowBytes { get; init; }

    /// <summary>Bytes of writes that are not delivered yet.</summary>
    public long BufferedBytes { get; init; }

    /// <summary>Bytes received in order that wait for the user; messages with their metadata, and 96 bytes more each, which they cost.</summary>
    public long UnreadBytes { get; init; }

    /// <summary>Bytes received out of order that wait for what is missing.</summary>
    public long ReorderBytes { get; init; }

    /// <summary>The congestion control's name.</summary>
    public string CongestionControl { get; init; }
}
