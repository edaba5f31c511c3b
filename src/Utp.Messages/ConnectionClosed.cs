using Akka.Event;
using Utp.Protocol;

namespace Utp.Messages;

/// <summary>
/// A connection has ended: the last event that its handler hears, but for <see cref="PeerClosed"/> of a connection that was registered to stay open. Every write
/// that was not delivered has failed before. One that comes too late is no dead letter.
/// </summary>
/// <param name="Reason">What ended it.</param>
public abstract record ConnectionClosed(CloseReason Reason) : UtpEvent, IDeadLetterSuppression
{
    /// <summary>What the connection has done in all.</summary>
    public ConnectionStats Statistics { get; init; }

    /// <summary>Whether we aborted it.</summary>
    public virtual bool IsAborted => false;

    /// <summary>Whether both ends have closed their direction after our <see cref="ConfirmedClose"/>.</summary>
    public virtual bool IsConfirmed => false;

    /// <summary>Whether the peer closed first.</summary>
    public virtual bool IsPeerClosed => false;

    /// <summary>Whether it ended by an error.</summary>
    public virtual bool IsErrorClosed => false;

    /// <summary>What happened, in one sentence, for an error; otherwise null.</summary>
    public virtual string? Cause => null;
}

/// <summary>The connection was closed by <see cref="Close"/>, and the peer has acknowledged everything.</summary>
/// <param name="Reason">What ended it.</param>
public sealed record Closed(CloseReason Reason) : ConnectionClosed(Reason);

/// <summary>The connection was ended by <see cref="Abort"/>.</summary>
/// <param name="Reason">What ended it.</param>
public sealed record Aborted(CloseReason Reason) : ConnectionClosed(Reason)
{
    /// <inheritdoc/>
    public override bool IsAborted => true;
}

/// <summary>Both ends have closed their direction, ours by <see cref="ConfirmedClose"/>; everything arrived.</summary>
/// <param name="Reason">What ended it.</param>
public sealed record ConfirmedClosed(CloseReason Reason) : ConnectionClosed(Reason)
{
    /// <inheritdoc/>
    public override bool IsConfirmed => true;
}

/// <summary>The peer has closed its direction; everything it sent was received before. With <see cref="Register.KeepOpenOnPeerClosed"/> writing goes on, otherwise the connection is closed.</summary>
/// <param name="Reason">What ended it; its peer code is the close reason that the peer gave.</param>
public sealed record PeerClosed(CloseReason Reason) : ConnectionClosed(Reason)
{
    /// <inheritdoc/>
    public override bool IsPeerClosed => true;
}

/// <summary>The connection ended by an error: reset, too many retransmissions, idle, a socket error…, as <see cref="ConnectionClosed.Reason"/> says.</summary>
/// <param name="Reason">What ended it.</param>
/// <param name="Message">What happened, in one sentence.</param>
/// <param name="Exception">The exception behind it, if there was one.</param>
public sealed record ErrorClosed(CloseReason Reason, string Message, Exception? Exception = null) : ConnectionClosed(Reason)
{
    /// <inheritdoc/>
    public override bool IsErrorClosed => true;

    /// <inheritdoc/>
    public override string? Cause => Message;
}
