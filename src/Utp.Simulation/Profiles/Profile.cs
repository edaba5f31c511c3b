using System.Collections.Immutable;

namespace Utp.Simulation;

/// <summary>
/// A network and the flows over it, with what is expected of them: one row of the table in <c>docs/network.md</c>. All flows
/// share one bottleneck in each direction.
/// </summary>
public sealed record Profile
{
    /// <summary>By which the command line knows it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The bottleneck in the data's direction. Its rate is the link's.</summary>
    public required LinkOptions Forth { get; init; }

    /// <summary>The way of the acknowledgements.</summary>
    public required LinkOptions Back { get; init; }

    /// <summary>Bytes that the flow transfers; it is then measured from its Connect to the last byte delivered. 0: without end.</summary>
    public long Bytes { get; init; }

    /// <summary>When each flow connects, µs; each one up to <see cref="StartSpreadMicros"/> later, as the seed says.</summary>
    public ImmutableArray<long> Starts { get; init; } = [0];

    /// <summary>Evenly drawn and added to the starts, µs, so that seeds differ where the network knows no chance.</summary>
    public long StartSpreadMicros { get; init; } = 10_000;

    /// <summary>Where measuring begins, µs; of no meaning for sized transfers.</summary>
    public long FromMicros { get; init; } = 5_000_000;

    /// <summary>Where measuring ends, µs; for sized transfers the time after which they are given up.</summary>
    public long UntilMicros { get; init; } = 60_000_000;

    /// <summary>What send buffer and receive window may reach, bytes.</summary>
    public int WindowBytes { get; init; } = 4 << 20;

    /// <summary>By how much the receiver's clock runs fast, ppm.</summary>
    public int ReceiverDriftPpm { get; init; }

    /// <summary>A TCP beside the flows; null for none.</summary>
    public TcpTraffic? Tcp { get; init; }

    /// <summary>A change of the path MTU under way; null for none.</summary>
    public PathMtuChange? PathMtuChange { get; init; }

    /// <summary>UDP beside the flows that does not yield, from the start on; null for none.</summary>
    public OnOffOptions? OnOff { get; init; }

    /// <summary>A change of the route under way; null for none. Not for sized transfers.</summary>
    public RouteChange? RouteChange { get; init; }

    /// <summary>What is asked of the medians over the seeds.</summary>
    public ImmutableArray<Bar> Bars { get; init; } = [];

    /// <summary>The whole length of a run that is not over earlier, µs.</summary>
    public long EndMicros => Tcp is null ? UntilMicros : UntilMicros + 6_000_000;
}

/// <summary>A TCP that sends without end until <see cref="Profile.UntilMicros"/>.</summary>
/// <param name="Law">Which.</param>
/// <param name="StartMicros">When it begins.</param>
public sealed record TcpTraffic(TcpLaw Law, long StartMicros);

/// <summary>The route becomes another one, in both directions.</summary>
/// <param name="AtMicros">When.</param>
/// <param name="LatencyMicros">Its one-way delay.</param>
public sealed record RouteChange(long AtMicros, long LatencyMicros);

/// <summary>The path MTU becomes another one; whether a sender hears of it, the link says (<see cref="LinkOptions.ReportsMtu"/>).</summary>
/// <param name="AtMicros">When.</param>
/// <param name="Bytes">To what, bytes of an IP packet.</param>
public sealed record PathMtuChange(long AtMicros, int Bytes);
