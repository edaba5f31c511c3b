using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>What one simulated end point is like: its clock, its machine, and how much it lets strangers take.</summary>
public sealed record EndpointOptions
{
    /// <summary>An ideal machine: a right clock, unlimited socket buffers, no delay of its own.</summary>
    public static readonly EndpointOptions Default = new();

    /// <summary>Its clock.</summary>
    public EndpointClock Clock { get; init; }

    /// <summary>The first seq_nr of its first connection, to start near the wrap; null: random, as for all others.</summary>
    public SeqNr? FirstSeqNr { get; init; }

    /// <summary>How much strangers may take.</summary>
    public EndpointLimits Limits { get; init; } = new();

    /// <summary>How long datagrams wait in the socket until they are read together, µs: a busy machine, or ACKs that leave in clumps. 0: read when they arrive.</summary>
    public long ReceiveDelayMicros { get; init; }

    /// <summary>UDP payload bytes that the socket holds until they are read; more is dropped, as the kernel does.</summary>
    public long ReceiveBufferBytes { get; init; } = long.MaxValue;

    /// <summary>UDP payload bytes that the socket takes before it would block.</summary>
    public long SendBufferBytes { get; init; } = long.MaxValue;

    /// <summary>UDP payload bytes per second at which the send buffer empties; 0: at once.</summary>
    public long SendBufferBytesPerSecond { get; init; }

    /// <summary>UDP payload bytes that the socket takes in one datagram that must not be fragmented; a larger one is refused (EMSGSIZE).</summary>
    public int MaxSendBytes { get; init; } = 65_507;

    /// <summary>UDP payload bytes above which the socket would block for ever, and says a millisecond later that it takes datagrams: a device that drops what is too large for its other end.</summary>
    public int WouldBlockAboveBytes { get; init; } = 65_507;

    /// <summary>Deadlines are met on multiples of this many µs only, as a timer wheel does.</summary>
    public long TimerGranularityMicros { get; init; } = 1;

    /// <summary>Whether datagrams are drained before events. The core asks for the opposite; that it stays right either way is worth a test.</summary>
    public bool DrainsDatagramsFirst { get; init; }
}
