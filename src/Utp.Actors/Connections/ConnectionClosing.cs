using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// What makes a connection end: its users' commands, the peer's end, users that are gone, the system's shutdown; and what the core is told of each. What comes of it is
/// <see cref="ConnectionEnding"/>'s. Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class ConnectionClosing(
    UtpConnection core, ConnectionUsers users, ConnectionEnd end, ReadDesk reading, WriteDesk writes, ConnectionBeginning beginning, PhaseTracker phases, ConnectionObservers observers)
{
    private CloseCommand? _closeBehindFile;
    private bool _keepOpenOnPeerClosed;
    private bool _peerFinished;

    /// <summary>Whether the system shuts down.</summary>
    public bool IsShuttingDown { get; private set; }

    /// <summary>A user asks for the end.</summary>
    public void OnCommand(CloseCommand command, Instant now)
    {
        observers.OnClosing();
        var counts = end.OnCommand(command);
        if (counts is not Abort && writes.HoldsFile)
            _closeBehindFile = counts;
        else
            CloseAs(counts, now);
        beginning.OnRegisterSettled();
        phases.MoveTo(ConnectionPhase.FinSent);
    }

    /// <summary>A piece of a file was sent: a close that waited for the last one goes on.</summary>
    public void OnFilePiece(Instant now)
    {
        if (writes.HoldsFile || _closeBehindFile is not { } close)
            return;
        _closeBehindFile = null;
        CloseAs(close, now);
    }

    /// <summary>The user aborts our direction alone.</summary>
    /// <returns>Whether there was something left to abort.</returns>
    public bool OnAbortWriting(AbortWriting command, Instant now)
    {
        // What is over, or was closed and has left, is not aborted.
        if (end.Command is Close or Abort)
            return false;
        _closeBehindFile = null;
        writes.OnAborted();
        core.AbortWrite(now, command.Code);
        return true;
    }

    /// <summary>The system shuts down: nobody waits for TimeWait when it ends (note 0024).</summary>
    public void OnShutdown(bool mayClose, Instant now)
    {
        IsShuttingDown = true;
        if (mayClose && (end.Command is null or ConfirmedClose))
            OnCommand(Close.Instance, now);
    }

    /// <summary>Somebody has registered.</summary>
    public void OnRegistered(bool keepOpenOnPeerClosed, Instant now)
    {
        _keepOpenOnPeerClosed = keepOpenOnPeerClosed;
        if (_peerFinished)
            FollowPeer(now);
    }

    /// <summary>The peer has finished.</summary>
    public void OnPeerFinished(CloseReason reason, Instant now)
    {
        _peerFinished = true;
        observers.OnClosing();
        end.OnPeerFinished(reason);
        if (users.Handler is not null && (end.Command is null || (_keepOpenOnPeerClosed && end.Command is ConfirmedClose)))
            FollowPeer(now);
    }

    /// <summary>Nobody registered in time.</summary>
    public void OnUnregistered(Instant now)
    {
        end.OnUnregistered();
        AbortBoth(now);
    }

    /// <summary>Nobody is left who would hear of it.</summary>
    /// <returns>Whether the core was told something.</returns>
    public bool OnUsersGone(Instant now)
    {
        switch (end.Command)
        {
            case Close:
                // It said all it had to say.
                return false;
            case ConfirmedClose:
                // Nobody reads any more.
                CloseBoth(now);
                return true;
            default:
                // The peer must not take a stream that was cut off for a finished one.
                AbortBoth(now);
                return true;
        }
    }

    /// <summary>An attempt is given up. One that lost a race is closed, not reset: its peer has done nothing wrong.</summary>
    public void OnOpeningCancelled(Instant now)
    {
        if (core.State == ConnectionState.SynSent)
            core.Abort(now);
        else
            CloseBoth(now);
    }

    /// <summary>Both directions end at once.</summary>
    public void AbortBoth(Instant now, ushort? code = null)
    {
        core.Abort(now, code);
        reading.Discard(now);
    }

    private void CloseBoth(Instant now, ushort? code = null)
    {
        core.Close(now, code);
        reading.Discard(now);
    }

    private void CloseAs(CloseCommand command, Instant now)
    {
        switch (command)
        {
            case Close close:
                CloseBoth(now, close.Code);
                break;
            case ConfirmedClose confirmed:
                core.CloseWrite(now, confirmed.Code);
                break;
            case Abort abort:
                AbortBoth(now, abort.Code);
                break;
        }
    }

    // As Akka.IO.Tcp does: tell and stay open, or flush and close too.
    private void FollowPeer(Instant now)
    {
        if (_keepOpenOnPeerClosed)
        {
            users.Handler!.Tell(new PeerClosed(end.PeerReason) { Statistics = core.GetStatistics() });
            return;
        }

        phases.MoveTo(ConnectionPhase.FinSent);
        core.Close(now);
    }
}
