using Akka.Actor;
using Akka.Event;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// What comes of a connection's end, once each: writes and openings that fail, the closing event for everybody who must hear, and last the connection leaves its listener. Owned by
/// the connection's actor, which alone calls it.
/// </summary>
internal sealed class ConnectionEnding(
    UtpConnection core,
    ConnectionUsers users,
    ConnectionEnd end,
    WriteDesk writes,
    ConnectionBeginning beginning,
    ConnectionObservers observers,
    Transmission transmission,
    ConnectionPath path,
    PhaseTracker phases,
    TurnQueue turns,
    Departure departure,
    IActorContext context)
{
    /// <summary>The core has ended.</summary>
    public void OnClosed(CloseReason reason)
    {
        end.OnEnded(reason);
        writes.OnEnd(reason);
        beginning.OnEnded(reason);
        var statistics = core.GetStatistics();
        if (!beginning.IsTold)
        {
            // Nobody else has heard of it.
            observers.OnEnded(reason, statistics);
            end.OnTold();
            phases.MoveTo(ConnectionPhase.TimeWait);
            return;
        }

        end.Describe(reason, statistics);
        observers.OnEnded(end.Event!.Reason, statistics);
        if (turns.HasMore)
        {
            phases.MoveTo(ConnectionPhase.Ending);
            context.Self.Tell(EndMark.Instance, ActorRefs.NoSender);
        }
        else
        {
            TellUsers();
        }
    }

    /// <summary>Tells everybody of the end.</summary>
    public void TellUsers()
    {
        end.OnTold();
        users.TellEnd(end.Event!);
        phases.MoveTo(ConnectionPhase.TimeWait);
    }

    /// <summary>The core cannot be asked to end any more, or nobody will be there to hear it: everything is told now.</summary>
    public void EndByForce(CloseReason reason, Exception? exception)
    {
        end.OnEnded(reason);
        TryResetPeer();
        observers.OnEnded(reason, core.GetStatistics());
        writes.OnEnd(reason);
        beginning.OnEndedByForce(reason, exception);
        if (!beginning.IsTold)
        {
            end.OnTold();
            return;
        }

        end.DescribeForced(reason, exception);
        TellUsers();
    }

    /// <summary>The connection leaves its listener, and its actor stops behind what its mailbox holds.</summary>
    public void Leave()
    {
        observers.OnGone();
        departure.Leave();
    }

    // When even this fails, the listener answers the peer's next packet with ST_RESET: its table does not know us any more.
    private void TryResetPeer()
    {
        try
        {
            core.Abort(Clock.Now);
            transmission.Run();
        }
#pragma warning disable CA1031 // The core may be what is broken.
        catch (Exception e)
#pragma warning restore CA1031 // See above.
        {
            context.GetLogger().Debug("No ST_RESET for {Peer}: {Cause} [{UtpEvent}]", path.RemoteEndPoint, e.Message, UtpLogEvents.ResetNotSent);
        }
    }
}
