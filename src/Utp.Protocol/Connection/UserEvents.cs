namespace Utp.Protocol;

/// <summary>
/// What the user still has to hear, in the order in which it must: Connected, then payload, delivered and failed writes, the peer's end, and last the end of all.
/// Owned by the connection.
/// </summary>
internal sealed class UserEvents(Receiver receiver, UnreadData data, SendBuffer sendBuffer, PathMtu mtu)
{
    private bool _connectedPending;
    private bool _connectedReported;
    private bool _peerFinishedPending;
    private bool _isPeerCutOff;
    private bool _writesFailedPending;
    private bool _closedReported;
    private long _deliveredReported;
    private CloseReason _closeReason;

    /// <summary>Whether the end has not been told yet.</summary>
    public bool IsClosedPending { get; private set; }

    /// <summary>The handshake is complete, or as complete as the user asked for.</summary>
    public void OnConnected() => _connectedPending = true;

    /// <summary>The peer's ST_FIN was reached; <paramref name="isOfInterest"/>: the user has not closed both directions himself; <paramref name="isCutOff"/>: it says that more was to come.</summary>
    public void OnPeerFinished(bool isOfInterest, bool isCutOff = false) => (_peerFinishedPending, _isPeerCutOff) = (isOfInterest, isCutOff);

    /// <summary>The user has closed both directions: he has no interest in the peer's end any more.</summary>
    public void OnNotInterested() => _peerFinishedPending = false;

    /// <summary>The peer reads no more; false: the end itself is told at once, and says so.</summary>
    public void OnWritesFailed(bool isTold) => _writesFailedPending = isTold;

    /// <summary>The connection has ended for its user. The first reason counts.</summary>
    public void OnClosed(CloseReason reason)
    {
        if (_closedReported)
            return;
        _closedReported = true;
        IsClosedPending = true;
        _closeReason = reason;
    }

    /// <summary>The user reads again: the window that opens is announced.</summary>
    public void OnResume()
    {
        data.Resume();
        receiver.AnnounceWindow(mtu.MaxPayload);
    }

    /// <summary>The next event; false when there is none. Received data is withheld while reading is suspended.</summary>
    /// <param name="peerCode">What the peer gave as its reason.</param>
    /// <param name="isReadToTheEnd">Whether what has arrived is still read after the end: the peer has finished sending, or had before it stopped reading.</param>
    /// <param name="rttMicros">The round trip.</param>
    /// <param name="now">The time.</param>
    /// <param name="next">What happened.</param>
    public bool TryTake(ushort? peerCode, bool isReadToTheEnd, long rttMicros, Instant now, out ConnectionEvent next)
    {
        if (_connectedPending)
        {
            _connectedPending = false;
            _connectedReported = true;
            next = new ConnectionEvent(ConnectionEventKind.Connected);
            return true;
        }

        // Nobody has heard of it: what came on the ST_SYN waits for the confirmation, or ends with it.
        if (!_connectedReported && !IsClosedPending)
        {
            next = default;
            return false;
        }

        if (!data.IsSuspended && _connectedReported && data.TryRead(rttMicros, now, out var payload))
        {
            receiver.AnnounceWindow(mtu.MaxPayload);
            next = new ConnectionEvent(ConnectionEventKind.Received, payload.Data, payload.Metadata);
            return true;
        }

        if (sendBuffer.DeliveredWrites > _deliveredReported)
        {
            _deliveredReported = sendBuffer.DeliveredWrites;
            next = new ConnectionEvent(ConnectionEventKind.WritesDelivered, Count: _deliveredReported);
            return true;
        }

        // Behind those that were delivered.
        if (_writesFailedPending)
        {
            _writesFailedPending = false;
            next = new ConnectionEvent(ConnectionEventKind.WritesFailed, Reason: new CloseReason(CloseCause.Reset, peerCode));
            return true;
        }

        var allRead = !data.HasReady || !_connectedReported;
        if (_peerFinishedPending && allRead)
        {
            _peerFinishedPending = false;
            next = new ConnectionEvent(ConnectionEventKind.PeerFinished, Reason: new CloseReason(_isPeerCutOff ? CloseCause.CutOff : CloseCause.PeerClosed, peerCode));
            return true;
        }

        if (IsClosedPending && (allRead || !isReadToTheEnd))
        {
            IsClosedPending = false;
            data.Clear();
            next = new ConnectionEvent(ConnectionEventKind.Closed, Reason: _closeReason);
            return true;
        }

        data.Settle();
        next = default;
        return false;
    }
}
