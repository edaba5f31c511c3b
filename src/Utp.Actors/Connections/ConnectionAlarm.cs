using Utp.Protocol;

namespace Utp.Actors;

/// <summary>The one deadline that a connection has armed: the earliest of all that it waits for. Owned by the connection's actor, which alone calls it.</summary>
internal sealed class ConnectionAlarm(ConnectionHandle handle, DeadlineClock clock)
{
    private const long RoundingMicros = 1_000;

    /// <summary>
    /// Sets it. A late or a spurious expiry is harmless. What is not paced waits for the end of its millisecond, so that the deadlines of many connections wake the clock once
    /// (design note 10).
    /// </summary>
    /// <param name="next">When something is due.</param>
    /// <param name="pacedAt">When a paced packet may leave; nothing that is due then is put off.</param>
    public void Set(Instant next, Instant pacedAt)
    {
        next = Instant.Min(next.RoundedUp(RoundingMicros), Instant.Max(next, pacedAt));
        if (handle.MoveDeadline(next))
            clock.Arm(handle, next);
    }

    /// <summary>Nothing is waited for any more.</summary>
    public void Cancel()
    {
        handle.MoveDeadline(Instant.Never);
        clock.Cancel(handle);
    }
}
