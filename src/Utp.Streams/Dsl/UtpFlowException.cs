using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Dsl;

/// <summary>A flow, or a binding, failed. The message says what happened and what to do.</summary>
public sealed class UtpFlowException : IOException
{
    /// <summary>A failure without a cause of its own.</summary>
    public UtpFlowException()
    {
    }

    /// <summary>A failure with a sentence for people.</summary>
    public UtpFlowException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with a sentence for people, and what is behind it.</summary>
    public UtpFlowException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal UtpFlowException(CommandFailed failed)
        : base(failed.Message, failed.Exception) => Failure = failed.Cause;

    internal UtpFlowException(ConnectionClosed closed)
        : base(closed.Cause ?? $"The connection was closed here ({closed.Reason.Cause}) while the flow was open.", (closed as ErrorClosed)?.Exception) => Reason = closed.Reason;

    /// <summary>Why a port could not be bound, a connection not opened, or an element not sent; null: the connection ended.</summary>
    public FailureCause? Failure { get; }

    /// <summary>What ended the connection; null: it was never open, or an element could not be sent.</summary>
    public CloseReason? Reason { get; }
}

/// <summary>Nothing has passed through a flow, in either direction, for its idle time-out.</summary>
public sealed class UtpIdleTimeoutException : TimeoutException
{
    /// <summary>A time-out of unknown length.</summary>
    public UtpIdleTimeoutException()
    {
    }

    /// <summary>A time-out of unknown length.</summary>
    public UtpIdleTimeoutException(string message)
        : base(message)
    {
    }

    /// <summary>A time-out of unknown length.</summary>
    public UtpIdleTimeoutException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal UtpIdleTimeoutException(string message, TimeSpan duration)
        : base(message) => Duration = duration;

    /// <summary>How long nothing passed.</summary>
    public TimeSpan Duration { get; }
}
