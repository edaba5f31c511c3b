namespace Utp.Protocol;

/// <summary>Every timer of a connection, and what it is for.</summary>
public enum TimerKind
{
    /// <summary>RFC 6298 §5: the oldest packet in flight was not acknowledged in time.</summary>
    Retransmission,

    /// <summary>RFC 8985 §6.3: a packet sent before one that arrived may still be on its way for so long.</summary>
    Reordering,

    /// <summary>RFC 8985 §7: the last packets in flight are not acknowledged: a probe asks, long before the time-out.</summary>
    TailProbe,

    /// <summary>The ST_SYN was not answered: send it again. Later in the handshake: the other side was not heard, ask or confirm again.</summary>
    SynRetry,

    /// <summary>The connect time-out, or a half-open acceptor's expiry.</summary>
    Handshake,

    /// <summary>The peer's window is closed and nothing is in flight: ask whether it has opened.</summary>
    Persist,

    /// <summary>The next paced packet may leave.</summary>
    Pacing,

    /// <summary>A delayed acknowledgement is due (only when that option is on).</summary>
    DelayedAck,

    /// <summary>Nothing was sent for long: refresh NAT bindings.</summary>
    KeepAlive,

    /// <summary>Nothing was heard for long.</summary>
    Idle,

    /// <summary>A frame is unfinished: does it still grow, if memory for frames is short?</summary>
    UnfinishedFrame,

    /// <summary>The socket has taken nothing since: give up.</summary>
    Blocked,

    /// <summary>The end of TimeWait.</summary>
    TimeWait,
}

/// <summary>
/// A connection's deadlines, one per <see cref="TimerKind"/>, in one table because the earliest of all is asked for after every drain. Each kind has one owner among the
/// connection's components, which alone arms and stops it (design note 0055).
/// </summary>
internal sealed class Timers
{
    private const int Count = (int)TimerKind.TimeWait + 1;
    private Deadlines _deadlines;

    public Timers() => StopAll();

    /// <summary>The earliest deadline of all.</summary>
    public Instant Next
    {
        get
        {
            var next = Instant.Never;
            for (var i = 0; i < Count; i++)
                next = Instant.Min(next, _deadlines[i]);
            return next;
        }
    }

    public Instant this[TimerKind kind] => _deadlines[(int)kind];

    public bool IsArmed(TimerKind kind) => _deadlines[(int)kind] != Instant.Never;

    public void Arm(TimerKind kind, Instant deadline) => _deadlines[(int)kind] = deadline;

    public void Stop(TimerKind kind) => _deadlines[(int)kind] = Instant.Never;

    public void StopAll()
    {
        for (var i = 0; i < Count; i++)
            _deadlines[i] = Instant.Never;
    }

    /// <summary>Stops and reports the first timer that is due at <paramref name="now"/>.</summary>
    public bool TryExpire(Instant now, out TimerKind kind)
    {
        for (var i = 0; i < Count; i++)
        {
            if (_deadlines[i] > now)
                continue;
            _deadlines[i] = Instant.Never;
            kind = (TimerKind)i;
            return true;
        }

        kind = default;
        return false;
    }

    [System.Runtime.CompilerServices.InlineArray(Count)]
    private struct Deadlines
    {
        private Instant _first;
    }
}
