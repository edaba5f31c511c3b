namespace Utp.Protocol;

/// <summary>
/// Where a connection stands, and every transition that it makes; they are drawn at <see cref="ConnectionState"/>. Owned by the connection.
/// </summary>
internal sealed class Lifecycle(ConnectionState initial, TraceOutlet? trace)
{
    /// <summary>Where the connection stands.</summary>
    public ConnectionState State { get; private set; } = initial;

    /// <summary>Whether it is over.</summary>
    public bool IsOver => State is ConnectionState.Closed or ConnectionState.Reset;

    /// <summary>Whether the peer has shown that it receives at its address (protocol.md §9).</summary>
    public bool IsAddressConfirmed => State is not (ConnectionState.SynSent or ConnectionState.SynReceived);

    /// <summary>The handshake is complete.</summary>
    public void OnConnected(Instant now) => Enter(ConnectionState.Connected, now);

    /// <summary>Our ST_FIN leaves for the first time.</summary>
    public void OnFinSent(Instant now) => Enter(State == ConnectionState.PeerFin ? ConnectionState.Closing : ConnectionState.FinSent, now);

    /// <summary>The peer's ST_FIN was reached, while ours, if it was sent, is not acknowledged.</summary>
    public void OnPeerFin(Instant now)
    {
        if (State == ConnectionState.Connected)
            Enter(ConnectionState.PeerFin, now);
        else if (State == ConnectionState.FinSent)
            Enter(ConnectionState.Closing, now);
    }

    /// <summary>Both directions are done; late packets are still answered.</summary>
    public void OnTimeWait(Instant now) => Enter(ConnectionState.TimeWait, now);

    /// <summary>It is over, properly.</summary>
    public void OnClosed(Instant now) => Enter(ConnectionState.Closed, now);

    /// <summary>It is over, by a ST_RESET, an abort or an error.</summary>
    public void OnReset(Instant now) => Enter(ConnectionState.Reset, now);

    private void Enter(ConnectionState to, Instant now)
    {
        if (State == to)
            return;
        trace?.Target?.OnState(new StateTrace(now, State, to));
        State = to;
    }
}
