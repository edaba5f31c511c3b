namespace Utp.Protocol;

// What nobody will read is not acknowledged, and its writer is told (RFC 9293 §3.10.4, RFC 1122 §4.2.2.13: "to show that data was lost"; design note 25).
public sealed partial class UtpConnection
{
    /// <summary>In the first byte of extension 3, which others leave 0 and do not read: what was sent to us is not read.</summary>
    internal const byte NotReadFlag = 1;

    private ushort _notReadCode = CloseCodes.NotRead;

    private bool _peerStopsReading;
    private bool _peerFinNotRead;
    private bool _writesFailedPending;

    /// <summary>
    /// Reads nothing more: what has arrived and was not polled is dropped, what still comes is not acknowledged, and the peer is told, so that its writes fail. Our own
    /// direction goes on. A peer that knows nothing of this hears of it by the ST_RESET that follows our ST_FIN.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="leavesUnread">Whether the user has dropped something that was polled, too.</param>
    /// <param name="code">A close reason for the peer; null: <see cref="CloseCodes.NotRead"/>.</param>
    public void StopReading(Instant now, bool leavesUnread = false, ushort? code = null)
    {
        BeginInput(now);
        if (IsOver || State == ConnectionState.SynSent)
            return;
        if (code is { } own && !_receiver.LeavesUnread)
            _notReadCode = own;
        BeginDiscarding(leavesUnread);
        AfterRefusal();
    }

    private void BeginDiscarding(bool leavesUnread)
    {
        if (leavesUnread || _receiver.HasUnread)
            _receiver.RefuseFromNowOn();
        _data.Discard(_rtt.SmoothedMicros, _now);
        _peerFinishedPending &= !_closeRequested;
    }

    // The user's code counts, and the flag beside it says what it means.
    private ushort NotReadCode => _closeCode ?? _notReadCode;

    // To a foreign peer that has finished, too, our ST_FIN would say that all is well: it gets the ST_RESET in its place, behind all that we wrote.
    private bool EndsByReset => _receiver.LeavesUnread && _receiver.HasReachedFin && !_finSent && !IsOwnPeer;

    // What we wrote is safe: the peer may hear that what it wrote is not.
    private void AfterRefusal()
    {
        if (!_receiver.LeavesUnread || IsOver)
            return;
        var isFlushed = _finAcked || (EndsByReset && _finQueued && _packets.Count == 0 && !_sendBuffer.HasUnsent);
        if (!isFlushed)
            return;
        _closeCode = NotReadCode;
        _resetDue = true;
        End(ConnectionState.Reset, EndReason);
    }

    // Exact: whoever tells us to stop must know the peer's next seq_nr, as for a ST_RESET (RFC 5961 §3).
    private void HandleNotRead(in ParsedPacket packet)
    {
        if (packet.PeerCloseReason < 0 || !packet.IsNotRead || packet.Header.Type != PacketType.State || packet.Header.SeqNr != _receiver.Expected
            || !IsOwnPeer || _peerStopsReading || _finAcked || State == ConnectionState.TimeWait)
        {
            return;
        }

        _peerCloseCode = packet.PeerCloseReason;
        StopWriting();
        EndIfUnheard();
    }

    // Its ST_FIN said that the peer had not read all. What is acknowledged was lost there, what is not will be.
    private void AfterPeerFin()
    {
        if (_peerFinNotRead && !_finAcked && !_peerStopsReading)
            StopWriting();
        EndIfUnheard();
    }

    private void StopWriting()
    {
        _peerStopsReading = true;
        _writesFailedPending = true;
        _finQueued = false;
        _packets.Clear();
        _sendBuffer.Clear();
        _nextPiece = default;
        foreach (var timer in (ReadOnlySpan<TimerKind>)[TimerKind.Retransmission, TimerKind.Reordering, TimerKind.TailProbe, TimerKind.Persist, TimerKind.Pacing])
            _timers.Stop(timer);
    }

    // We have nothing to say that would be heard, and nothing to hear.
    private void EndIfUnheard()
    {
        if (!_peerStopsReading || !_closeRequested || IsOver)
            return;
        if (_receiver.HasReachedFin)
        {
            EnterTimeWait();
        }
        else if (_data.IsDiscarded)
        {
            _receiver.RefuseFromNowOn();
            _closeCode = NotReadCode;
            Fail(EndReason, reset: true);
        }
    }
}
