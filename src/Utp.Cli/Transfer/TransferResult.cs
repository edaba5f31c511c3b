using System.Net;
using Utp.Protocol;

namespace Utp.Cli;

/// <summary>How one connection ended.</summary>
internal sealed record TransferResult
{
    /// <summary>What went wrong, in one sentence; null: nothing.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the trouble was on this machine (a full disk), so that another connection would not help.</summary>
    public bool IsLocalFailure { get; init; }

    public bool IsInterrupted { get; init; }

    public IPEndPoint? Peer { get; init; }

    /// <summary>Bytes that the peer has acknowledged.</summary>
    public long BytesSent { get; init; }

    public long BytesReceived { get; init; }

    /// <summary>Bytes of the file that the receiver had of an earlier transfer, before those that were moved.</summary>
    public long Kept { get; init; }

    /// <summary>How many files were stored.</summary>
    public long Files { get; init; } = 1;

    /// <summary>Whether they came as a bundle, and not as the bytes of one file.</summary>
    public bool IsBundle { get; init; }

    /// <summary>From the open connection to the last byte: acknowledged by the peer, or written.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>SHA-256 of the bytes that were moved, in full.</summary>
    public byte[]? Hash { get; init; }

    /// <summary>The file that stands now; null for none.</summary>
    public string? Path { get; init; }

    /// <summary>Whether the receiver, too, has closed properly, which ours does when the file is safe. Null: it is not one of ours, and cannot say.</summary>
    public bool? IsConfirmed { get; init; }

    /// <summary>When the first byte was received.</summary>
    public Moment? FirstByte { get; init; }

    public ConnectionStats Statistics { get; init; }

    /// <summary>The hash as it is written.</summary>
    public string? HashText => Hash is null ? null : Convert.ToHexStringLower(Hash);

    /// <summary>The facts that every kind of connection has, for <c>--json</c>.</summary>
    public Outcome AddTo(Outcome outcome)
    {
        var bytes = BytesSent + BytesReceived;
        return outcome
            .With("peer", Peer is null ? null : Addresses.Text(Peer))
            .With("seconds", Duration.TotalSeconds)
            .With("bytesPerSecond", Duration > TimeSpan.Zero ? Math.Round(bytes / Duration.TotalSeconds) : 0.0)
            .With("packetsSent", Statistics.PacketsSent)
            .With("packetsReceived", Statistics.PacketsReceived)
            .With("retransmissions", Statistics.Retransmissions)
            .With("timeouts", Statistics.Timeouts)
            .With("rttMicros", Statistics.SmoothedRttMicros)
            .With("minRttMicros", Statistics.MinRttMicros);
    }
}
