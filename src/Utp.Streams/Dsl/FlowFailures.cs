using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Dsl;

/// <summary>What flows and bindings fail with.</summary>
internal static class FlowFailures
{
    public static UtpException ConnectionStopped => new(new CloseReason(CloseCause.InternalError), "The connection's actor has stopped without a word.");

    public static UtpException ShuttingDown => new(FailureCause.ShuttingDown, "uTP is shutting down: its manager or its listener has stopped.");

    public static UtpException Of(CommandFailed failed) => new(failed.Cause, failed.Message, failed.Exception);

    // A connection that ended as by a close, without this flow's asking: the actor system shuts down.
    public static UtpException Of(ConnectionClosed closed) =>
        new(closed.Reason, closed.Cause ?? "The connection was closed here while the flow was open: the actor system is shutting down.", (closed as ErrorClosed)?.Exception);

    public static UtpException Of(ListenerFailed failed) => new(FailureCause.SocketError, failed.Message, failed.Exception);

    public static UtpException EndedBefore(string what) => new(FailureCause.Cancelled, $"The stream ended before {what}.");
}
