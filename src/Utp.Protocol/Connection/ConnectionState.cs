namespace Utp.Protocol;

/// <summary>
/// The states of a connection (protocol.md §4), and which may follow which.
/// <code>
///   initiator: SynSent ──ST_STATE──►  Connected  ◄──first valid ack── SynReceived :acceptor
///                 │                    │      │                          │
///                 │        our ST_FIN  ▼      ▼  peer's ST_FIN reached   │ half-open expiry
///                 │               FinSent   PeerFin                      │
///                 │  peer's ST_FIN  │          │  our ST_FIN             │
///                 │                 └► Closing ◄┘                        │
///                 │                      │ our ST_FIN acknowledged       │
///                 │                      ▼                               │
///                 │                  TimeWait ──timer──► Closed ◄────────┤
///                 └── time-out, refused ────────────────► Closed         │
///   any state ── ST_RESET, abort, give-up, socket error ─► Reset ◄───────┘
/// </code>
/// Closing goes straight to Closed when our ST_FIN was sent after the peer's was reached: it has acknowledged all that the peer sent.
/// FinSent goes straight to TimeWait when our ST_FIN is acknowledged and nobody reads any more (Close).
/// </summary>
public enum ConnectionState
{
    /// <summary>Our ST_SYN is on its way.</summary>
    SynSent,

    /// <summary>A ST_SYN was answered; the peer's address is not confirmed yet.</summary>
    SynReceived,

    /// <summary>Both directions are open.</summary>
    Connected,

    /// <summary>We have sent ST_FIN; the peer may still send.</summary>
    FinSent,

    /// <summary>The peer's ST_FIN was reached; we may still send.</summary>
    PeerFin,

    /// <summary>Both ends have sent ST_FIN; ours is not acknowledged yet.</summary>
    Closing,

    /// <summary>Closed properly; late packets are still answered.</summary>
    TimeWait,

    /// <summary>Over: the connection can be forgotten.</summary>
    Closed,

    /// <summary>Over, by a ST_RESET, an abort or an error: the connection can be forgotten.</summary>
    Reset,
}
