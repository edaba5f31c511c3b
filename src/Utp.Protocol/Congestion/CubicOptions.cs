namespace Utp.Protocol;

/// <summary>What <see cref="Cubic"/> can be told. Values are validated where they come from.</summary>
public sealed record CubicOptions
{
    /// <summary>The defaults.</summary>
    public static readonly CubicOptions Default = new();

    /// <summary>Packets that may leave before the first acknowledgement (RFC 6928).</summary>
    public int InitialWindowPackets { get; init; } = 10;

    /// <summary>Packets that may always be in flight.</summary>
    public int MinWindowPackets { get; init; } = 2;
}
