namespace Utp.Protocol;

/// <summary>
/// When the peer was heard last, when it hears from us (BEP 29 has no keep-alive; protocol.md §4: every 29 s, for NAT), and when silence is the end. Owned by the connection.
/// </summary>
internal sealed class Liveness
{
    private readonly ConnectionOptions _options;
    private readonly Timers _timers;

    /// <summary>Begins to count.</summary>
    public Liveness(ConnectionOptions options, Timers timers, Instant now)
    {
        _options = options;
        _timers = timers;
        LastHeard = now;
        if (options.IdleTimeoutMicros > 0)
            timers.Arm(TimerKind.Idle, now.Plus(options.IdleTimeoutMicros));
    }

    /// <summary>When the last believable packet arrived.</summary>
    public Instant LastHeard { get; private set; }

    /// <summary>Whether something is to be sent now, so that the way to us stays open.</summary>
    public bool IsKeepAliveDue { get; private set; }

    /// <summary>A believable packet arrived.</summary>
    public void OnHeard(Instant arrival) => LastHeard = arrival;

    /// <summary>A datagram left; <paramref name="isOpen"/>: the handshake is answered, and the connection not over.</summary>
    public void OnSent(bool isOpen, Instant now)
    {
        IsKeepAliveDue = false;
        if (_options.KeepAliveMicros > 0 && isOpen)
            _timers.Arm(TimerKind.KeepAlive, now.Plus(_options.KeepAliveMicros));
    }

    /// <summary>Nothing has been sent for long, or what was sent was not taken by the socket.</summary>
    public void OnKeepAliveDue() => IsKeepAliveDue = true;

    /// <summary>
    /// Whether nothing was heard for two keep-alives. Nobody answers a ST_STATE, so then the peer is asked: an idle time-out ends what is gone, and not what has nothing to say.
    /// </summary>
    public bool MustAsk(Instant now) => now.Since(LastHeard) >= 2 * _options.KeepAliveMicros;

    /// <summary>The idle timer expired: whether the peer has been silent for so long. If not, it runs again.</summary>
    public bool IsIdle(Instant now)
    {
        var deadline = LastHeard.Plus(_options.IdleTimeoutMicros);
        if (deadline <= now)
            return true;
        _timers.Arm(TimerKind.Idle, deadline);
        return false;
    }
}
