using Utp.Protocol;

namespace Utp.Messages;

/// <summary>A command could not be done. Told to its sender; nothing of it has happened unless the cause says so.</summary>
/// <param name="Command">The command.</param>
/// <param name="Cause">What stood in the way, for programs.</param>
/// <param name="Message">What happened and what to do, in one sentence, for people.</param>
/// <param name="Exception">The exception behind it, if there was one.</param>
public sealed record CommandFailed(UtpCommand Command, FailureCause Cause, string Message, Exception? Exception = null) : UtpEvent
{
    /// <summary>What ended the connection, or its writing, for a write that was taken and not delivered; otherwise null.</summary>
    public CloseReason? Reason { get; init; }
}

/// <summary>Why a command failed.</summary>
public enum FailureCause
{
    /// <summary>The local port is taken.</summary>
    AddressInUse,

    /// <summary>The local address is none of this machine.</summary>
    AddressNotAvailable,

    /// <summary>The operating system forbids it (a port below 1024, a firewall rule).</summary>
    AccessDenied,

    /// <summary>The end point is of a kind that uTP cannot use, or lacks its port.</summary>
    InvalidAddress,

    /// <summary>An option has a value outside its range, or contradicts another one.</summary>
    InvalidOption,

    /// <summary>The host name has no address.</summary>
    UnknownHost,

    /// <summary>Nobody answered in time.</summary>
    ConnectTimeout,

    /// <summary>The peer's host says that nobody listens on the port, or its listener refused.</summary>
    Refused,

    /// <summary>No route leads to the peer.</summary>
    Unreachable,

    /// <summary>The attempt was cancelled.</summary>
    Cancelled,

    /// <summary>A limit of connections is reached.</summary>
    LimitReached,

    /// <summary>The listener that the command names is gone, unbound, or no listener.</summary>
    ListenerGone,

    /// <summary>The send buffer has no room now; nothing was taken.</summary>
    BufferFull,

    /// <summary>An earlier write failed because the buffer was full; <see cref="ResumeWriting"/> first.</summary>
    WritingSuspended,

    /// <summary>Another actor waits for <see cref="WritingResumed"/>.</summary>
    ResumeAlreadyPending,

    /// <summary>Larger than the whole send buffer; it can never be taken.</summary>
    WriteTooLarge,

    /// <summary>Our direction is closed, or closing.</summary>
    Closing,

    /// <summary>The connection ended before the peer acknowledged the write: it may have arrived, in whole, in part, or not.</summary>
    ConnectionEnded,

    /// <summary>The connection is in byte mode, or its peer did not negotiate metadata.</summary>
    MetadataNotNegotiated,

    /// <summary>Metadata is longer than 255 bytes (frame mode: 250).</summary>
    MetadataTooLong,

    /// <summary>The connection is in frame mode, but its peer did not negotiate frames.</summary>
    FramesNotNegotiated,

    /// <summary>Larger than the largest frame.</summary>
    FrameTooLarge,

    /// <summary>The connection has a handler already.</summary>
    AlreadyRegistered,

    /// <summary>A datagram is larger than UDP or the path allows.</summary>
    DatagramTooLarge,

    /// <summary>The socket's send buffer is full; a datagram was not sent.</summary>
    SocketBusy,

    /// <summary>The socket failed in another way.</summary>
    SocketError,

    /// <summary>The actor system is shutting down.</summary>
    ShuttingDown,

    /// <summary>A defect in this library; the exception says more.</summary>
    InternalError,

    /// <summary>The actor that it was sent to does not know the command: a write to a listener, say.</summary>
    NotUnderstood,

    /// <summary>The peer does not read any more: what was not delivered by then will not be. What it sends still arrives.</summary>
    NotRead,

    /// <summary>The file of a <see cref="WriteFile"/> cannot be read, or has fewer bytes than were asked for.</summary>
    FileNotReadable,
}
