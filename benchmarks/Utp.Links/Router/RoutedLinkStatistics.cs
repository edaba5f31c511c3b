using System.Collections.Immutable;

namespace Utp.Links.Router;

/// <summary>Why a packet did not arrive.</summary>
public enum RoutedDrop
{
    /// <summary>The link was away.</summary>
    Down,

    /// <summary>Chance, alone.</summary>
    Loss,

    /// <summary>Chance, in a burst.</summary>
    BurstLoss,

    /// <summary>Longer than the link's MTU.</summary>
    TooLarge,

    /// <summary>More than the policer has tokens for.</summary>
    Policer,

    /// <summary>The queue's tail.</summary>
    Queue,

    /// <summary>CoDel, from the queue's head.</summary>
    CoDel,

    /// <summary>The address translation knows nobody there.</summary>
    Translation,

    /// <summary>The router's own fault: its memory was used up, or the kernel refused the packet. A measurement with one of them says nothing.</summary>
    Router,
}

/// <summary>What a flow has sent over one direction.</summary>
/// <param name="Packets">That came to the router.</param>
/// <param name="Bytes">IP bytes of them.</param>
/// <param name="Arrived">Packets that left it, copies included.</param>
/// <param name="ArrivedBytes">IP bytes of those.</param>
public readonly record struct FlowCount(long Packets, long Bytes, long Arrived, long ArrivedBytes);

/// <summary>What one direction has done since it started, or was last read.</summary>
public sealed record RoutedLinkStatistics
{
    public required FlowCount Total { get; init; }

    public required ImmutableDictionary<RoutedDrop, long> Drops { get; init; }

    public required ImmutableDictionary<FlowKey, FlowCount> Flows { get; init; }

    public required long Duplicated { get; init; }

    public required long Reordered { get; init; }

    public required long Fragmented { get; init; }

    /// <summary>ICMP reports about packets that were too large.</summary>
    public required long Reports { get; init; }

    /// <summary>How long a packet that came now would wait for the bottleneck: looked at every ms, as the simulator does.</summary>
    public required DelayHistogram Queue { get; init; }

    /// <summary>How much later than it was due a packet was given to the kernel: the router's own error.</summary>
    public required DelayHistogram Lateness { get; init; }

    public long Dropped(RoutedDrop cause) => Drops.GetValueOrDefault(cause);

    public long DroppedTotal => Drops.Values.Sum();

    /// <summary>What all flows of a protocol have sent.</summary>
    public FlowCount Of(byte protocol) => Flows.Where(flow => flow.Key.Protocol == protocol).Aggregate(
        default(FlowCount), static (sum, flow) => new(sum.Packets + flow.Value.Packets, sum.Bytes + flow.Value.Bytes, sum.Arrived + flow.Value.Arrived, sum.ArrivedBytes + flow.Value.ArrivedBytes));
}
