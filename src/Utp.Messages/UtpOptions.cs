using Utp.Protocol;

namespace Utp.Messages;

/// <summary>
/// What one connection, or those of one listener, do differently from the configuration (<c>config/utp.hocon</c>, where units, defaults and ranges stand). Null: as
/// configured. A value outside its range fails the command with <see cref="FailureCause.InvalidOption"/>.
/// </summary>
public sealed record UtpOptions
{
    /// <summary><c>utp.congestion-control</c>: the law's name.</summary>
    public string? CongestionControl { get; init; }

    /// <summary><c>utp.target-delay</c>; zero: the law's own.</summary>
    public TimeSpan? TargetDelay { get; init; }

    /// <summary><c>utp.compatibility</c>: who is expected on the other end.</summary>
    public PeerCompatibility? Compatibility { get; init; }

    /// <summary><c>utp.delivery</c>: how received data is cut.</summary>
    public DeliveryMode? Delivery { get; init; }

    /// <summary><c>utp.drop-unsupported-metadata</c>.</summary>
    public bool? DropUnsupportedMetadata { get; init; }

    /// <summary><c>utp.max-frame-size</c>, bytes.</summary>
    public int? MaxFrameBytes { get; init; }

    /// <summary><c>utp.max-datagram-size</c>, bytes of UDP payload; 0: what the path is found to carry.</summary>
    public int? MaxDatagramBytes { get; init; }

    /// <summary><c>utp.send-buffer</c>, bytes.</summary>
    public int? SendBufferBytes { get; init; }

    /// <summary><c>utp.receive-window.initial</c>, bytes.</summary>
    public int? InitialReceiveWindowBytes { get; init; }

    /// <summary><c>utp.receive-window.max</c>, bytes.</summary>
    public int? MaxReceiveWindowBytes { get; init; }

    /// <summary><c>utp.accept-unconfirmed</c>.</summary>
    public bool? AcceptUnconfirmed { get; init; }

    /// <summary><c>utp.half-open-timeout</c>.</summary>
    public TimeSpan? HalfOpenTimeout { get; init; }

    /// <summary><c>utp.register-timeout</c>; <see cref="Timeout.InfiniteTimeSpan"/>: never.</summary>
    public TimeSpan? RegisterTimeout { get; init; }

    /// <summary><c>utp.keep-alive</c>; zero: never.</summary>
    public TimeSpan? KeepAlive { get; init; }

    /// <summary><c>utp.idle-timeout</c>; zero: never.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary><c>utp.max-timeouts</c>.</summary>
    public int? MaxTimeouts { get; init; }

    /// <summary><c>utp.pacing</c>; null: as configured, which is on by default.</summary>
    public bool? Pacing { get; init; }

    /// <summary><c>utp.coalesce-small-writes</c>.</summary>
    public bool? CoalesceSmallWrites { get; init; }

    /// <summary><c>utp.delayed-ack</c>.</summary>
    public bool? DelayedAck { get; init; }
}
