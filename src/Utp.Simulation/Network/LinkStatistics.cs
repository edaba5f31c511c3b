namespace Utp.Simulation;

/// <summary>
/// What a link has done so far. Counters of datagrams, but for the last two; from where a link cuts a datagram on, every fragment counts.
/// </summary>
public record struct LinkStatistics
{
    /// <summary>Datagrams that were given to the link.</summary>
    public long Entered { get; internal set; }

    /// <summary>Datagrams that left it, copies included.</summary>
    public long Delivered { get; internal set; }

    /// <summary>Lost by chance, alone or in a burst.</summary>
    public long Lost { get; internal set; }

    /// <summary>Lost because a filter said so.</summary>
    public long Filtered { get; internal set; }

    /// <summary>Lost in an outage.</summary>
    public long LostInOutage { get; internal set; }

    /// <summary>Lost because they were larger than the link's MTU, whole or in fragments.</summary>
    public long LostBySize { get; internal set; }

    /// <summary>Cut into fragments here.</summary>
    public long Fragmented { get; internal set; }

    /// <summary>Dropped at the tail of the queue.</summary>
    public long DroppedByQueue { get; internal set; }

    /// <summary>Dropped by CoDel, from the head of the queue.</summary>
    public long DroppedByCoDel { get; internal set; }

    /// <summary>Dropped because they exceeded the policer's rate.</summary>
    public long DroppedByPolicer { get; internal set; }

    /// <summary>Damaged: bits flipped, or cut.</summary>
    public long Damaged { get; internal set; }

    /// <summary>Copies made, early and late ones.</summary>
    public long Duplicated { get; internal set; }

    /// <summary>Those among them that came a whole wrap later.</summary>
    public long WrapDuplicated { get; internal set; }

    /// <summary>Datagrams that others were allowed to overtake.</summary>
    public long Reordered { get; internal set; }

    /// <summary>IP bytes that were serialised.</summary>
    public long BytesSerialised { get; internal set; }

    /// <summary>The most IP bytes that ever waited.</summary>
    public long MaxQueuedBytes { get; internal set; }
}
