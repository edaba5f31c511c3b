using Utp.Protocol;

namespace Utp.Messages;

/// <summary>
/// What many connections have done together. Counters never fall. Of a connection that lives they hold what it had done up to its last sample: it is sampled once a
/// second while it moves and somebody has asked for these statistics, or listens to the meter; and when it ends.
/// </summary>
public sealed record TrafficStatistics
{
    /// <summary>Nothing.</summary>
    public static readonly TrafficStatistics None = new();

    /// <summary>Connections that are there now, by where they stand; states in which none is are left out.</summary>
    public IReadOnlyDictionary<ConnectionState, long> Connections { get; init; } = new Dictionary<ConnectionState, long>();

    /// <summary>Connections that were opened from here.</summary>
    public long Initiated { get; init; }

    /// <summary>Connections that were accepted.</summary>
    public long Accepted { get; init; }

    /// <summary>Connections that ended, by what ended them; those that never opened, too. Causes that have not happened are left out.</summary>
    public IReadOnlyDictionary<CloseCause, long> Ended { get; init; } = new Dictionary<CloseCause, long>();

    /// <inheritdoc cref="ConnectionStats.BytesSent"/>
    public long BytesSent { get; init; }

    /// <inheritdoc cref="ConnectionStats.BytesReceived"/>
    public long BytesReceived { get; init; }

    /// <inheritdoc cref="ConnectionStats.PacketsSent"/>
    public long PacketsSent { get; init; }

    /// <inheritdoc cref="ConnectionStats.PacketsReceived"/>
    public long PacketsReceived { get; init; }

    /// <inheritdoc cref="ConnectionStats.Retransmissions"/>
    public long Retransmissions { get; init; }

    /// <inheritdoc cref="ConnectionStats.TailProbes"/>
    public long TailProbes { get; init; }

    /// <inheritdoc cref="ConnectionStats.NeedlessRetransmissions"/>
    public long NeedlessRetransmissions { get; init; }

    /// <inheritdoc cref="ConnectionStats.Lost"/>
    public LossCounts Lost { get; init; }

    /// <inheritdoc cref="ConnectionStats.Timeouts"/>
    public long Timeouts { get; init; }

    /// <inheritdoc cref="ConnectionStats.SpuriousTimeouts"/>
    public long SpuriousTimeouts { get; init; }

    /// <inheritdoc cref="ConnectionStats.DuplicatesReceived"/>
    public long DuplicatesReceived { get; init; }

    /// <inheritdoc cref="ConnectionStats.PacketsDropped"/>
    public long PacketsDropped { get; init; }
}
