using Akka.Actor;

namespace Utp.Actors;

/// <summary>How a connection leaves its listener, and its actor stops behind what its mailbox holds. Owned by the connection's actor, which alone calls it.</summary>
internal sealed class Departure(ConnectionHandle handle, Port port, PhaseTracker phases, IActorContext context)
{
    /// <summary>The table forgets the connection: what the receive loops have told it before is the last that they tell it.</summary>
    public void Leave()
    {
        handle.MoveDeadline(Utp.Protocol.Instant.Never);
        port.Deadlines.Cancel(handle);
        port.Remove(handle);
        port.Listener.Tell(new ConnectionOver(handle));
        if (((ActorCell)context).HasMessages)
        {
            phases.MoveTo(ConnectionPhase.Over);
            context.Self.Tell(StopConnection.Instance, ActorRefs.NoSender);
        }
        else
        {
            context.Stop(context.Self);
        }
    }
}
