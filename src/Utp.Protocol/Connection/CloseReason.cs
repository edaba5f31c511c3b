namespace Utp.Protocol;

/// <summary>What ended a connection.</summary>
public enum CloseCause
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>We closed it, and the peer acknowledged everything.</summary>
    Closed,

    /// <summary>Both ends closed their direction; everything arrived.</summary>
    ConfirmedClosed,

    /// <summary>The peer closed, and we followed.</summary>
    PeerClosed,

    /// <summary>We aborted it.</summary>
    Aborted,

    /// <summary>Nobody answered our ST_SYN in time.</summary>
    ConnectTimeout,

    /// <summary>The peer's host or listener refused our ST_SYN.</summary>
    Refused,

    /// <summary>The peer's network or host cannot be reached.</summary>
    Unreachable,

    /// <summary>The peer sent ST_RESET.</summary>
    Reset,

    /// <summary>Too many consecutive time-outs without an acknowledgement.</summary>
    TooManyRetransmissions,

    /// <summary>Nothing was heard from the peer for the idle time-out.</summary>
    IdleTimeout,

    /// <summary>A half-open connection was never confirmed.</summary>
    HalfOpenExpired,

    /// <summary>Our socket failed.</summary>
    SocketError,

    /// <summary>The peer broke the protocol in a way that leaves no next step (a frame larger than allowed).</summary>
    ProtocolError,

    /// <summary>The peer has aborted its direction alone: what came is a beginning, and no more will come. Ours goes on.</summary>
    CutOff,

    /// <summary>A defect on our side; never reported by the core itself.</summary>
    InternalError,
}

/// <summary>Why a connection ended.</summary>
/// <param name="Cause">What ended it.</param>
/// <param name="PeerCode">The close reason that the peer sent in extension 3, if any.</param>
/// <param name="Detail">A sentence for people; may be null.</param>
public readonly record struct CloseReason(CloseCause Cause, ushort? PeerCode = null, string? Detail = null);
