using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>
/// A connection, or an attempt to open one, failed. An <see cref="IOException"/>, so that whatever reads and writes streams takes it for what it is; the message says
/// what happened and what to do.
/// </summary>
/// <remarks>
/// Where the system's own sockets would have failed in the same way, <see cref="Exception.InnerException"/> is the <see cref="SocketException"/> that they would have
/// thrown: programs that look for <see cref="SocketError.ConnectionReset"/> find it.
/// </remarks>
public sealed class UtpException : IOException
{
    internal UtpException(FailureCause cause, string message, Exception? inner = null)
        : base(message, inner ?? SocketExceptionOf(cause)) => FailureCause = cause;

    internal UtpException(CloseReason reason, string message, Exception? inner = null)
        : base(message, inner ?? SocketExceptionOf(reason.Cause)) => CloseReason = reason;

    internal UtpException(SocketError error, string message)
        : base(message, new SocketException((int)error))
    {
    }

    private UtpException(UtpException first)
        : base(first.Message, first.InnerException)
    {
        FailureCause = first.FailureCause;
        CloseReason = first.CloseReason;
    }

    /// <summary>What could not be done, and why; null when an open connection ended, or a time-out of the caller's passed.</summary>
    public FailureCause? FailureCause { get; }

    /// <summary>What ended the connection; null when it did not end.</summary>
    public CloseReason? CloseReason { get; }

    /// <summary>The same once more: an exception is thrown by one thread at a time, and everybody who asks after an end gets its own.</summary>
    internal UtpException Again() => new(this);

    private static SocketException? SocketExceptionOf(FailureCause cause) => cause switch
    {
        Messages.FailureCause.AddressInUse => new((int)SocketError.AddressAlreadyInUse),
        Messages.FailureCause.AddressNotAvailable => new((int)SocketError.AddressNotAvailable),
        Messages.FailureCause.AccessDenied => new((int)SocketError.AccessDenied),
        Messages.FailureCause.UnknownHost => new((int)SocketError.HostNotFound),
        Messages.FailureCause.ConnectTimeout => new((int)SocketError.TimedOut),
        Messages.FailureCause.Refused => new((int)SocketError.ConnectionRefused),
        Messages.FailureCause.Unreachable => new((int)SocketError.HostUnreachable),
        Messages.FailureCause.Closing => new((int)SocketError.Shutdown),
        _ => null,
    };

    private static SocketException? SocketExceptionOf(CloseCause cause) => cause switch
    {
        CloseCause.Reset or CloseCause.Refused => new((int)SocketError.ConnectionReset),
        CloseCause.TooManyRetransmissions or CloseCause.IdleTimeout => new((int)SocketError.TimedOut),
        CloseCause.Unreachable => new((int)SocketError.HostUnreachable),
        CloseCause.Aborted => new((int)SocketError.OperationAborted),
        _ => null,
    };
}
