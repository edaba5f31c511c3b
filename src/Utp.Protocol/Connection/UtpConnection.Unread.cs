namespace Utp.Protocol;

// What nobody will read is not acknowledged, and its writer is told (RFC 9293 §3.10.4, RFC 1122 §4.2.2.13: "to show that data was lost"; design note 25).
public sealed partial class UtpConnection
{
    /// <summary>In the first byte of extension 3, which others leave 0 and do not read: what was sent to us is not read.</summary>
    internal const byte NotReadFlag = 1;

    private bool _leavesUnread;
    private ushort _notReadCode = CloseCodes.NotRead;
    private SeqNr? _farthestRefused;

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
        if (code is { } own && !_leavesUnread)
            _notReadCode = own;
        BeginDiscarding(leavesUnread);
        AfterRefusal();
    }

    private bool HasUnread => _delivery is not null && (_delivery.HasReady || _delivery.AssemblingBytes > 0 || WaitingBytes > 0);

    private void BeginDiscarding(bool leavesUnread)
    {
        _discardsReceived = true;
        if (leavesUnread || HasUnread)
            RefuseFromNowOn();
        DiscardReceived();
    }

    // Nothing with a seq_nr is taken any more, so that neither the peer's data nor its ST_FIN behind it counts as arrived.
    private void RefuseFromNowOn()
    {
        if (_leavesUnread)
            return;
        _leavesUnread = true;
        ClearReorder();
        if (!_peerFinReached)
            _ack.OnUrgent();
    }

    private ReceiveVerdict Refuse(in PacketHeader header)
    {
        RefuseFromNowOn();
        if (_farthestRefused is not { } farthest || header.SeqNr.IsAfter(farthest))
            _farthestRefused = header.SeqNr;
        _ = OutOfWindow();
        return ReceiveVerdict.NotRead;
    }

    // The user's code counts, and the flag beside it says what it means.
    private ushort NotReadCode => _closeCode ?? _notReadCode;

    // To a foreign peer that has finished, too, our ST_FIN would say that all is well: it gets the ST_RESET in its place, behind all that we wrote.
    private bool EndsByReset => _leavesUnread && _peerFinReached && !_finSent && !IsOwnPeer;

    // What we wrote is safe: the peer may hear that what it wrote is not.
    private void AfterRefusal()
    {
        if (!_leavesUnread || IsOver)
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
        if (packet.PeerCloseReason < 0 || !packet.IsNotRead || packet.Header.Type != PacketType.State || packet.Header.SeqNr != _expected
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
        if (_peerFinReached)
        {
            EnterTimeWait();
        }
        else if (_discardsReceived)
        {
            RefuseFromNowOn();
            _closeCode = NotReadCode;
            Fail(EndReason, reset: true);
        }
    }
}
