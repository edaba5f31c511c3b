namespace Utp.Actors;

/// <summary>
/// Where a connection stands for its users; the core knows where the protocol stands.
/// <code>
///   Starting ─► SynSent ─► WaitingForRegister ─► Connected ─► FinSent ─► Ending ─► TimeWait ─► Over
///                                                (PeerFin: the same, the peer's direction is closed)
/// </code>
/// A phase may be left out, and none comes back.
/// </summary>
internal enum ConnectionPhase
{
    /// <summary>Before the first message.</summary>
    Starting,

    /// <summary>Nobody knows it yet but its attempt, if there is one.</summary>
    SynSent,

    /// <summary>Connected has been told; what the peer sends waits inside.</summary>
    WaitingForRegister,

    /// <summary>Somebody has registered.</summary>
    Connected,

    /// <summary>We close, or follow the peer: nothing more can be written, and the core flushes.</summary>
    FinSent,

    /// <summary>The core has ended. What the mailbox held then fails first, so that the closing event is the last message.</summary>
    Ending,

    /// <summary>Everybody knows; late packets are still answered.</summary>
    TimeWait,

    /// <summary>The listener's table has forgotten it; what the mailbox held then is taken leave of.</summary>
    Over,
}

/// <summary>The phase of one connection, which only moves forward. Owned by the connection's actor, which alone calls it.</summary>
internal sealed class PhaseTracker
{
    /// <summary>Where it stands.</summary>
    public ConnectionPhase Current { get; private set; }

    /// <summary>The next phase, or the same again.</summary>
    /// <exception cref="InvalidOperationException">It lies behind us: whoever asks for it has overlooked that the connection went on.</exception>
    public void MoveTo(ConnectionPhase next)
    {
        if (next < Current)
            throw new InvalidOperationException($"A connection that is in {Current} does not go back to {next}.");
        Current = next;
    }
}
