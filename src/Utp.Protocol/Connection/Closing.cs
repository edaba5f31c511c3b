namespace Utp.Protocol;

/// <summary>
/// How a connection ends: by us, by the peer, by failure; what is left unread (design note 0025), and the ST_RESET that says so. It knows both directions, which end
/// independently. Owned by the connection.
/// </summary>
internal sealed class Closing
{
    private readonly ConnectionOptions _options;
    private readonly Lifecycle _life;
    private readonly PeerTraits _peer;
    private readonly PacketTags _tags;
    private readonly Handshake _handshake;
    private readonly Receiver _receiver;
    private readonly UnreadData _data;
    private readonly AckPolicy _ack;
    private readonly OutstandingPackets _packets;
    private readonly SendBuffer _sendBuffer;
    private readonly OwnEnd _end;
    private readonly BelievableAcks _horizon;
    private readonly RttEstimator _rtt;
    private readonly Sender _sender;
    private readonly CloseNotice _notice;
    private readonly SocketRefusals _refusals;
    private readonly UserEvents _events;
    private readonly Timers _timers;
    private int _peerCode = -1;
    private bool _peerFinNotRead;
    private bool _isPeerCutOff;

    /// <summary>Ends what these have begun.</summary>
    public Closing(
        ConnectionOptions options, Lifecycle life, PeerTraits peer, PacketTags tags, Handshake handshake, Receiver receiver, UnreadData data, AckPolicy ack, OutstandingPackets packets,
        SendBuffer sendBuffer, OwnEnd end, BelievableAcks horizon, RttEstimator rtt, Sender sender, CloseNotice notice, SocketRefusals refusals, UserEvents events, Timers timers)
    {
        _options = options;
        _life = life;
        _peer = peer;
        _tags = tags;
        _handshake = handshake;
        _receiver = receiver;
        _data = data;
        _ack = ack;
        _packets = packets;
        _sendBuffer = sendBuffer;
        _end = end;
        _horizon = horizon;
        _rtt = rtt;
        _sender = sender;
        _notice = notice;
        _refusals = refusals;
        _events = events;
        _timers = timers;
    }

    /// <summary>Whether a ST_RESET is to be sent.</summary>
    public bool IsResetDue { get; private set; }

    /// <summary>What the peer gave as its reason.</summary>
    public ushort? PeerCode => _peerCode < 0 ? null : (ushort)_peerCode;

    /// <summary>Whether what has arrived is still read after the end: the peer has finished sending, or had before it stopped reading.</summary>
    public bool IsReadToTheEnd => _receiver.HasReachedFin || _end.IsUnheard;

    /// <summary>To a foreign peer that has finished, too, our ST_FIN would say that all is well: it gets the ST_RESET in its place, behind all that we wrote.</summary>
    public bool EndsByReset => _receiver.LeavesUnread && _receiver.HasReachedFin && !_end.IsSent && !_peer.IsOwn;

    /// <summary>The user closes both directions: flush, ST_FIN; nothing more is read.</summary>
    public void Close(ushort? code, Instant now)
    {
        if (_life.IsOver || _life.State == ConnectionState.TimeWait)
            return;
        if (_life.State == ConnectionState.SynSent)
        {
            EndAttempt(now);
            return;
        }

        Request(code);
        Discard(leavesUnread: false, now);
        EndIfUnheard(now);
        if (_end.IsAcked)
            OnFinAcked(now);
        else
            AfterRefusal(now);
    }

    /// <summary>The user closes our direction only.</summary>
    public void CloseWrite(ushort? code, Instant now)
    {
        if (_life.IsOver || _life.State == ConnectionState.TimeWait)
            return;
        if (_life.State == ConnectionState.SynSent)
            EndAttempt(now);
        else
            Request(code);
        EndIfUnheard(now);
    }

    /// <summary>
    /// The user aborts our direction only: what has not left never does, and the ST_FIN says so. A peer that is not of this implementation would take the ST_FIN for the end of
    /// everything, so for it the whole connection is aborted.
    /// </summary>
    public void CutOff(ushort? code, Instant now)
    {
        if (_life.IsOver || _life.State == ConnectionState.TimeWait || _end.IsSent)
            return;
        if (_end.IsUnheard)
        {
            CloseWrite(code, now);
            return;
        }

        if (_life.State == ConnectionState.SynSent || !_peer.IsOwn)
        {
            Abort(code, now);
            return;
        }

        _sendBuffer.DropUnsent();
        _end.Request();
        _notice.OnCutOff(code);
    }

    /// <summary>The user ends it at once.</summary>
    public void Abort(ushort? code, Instant now)
    {
        if (_life.IsOver)
            return;
        _notice.OnClose(code);
        Fail(new CloseReason(CloseCause.Aborted), reset: _life.State is not (ConnectionState.SynSent or ConnectionState.TimeWait), now);
    }

    /// <summary>The user reads nothing more.</summary>
    public void StopReading(bool leavesUnread, ushort? code, Instant now)
    {
        if (_life.IsOver || _life.State == ConnectionState.SynSent)
            return;
        if (code is { } own && !_receiver.LeavesUnread)
            _notice.OnStopReading(own);
        Discard(leavesUnread, now);
        AfterRefusal(now);
    }

    /// <summary>The peer's ST_FIN is seen, perhaps early, and gives a reason.</summary>
    public void OnPeerReason(in ParsedPacket fin) =>
        (_peerCode, _peerFinNotRead, _isPeerCutOff) = (fin.PeerCloseReason, fin.IsNotRead && _peer.IsOwn, fin.IsCutOff && _peer.IsOwn);

    /// <summary>The peer's ST_FIN is reached.</summary>
    public void OnPeerFin(Instant now)
    {
        _events.OnPeerFinished(isOfInterest: !(_data.IsDiscarded && _end.IsRequested), _isPeerCutOff);
        if (_life.State == ConnectionState.FinSent && _end.IsAcked)
            EnterTimeWait(now);
        else
            _life.OnPeerFin(now);

        // It said that the peer had not read all. What is acknowledged was lost there, what is not will be.
        if (_peerFinNotRead && !_end.IsAcked && !_end.IsUnheard)
            StopWriting();
        EndIfUnheard(now);
    }

    /// <summary>Our ST_FIN was acknowledged, and with it everything before it.</summary>
    public void OnFinAcked(Instant now)
    {
        if (_receiver.LeavesUnread)
        {
            AfterRefusal(now);
            return;
        }

        // RFC 9293 §3.6, LAST-ACK: every transmission of our ST_FIN has acknowledged the peer's, so nothing of the peer's can want an answer any more.
        if (_life.State == ConnectionState.Closing && _end.AnswersPeers)
            End(EndReason, now);
        else if (_life.State == ConnectionState.Closing || (_life.State == ConnectionState.FinSent && (_data.IsDiscarded || _receiver.HasReachedFin)))
            EnterTimeWait(now);
    }

    /// <summary>Something may have been refused: once what we wrote is safe, the peer may hear that what it wrote is not.</summary>
    public void AfterRefusal(Instant now)
    {
        if (!_receiver.LeavesUnread || _life.IsOver)
            return;
        var isFlushed = _end.IsAcked || (EndsByReset && _end.IsQueued && _packets.Count == 0 && !_sendBuffer.HasUnsent);
        if (!isFlushed)
            return;
        _notice.OnLeftUnread();
        IsResetDue = true;
        EndByReset(EndReason, now);
    }

    /// <summary>
    /// A packet says that its sender reads no more. Exact: whoever tells us to stop must know the peer's next seq_nr, as for a ST_RESET (RFC 5961 §3).
    /// </summary>
    public void OnNotRead(in ParsedPacket packet, Instant now)
    {
        if (packet.PeerCloseReason < 0 || !packet.IsNotRead || packet.Header.Type != PacketType.State || packet.Header.SeqNr != _receiver.Expected
            || !_peer.IsOwn || _end.IsUnheard || _end.IsAcked || _life.State == ConnectionState.TimeWait)
        {
            return;
        }

        _peerCode = packet.PeerCloseReason;
        StopWriting();
        EndIfUnheard(now);
    }

    /// <summary>A ST_RESET arrived: exact, or answered with one ST_STATE and ignored (protocol.md §4, RFC 5961 §3).</summary>
    public ReceiveVerdict OnReset(in InboundPacket inbound, Instant now)
    {
        var header = inbound.Packet.Header;
        if (_life.State == ConnectionState.SynSent)
        {
            if (!_handshake.IsAnsweredBy(header.AckNr))
                return ReceiveVerdict.BadAck;
            _peerCode = inbound.Packet.PeerCloseReason;
            Fail(new CloseReason(CloseCause.Refused, PeerCode, "The peer refused the connection."), reset: false, now);
            return ReceiveVerdict.Accepted;
        }

        // Of what is under way to it a peer cannot know the last: our own proves itself by its own next seq_nr instead, which a stranger knows as little.
        var ahead = _packets.NextSeqNr.DistanceTo(header.AckNr);
        var isNext = header.SeqNr == _receiver.Expected;

        // Who does not know the connection cannot show its tag, but answers a packet of ours, and so both of its numbers (note 0034).
        var isExact = ahead is 0 or -1 && (isNext || _tags.Fit(inbound.Packet));
        if (isExact || (_peer.IsOwn && _life.IsAddressConfirmed && isNext && _tags.Fit(inbound.Packet) && ahead <= 0 && ahead >= -(Outstanding + 1)))
        {
            _peerCode = inbound.Packet.PeerCloseReason;
            if (_life.State == ConnectionState.TimeWait || (IsOnlyOurFinUnacknowledged && !inbound.Packet.IsNotRead))
            {
                EnterTimeWait(now);
                return ReceiveVerdict.Accepted;
            }

            if (inbound.Packet.IsNotRead)
                _end.OnUnheard();

            // The end itself waits until all that came before is read.
            _events.OnWritesFailed(isTold: _data.IsSuspended && _data.HasReady && (_receiver.HasReachedFin || _end.IsUnheard));
            Fail(new CloseReason(CloseCause.Reset, PeerCode), reset: false, now);
            return ReceiveVerdict.Accepted;
        }

        if (ahead > 0 || ahead < -(_packets.Count + 1) || !_life.IsAddressConfirmed)
            return ReceiveVerdict.BadAck;
        return _ack.OnOutOfWindow(_rtt.SmoothedMicros, now);
    }

    /// <summary>The peer's host says that its process is gone. A peer that is gone when only our ST_FIN is unacknowledged has everything (protocol.md §4).</summary>
    public void OnPeerGone(Instant now)
    {
        if (IsOnlyOurFinUnacknowledged)
            EnterTimeWait(now);
        else
            Fail(new CloseReason(CloseCause.Reset, Detail: "The peer's host answers that the port is closed: its process is gone."), reset: false, now);
    }

    /// <summary>Our ST_SYN cannot be answered.</summary>
    public void FailAttempt(PathError error, Instant now) => Fail(ReasonOf(error), reset: false, now);

    /// <summary>The handshake took too long.</summary>
    public void OnHandshakeTimer(Instant now)
    {
        if (_life.State == ConnectionState.SynSent)
            Fail(_handshake.Attempts?.Unproved is { } error ? ReasonOf(error) : new CloseReason(CloseCause.ConnectTimeout), reset: false, now);
        else if (_life.State == ConnectionState.SynReceived)
            Fail(new CloseReason(CloseCause.HalfOpenExpired), reset: false, now);
    }

    /// <summary>Both directions are done; late packets are answered for a while. Two repeats of the peer's ST_FIN, after one and after three of its time-outs, are still acknowledged (note 0006).</summary>
    public void EnterTimeWait(Instant now)
    {
        if (_life.State == ConnectionState.TimeWait || _life.IsOver)
            return;
        _events.OnClosed(EndReason);
        _life.OnTimeWait(now);
        _packets.Clear();
        _timers.StopAll();
        _timers.Arm(TimerKind.TimeWait, now.Plus(Math.Min(4 * _rtt.RtoMicros, _options.TimeWaitMicros)));
    }

    /// <summary>TimeWait is over.</summary>
    public void OnTimeWaitTimer(Instant now)
    {
        _life.OnClosed(now);
        Release();
    }

    /// <summary>It ends at once; <paramref name="reset"/>: the peer is told, when the socket takes something again, if it does in time.</summary>
    public void Fail(CloseReason reason, bool reset, Instant now)
    {
        IsResetDue = reset;
        var untilBlocked = _timers[TimerKind.Blocked];
        EndByReset(reason, now);
        if (reset)
            _refusals.OnEndedWhileBlocked(untilBlocked);
    }

    /// <summary>The ST_RESET left, or never will: the socket has taken nothing for too long.</summary>
    public void OnResetDone() => IsResetDue = false;

    /// <summary>The socket did not take the ST_RESET.</summary>
    public void OnResetTakenBack() => IsResetDue = true;

    private static CloseReason ReasonOf(PathError error) => error == PathError.Refused
        ? new CloseReason(CloseCause.Refused, Detail: "The peer's host answers that the port is closed.")
        : new CloseReason(CloseCause.Unreachable, Detail: "No route to the peer's network or host.");

    private int Outstanding => _end.IsUnheard ? _horizon.LargestFlight : _packets.Count;

    private bool IsOnlyOurFinUnacknowledged => _receiver.HasReachedFin && _end.IsSent && _packets.Count <= 1;

    private CloseReason EndReason => new(
        _end.IsUnheard || _peerFinNotRead || _isPeerCutOff ? CloseCause.Reset : _data.IsDiscarded ? CloseCause.Closed : CloseCause.ConfirmedClosed, PeerCode);

    private void Request(ushort? code)
    {
        if (_end.IsRequested)
            return;
        _notice.OnClose(code);
        _end.Request();
    }

    private void Discard(bool leavesUnread, Instant now)
    {
        if (leavesUnread || _receiver.HasUnread)
            _receiver.RefuseFromNowOn();
        _data.Discard(_rtt.SmoothedMicros, now);
        if (_end.IsRequested)
            _events.OnNotInterested();
    }

    private void StopWriting()
    {
        _end.OnUnheard();
        _events.OnWritesFailed(isTold: true);
        _sender.Stop();
    }

    // We have nothing to say that would be heard, and nothing to hear.
    private void EndIfUnheard(Instant now)
    {
        if (!_end.IsUnheard || !_end.IsRequested || _life.IsOver)
            return;
        if (_receiver.HasReachedFin)
        {
            EnterTimeWait(now);
        }
        else if (_data.IsDiscarded)
        {
            _receiver.RefuseFromNowOn();
            _notice.OnLeftUnread();
            Fail(EndReason, reset: true, now);
        }
    }

    private void EndAttempt(Instant now) => End(new CloseReason(CloseCause.Closed), now);

    private void End(CloseReason reason, Instant now)
    {
        _events.OnClosed(reason);
        _life.OnClosed(now);
        Release();
    }

    private void EndByReset(CloseReason reason, Instant now)
    {
        _events.OnClosed(reason);
        _life.OnReset(now);
        Release();
    }

    // What a finished connection does not need any more.
    private void Release()
    {
        _timers.StopAll();
        _packets.Clear();
        _sendBuffer.Clear();
        _receiver.ClearEarly();
        _handshake.Forget();
    }
}
