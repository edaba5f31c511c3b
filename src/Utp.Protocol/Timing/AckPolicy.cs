namespace Utp.Protocol;

/// <summary>
/// When an acknowledgement leaves (protocol.md §6.4): one at the end of every receive batch, unless a packet that leaves in the
/// same drain carries it. A delayed acknowledgement would be measured as queueing delay by every delay-based law, so waiting
/// for a second packet or 20 ms is an option only. What may wait is one for a single short packet, and the handshake's confirmation, for as long as the
/// user is taken to need for an answer that carries it (design note 16). Owned by the connection.
/// </summary>
internal sealed class AckPolicy(bool delayed, Timers timers)
{
    /// <summary>How long a delayed acknowledgement waits (protocol.md §6.4).</summary>
    private const long DelayMicros = 20_000;

    private int _waiting;
    private bool _urgent;
    private Instant _heldUntil = Instant.Zero;
    private Instant _lastOutOfWindow;

    /// <summary>Whether an acknowledgement is to leave in this drain, or when its hold is over.</summary>
    public bool IsDue { get; private set; }

    /// <summary>Whether one waits for a second packet.</summary>
    public bool IsWaiting => _waiting > 0 && !IsDue;

    /// <summary>When the acknowledgement that is due may leave by itself.</summary>
    public Instant DueAt => _heldUntil;

    /// <summary>A packet in order arrived that the peer waits to have acknowledged.</summary>
    /// <param name="isShort">Whether it holds less than a packet could: the end of what the peer had to say.</param>
    public void OnInOrder(bool isShort)
    {
        _waiting++;
        if (!delayed || _waiting >= 2)
            IsDue = true;
        if (!isShort || _waiting >= 2)
            Release();
    }

    /// <summary>Something the peer must hear of at once: a gap, a duplicate, a filled gap, an opened window, ST_FIN.</summary>
    public void OnUrgent()
    {
        IsDue = true;
        Release();
    }

    /// <summary>The peer's answer to our ST_SYN arrived, and is to be confirmed.</summary>
    public void OnAnswered() => IsDue = true;

    /// <summary>The delay is over.</summary>
    public void OnDelayOver() => IsDue |= _waiting > 0;

    /// <summary>The user may be about to send something that carries the acknowledgement. It waits once, and not where it is urgent.</summary>
    public void Hold(Instant until)
    {
        if (IsDue && !_urgent && _heldUntil == Instant.Zero)
            _heldUntil = until;
    }

    /// <summary>A packet that carries the acknowledgement left.</summary>
    public void OnSent()
    {
        IsDue = _urgent = false;
        _waiting = 0;
        _heldUntil = Instant.Zero;
        timers.Stop(TimerKind.DelayedAck);
    }

    /// <summary>A batch is done: an acknowledgement that waits for a second packet waits no longer than its time.</summary>
    public void OnBatchEnd(Instant now)
    {
        if (IsWaiting && !timers.IsArmed(TimerKind.DelayedAck))
            timers.Arm(TimerKind.DelayedAck, now.Plus(DelayMicros));
    }

    /// <summary>A packet was dropped that lies outside the window: acknowledged at most once per round trip (protocol.md §9).</summary>
    public ReceiveVerdict OnOutOfWindow(long rttMicros, Instant now)
    {
        if (now.Since(_lastOutOfWindow) >= Math.Max(rttMicros, 1))
        {
            _lastOutOfWindow = now;
            OnUrgent();
        }

        return ReceiveVerdict.OutOfWindow;
    }

    private void Release() => (_urgent, _heldUntil) = (true, Instant.Zero);
}
