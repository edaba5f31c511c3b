using System.Net;

namespace Utp.Simulation;

/// <summary>What one channel of an <see cref="InMemoryDatagramNetwork"/> is like.</summary>
public sealed record SimulatedChannelOptions
{
    /// <summary>Unlimited sending, and a receive buffer of 4 MB.</summary>
    public static readonly SimulatedChannelOptions Default = new();

    /// <summary>The addresses of its machine, for a channel on a wildcard address; empty: 127.0.0.1 and ::1.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>UDP payload bytes that wait to be received; more is dropped and counted.</summary>
    public int ReceiveBufferBytes { get; init; } = 4 << 20;

    /// <summary>UDP payload bytes that the channel takes before it would block. Matters only with a rate.</summary>
    public int SendBufferBytes { get; init; } = 4 << 20;

    /// <summary>UDP payload bytes per second at which the send buffer empties; 0: at once.</summary>
    public long SendBufferBytesPerSecond { get; init; }
}
