namespace Utp.Protocol;

/// <summary>
/// When an acknowledgement leaves (protocol.md §6): one at the end of every receive batch, unless a packet that leaves in the
/// same drain carries it. A delayed acknowledgement would be measured as queueing delay by every delay-based law, so waiting
/// for a second packet or 20 ms is an option only.
/// </summary>
internal struct AckPolicy
{
    /// <summary>How long a delayed acknowledgement waits (protocol.md §6).</summary>
    public const long DelayMicros = 20_000;

    private readonly bool _delayed;
    private int _waiting;

    public AckPolicy(bool delayed) => _delayed = delayed;

    /// <summary>Whether an acknowledgement is to leave in this drain.</summary>
    public bool IsDue { get; private set; }

    /// <summary>Whether one waits for a second packet.</summary>
    public readonly bool IsWaiting => _waiting > 0 && !IsDue;

    /// <summary>A packet in order arrived that the peer waits to have acknowledged.</summary>
    public void OnInOrder()
    {
        _waiting++;
        if (!_delayed || _waiting >= 2)
            IsDue = true;
    }

    /// <summary>Something the peer must hear of at once: a gap, a duplicate, a filled gap, an opened window, ST_FIN.</summary>
    public void OnUrgent() => IsDue = true;

    /// <summary>The delay is over.</summary>
    public void OnDelayOver() => IsDue |= _waiting > 0;

    /// <summary>A packet that carries the acknowledgement left.</summary>
    public void OnSent()
    {
        IsDue = false;
        _waiting = 0;
    }
}
