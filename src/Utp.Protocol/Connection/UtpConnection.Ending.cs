namespace Utp.Protocol;

// How a connection ends, by us, by the peer or by failure; and what its user hears.
public sealed partial class UtpConnection
{
    private bool _closeRequested;
    private bool _finQueued;
    private bool _finSent;
    private bool _finAnswersPeers;
    private ushort? _closeCode;
    private int _peerCloseCode = -1;
    private bool _resetDue;
    private bool _connectedPending;
    private bool _connectedReported;
    private bool _peerFinishedPending;
    private bool _closedPending;
    private bool _closedReported;
    private CloseReason _closeReason;

    /// <summary>
    /// Closes both directions: what was written is flushed, then ST_FIN; nothing more is read. The Closed event comes when the peer has acknowledged all. A peer
    /// whose data is left unread, or that sends more, is reset behind that (<see cref="StopReading"/>). During the handshake as initiator it gives up at once.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="code">A close reason for the peer (extension 3), sent if the peer takes extensions.</param>
    public void Close(Instant now, ushort? code = null)
    {
        BeginInput(now);
        if (IsOver || State == ConnectionState.TimeWait)
            return;
        if (State == ConnectionState.SynSent)
        {
            End(ConnectionState.Closed, new CloseReason(CloseCause.Closed));
            return;
        }

        RequestClose(code);
        BeginDiscarding(leavesUnread: false);
        EndIfUnheard();
        if (_finAcked)
            OnFinAcked();
        else
            AfterRefusal();
    }

    /// <summary>
    /// Closes our direction only: flush, then ST_FIN. The Closed event comes when the peer has closed its own, too, and all
    /// it sent was read.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="code">A close reason for the peer (extension 3), sent if the peer takes extensions.</param>
    public void CloseWrite(Instant now, ushort? code = null)
    {
        BeginInput(now);
        if (IsOver || State is ConnectionState.TimeWait)
            return;
        if (State == ConnectionState.SynSent)
            End(ConnectionState.Closed, new CloseReason(CloseCause.Closed));
        else
            RequestClose(code);
        EndIfUnheard();
    }

    /// <summary>Ends at once with ST_RESET; unsent and unacknowledged data is lost.</summary>
    /// <param name="now">The time.</param>
    /// <param name="code">A close reason for the peer (extension 3), sent if the peer takes extensions.</param>
    public void Abort(Instant now, ushort? code = null)
    {
        BeginInput(now);
        if (IsOver)
            return;
        _closeCode = code;
        Fail(new CloseReason(CloseCause.Aborted), reset: State is not (ConnectionState.SynSent or ConnectionState.TimeWait));
    }

    /// <summary>
    /// Handles what our own system said of a send. What ICMP says goes to <see cref="HandleIcmpError"/>: the system may pass it on as the result of a later send,
    /// but not what it quotes, so a refusal means nothing here.
    /// </summary>
    /// <param name="error">What was reported.</param>
    /// <param name="now">The time.</param>
    /// <param name="pathDatagramBytes">TooLarge: bytes of UDP payload that pass, as our own kernel says; 0: unknown. What ICMP says goes to <see cref="HandlePacketTooBig"/>.</param>
    public void HandlePathError(PathError error, Instant now, int pathDatagramBytes = 0)
    {
        BeginInput(now);
        if (IsOver)
            return;
        if (error == PathError.TooLarge)
            _mtu.OnFirstHop(pathDatagramBytes, _now);
        else if (error == PathError.Unreachable && State == ConnectionState.SynSent)
            FailConnect(error);
    }

    /// <summary>The socket is gone: the connection ends at once with <see cref="CloseCause.SocketError"/>.</summary>
    public void HandleSocketFailure(string detail, Instant now)
    {
        BeginInput(now);
        if (!IsOver)
            Fail(new CloseReason(CloseCause.SocketError, Detail: detail), reset: false);
    }

    /// <summary>The next thing the user must hear; false when there is none. Received data is withheld while reading is suspended.</summary>
    /// <param name="connectionEvent">What happened.</param>
    public bool PollEvent(out ConnectionEvent connectionEvent)
    {
        if (_connectedPending)
        {
            _connectedPending = false;
            _connectedReported = true;
            connectionEvent = new ConnectionEvent(ConnectionEventKind.Connected);
            return true;
        }

        // Nobody has heard of it: what came on the ST_SYN waits for the confirmation, or ends with it.
        if (!_connectedReported && !_closedPending)
        {
            connectionEvent = default;
            return false;
        }

        if (!IsReadingSuspended && _connectedReported && _data.TryRead(_rtt.SmoothedMicros, _now, out var payload))
        {
            AnnounceWindow();
            connectionEvent = new ConnectionEvent(ConnectionEventKind.Received, payload.Data, payload.Metadata);
            return true;
        }

        if (_sendBuffer.DeliveredWrites > _deliveredReported)
        {
            _deliveredReported = _sendBuffer.DeliveredWrites;
            connectionEvent = new ConnectionEvent(ConnectionEventKind.WritesDelivered, Count: _deliveredReported);
            return true;
        }

        // Behind those that were delivered.
        if (_writesFailedPending)
        {
            _writesFailedPending = false;
            connectionEvent = new ConnectionEvent(ConnectionEventKind.WritesFailed, Reason: new CloseReason(CloseCause.Reset, PeerCode));
            return true;
        }

        var allRead = !_data.HasReady || !_connectedReported;
        if (_peerFinishedPending && allRead)
        {
            _peerFinishedPending = false;
            connectionEvent = new ConnectionEvent(ConnectionEventKind.PeerFinished, Reason: new CloseReason(CloseCause.PeerClosed, PeerCode));
            return true;
        }

        // What the peer has finished sending is still read, however the connection ended; and what it sent before it stopped reading.
        if (_closedPending && (allRead || !(_receiver.HasReachedFin || _peerStopsReading)))
        {
            _closedPending = false;
            _data.Clear();
            connectionEvent = new ConnectionEvent(ConnectionEventKind.Closed, Reason: _closeReason);
            return true;
        }

        // Everything that could be read was: what is left is held.
        _data.Settle();
        connectionEvent = default;
        return false;
    }

    // protocol.md §4, RFC 5961 §3: exact, or answered with one ST_STATE and ignored.
    private ReceiveVerdict HandleReset(in InboundPacket inbound)
    {
        var header = inbound.Packet.Header;
        if (State == ConnectionState.SynSent)
        {
            var answersFirst = header.AckNr == _seed.InitialSeqNr || header.AckNr == _seed.InitialSeqNr.Next;
            var answersFallback = _synSent!.FallbackSent && (header.AckNr == _seed.FallbackSeqNr || header.AckNr == _seed.FallbackSeqNr.Next);
            if (!answersFirst && !answersFallback)
                return ReceiveVerdict.BadAck;
            _peerCloseCode = inbound.Packet.PeerCloseReason;
            Fail(new CloseReason(CloseCause.Refused, PeerCode, "The peer refused the connection."), reset: false);
            return ReceiveVerdict.Accepted;
        }

        // Of what is under way to it a peer cannot know the last: our own proves itself by its own next seq_nr instead, which a stranger knows as little.
        var ahead = _packets.NextSeqNr.DistanceTo(header.AckNr);
        var isNext = header.SeqNr == _receiver.Expected;

        // Who does not know the connection cannot show its tag, but answers a packet of ours, and so both of its numbers (note 0034).
        var isExact = ahead is 0 or -1 && (isNext || _tags.Fit(inbound.Packet));
        if (isExact || (IsOwnPeer && IsAddressConfirmed && isNext && _tags.Fit(inbound.Packet) && ahead <= 0 && ahead >= -(Outstanding + 1)))
        {
            _peerCloseCode = inbound.Packet.PeerCloseReason;
            if (State == ConnectionState.TimeWait || (OnlyOurFinIsUnacknowledged && !inbound.Packet.IsNotRead))
            {
                EnterTimeWait();
                return ReceiveVerdict.Accepted;
            }

            _peerStopsReading |= inbound.Packet.IsNotRead;

            // The end itself waits until all that came before is read.
            _writesFailedPending = IsReadingSuspended && _data.HasReady && (_receiver.HasReachedFin || _peerStopsReading);
            Fail(new CloseReason(CloseCause.Reset, PeerCode), reset: false);
            return ReceiveVerdict.Accepted;
        }

        if (ahead > 0 || ahead < -(_packets.Count + 1) || !IsAddressConfirmed)
            return ReceiveVerdict.BadAck;
        return _ack.OnOutOfWindow(_rtt.SmoothedMicros, _now);
    }

    private int Outstanding => _peerStopsReading ? _largestFlight : _packets.Count;

    // A peer that is gone by then has everything (protocol.md §4).
    private bool OnlyOurFinIsUnacknowledged => _receiver.HasReachedFin && _finSent && _packets.Count <= 1;

    private CloseReason EndReason => new(_peerStopsReading || _peerFinNotRead ? CloseCause.Reset : _data.IsDiscarded ? CloseCause.Closed : CloseCause.ConfirmedClosed, PeerCode);

    private ushort? PeerCode => _peerCloseCode < 0 ? null : (ushort)_peerCloseCode;

    private void RequestClose(ushort? code)
    {
        if (_closeRequested)
            return;
        _closeCode = code;
        _closeRequested = true;
        _finQueued = !_peerStopsReading;
    }

    private void OnPeerFinReached()
    {
        _peerFinishedPending = !(_data.IsDiscarded && _closeRequested);
        if (State == ConnectionState.FinSent && _finAcked)
            EnterTimeWait();
        else
            _life.OnPeerFin(_now);
        AfterPeerFin();
    }

    // Our ST_FIN was acknowledged, and with it everything before it.
    private void OnFinAcked()
    {
        if (_receiver.LeavesUnread)
        {
            AfterRefusal();
            return;
        }

        // RFC 9293 §3.6, LAST-ACK: every transmission of our ST_FIN has acknowledged the peer's, so nothing of the peer's can want an answer any more.
        if (State == ConnectionState.Closing && _finAnswersPeers)
            End(ConnectionState.Closed, EndReason);
        else if (State == ConnectionState.Closing || (State == ConnectionState.FinSent && (_data.IsDiscarded || _receiver.HasReachedFin)))
            EnterTimeWait();
    }

    private void EnterTimeWait()
    {
        if (State == ConnectionState.TimeWait || IsOver)
            return;
        ReportClosed(EndReason);
        _life.OnTimeWait(_now);
        _packets.Clear();
        _timers.StopAll();

        // Note 0006: two repeats of the peer's ST_FIN, after one and after three of its time-outs, are still acknowledged.
        _timers.Arm(TimerKind.TimeWait, _now.Plus(Math.Min(4 * _rtt.RtoMicros, _options.TimeWaitMicros)));
    }

    private void Fail(CloseReason reason, bool reset)
    {
        _resetDue = reset;
        var untilBlocked = _timers[TimerKind.Blocked];
        End(ConnectionState.Reset, reason);

        // The peer is told when the socket takes something again, if it does in time.
        if (reset && _blocked)
            _timers.Arm(TimerKind.Blocked, untilBlocked);
    }

    private void End(ConnectionState state, CloseReason reason)
    {
        ReportClosed(reason);
        if (state == ConnectionState.Closed)
            _life.OnClosed(_now);
        else
            _life.OnReset(_now);
        Release();
    }

    private void ReportClosed(CloseReason reason)
    {
        if (_closedReported)
            return;
        _closedReported = true;
        _closedPending = true;
        _closeReason = reason;
    }

    // What a finished connection does not need any more.
    private void Release()
    {
        _timers.StopAll();
        _packets.Clear();
        _sendBuffer.Clear();
        _receiver.ClearEarly();
        _synSent = null;
        _synReceived = null;
    }

    private void AnnounceWindow()
    {
        if (!IsOver)
            _receiver.AnnounceWindow(MaxPayload);
    }
}
