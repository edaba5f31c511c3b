namespace Utp.Protocol;

/// <summary>What <see cref="Lbe"/> can be told. Values are validated where they come from.</summary>
public sealed record LbeOptions
{
    /// <summary>The defaults.</summary>
    public static readonly LbeOptions Default = new();

    /// <summary>The queueing delay above which it gives way, µs. On a path whose delay jitters more than that, it allows for the jitter.</summary>
    public long TargetMicros { get; init; } = 3_000;

    /// <summary>Packets that may leave before the first acknowledgement (RFC 6928).</summary>
    public int InitialWindowPackets { get; init; } = 10;

    /// <summary>Packets that may always be in flight.</summary>
    public int MinWindowPackets { get; init; } = 2;
}
