namespace Utp.Streams.Dsl;

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
