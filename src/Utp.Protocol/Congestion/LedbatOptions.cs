namespace Utp.Protocol;

/// <summary>What <see cref="Ledbat"/> can be told. Values are validated where they come from.</summary>
public sealed record LedbatOptions
{
    /// <summary>The defaults.</summary>
    public static readonly LedbatOptions Default = new();

    /// <summary>The queueing delay that it steers at, µs (RFC 6817 §2.5, TARGET: at most 100 ms).</summary>
    public long TargetMicros { get; init; } = 100_000;

    /// <summary>Packets per round trip by which the window grows while there is no queue (RFC 6817 §2.5, GAIN: at most 1).</summary>
    public double Gain { get; init; } = 1;

    /// <summary>Packets that may leave before the first acknowledgement (RFC 6928).</summary>
    public int InitialWindowPackets { get; init; } = 10;

    /// <summary>Packets that may always be in flight (RFC 6817 §2.5, MIN_CWND).</summary>
    public int MinWindowPackets { get; init; } = 2;
}
