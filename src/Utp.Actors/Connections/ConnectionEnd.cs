using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// How a connection ends for its users: what they asked for, what came of it, and whether they know. Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class ConnectionEnd(ConnectionHandle handle, TimeSpan registerTimeout)
{
    private CloseReason _peerReason;
    private bool _unregisteredTooLong;

    /// <summary>What the users asked for; null: nothing.</summary>
    public CloseCommand? Command { get; private set; }

    /// <summary>Why it ended.</summary>
    public CloseReason Reason { get; private set; }

    /// <summary>The closing event; null: it has not ended, or nobody ever heard of it.</summary>
    public ConnectionClosed? Event { get; private set; }

    /// <summary>Whether everybody knows who must.</summary>
    public bool IsTold { get; private set; }

    /// <summary>The peer has finished, with this reason.</summary>
    public CloseReason PeerReason => _peerReason;

    /// <summary>A user asks for the end; returns what counts: <see cref="ConfirmedClose"/> after <see cref="Close"/> would wait for what that discards.</summary>
    public CloseCommand OnCommand(CloseCommand command)
    {
        if (Command is null || command is not ConfirmedClose)
            Command = command;
        return Command;
    }

    /// <summary>The peer has finished.</summary>
    public void OnPeerFinished(CloseReason reason) => _peerReason = reason;

    /// <summary>Nobody registered in time.</summary>
    public void OnUnregistered() => _unregisteredTooLong = true;

    /// <summary>The core has ended.</summary>
    public void OnEnded(CloseReason reason) => Reason = reason;

    /// <summary>Makes the closing event, named after what the user asked for, where it was granted.</summary>
    public void Describe(CloseReason reason, ConnectionStats statistics) =>
        Event = (reason.Cause, Command) switch
        {
            (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed, Close) => new Closed(reason) { Statistics = statistics },
            (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed, ConfirmedClose) => new ConfirmedClosed(reason) { Statistics = statistics },
            (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed, _) =>
                new PeerClosed(new CloseReason(CloseCause.PeerClosed, reason.PeerCode ?? _peerReason.PeerCode)) { Statistics = statistics },
            (CloseCause.Aborted, Abort) => new Aborted(reason) { Statistics = statistics },
            _ => new ErrorClosed(reason, Sentence(reason), null) { Statistics = statistics },
        };

    /// <summary>Makes the closing event of an end that the core cannot be asked for any more.</summary>
    public void DescribeForced(CloseReason reason, Exception? exception) => Event = new ErrorClosed(reason, Sentence(reason), exception);

    /// <summary>Everybody knows who must.</summary>
    public void OnTold() => IsTold = true;

    private string Sentence(CloseReason reason) => _unregisteredTooLong
        ? $"Connection with {handle.Path.Remote.ToIPEndPoint()}: nobody registered for it within {registerTimeout.TotalSeconds:0.###} s; send Register when Connected arrives."
        : $"Connection with {handle.Path.Remote.ToIPEndPoint()}: {Failures.SentenceOf(reason)}";
}
