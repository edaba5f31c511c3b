namespace Utp.Protocol;

/// <summary>What <see cref="LedbatPlusPlus"/> can be told. Values are validated where they come from.</summary>
public sealed record LedbatPlusPlusOptions
{
    /// <summary>The defaults.</summary>
    public static readonly LedbatPlusPlusOptions Default = new();

    /// <summary>The queueing delay that it stays below, µs (TARGET; the draft's 60 ms, where RFC 6817 allows 100).</summary>
    public long TargetMicros { get; init; } = 60_000;

    /// <summary>The gain is never less than one of so many packets per round trip (draft §4.2).</summary>
    public int MaxGainDivisor { get; init; } = 16;

    /// <summary>Packets that may leave before the first acknowledgement (RFC 6928; the draft starts with 2).</summary>
    public int InitialWindowPackets { get; init; } = 10;

    /// <summary>Packets that may always be in flight; in a slowdown no more.</summary>
    public int MinWindowPackets { get; init; } = 2;
}
