namespace Utp.Protocol;

/// <summary>What happens when nothing arrives: whose each expired timer is, when the next one is due, and that none is missing (design note 0022).</summary>
internal sealed class Deadlines
{
    private readonly Lifecycle _life;
    private readonly Handshake _handshake;
    private readonly UnreadData _data;
    private readonly AckPolicy _ack;
    private readonly PathMtu _mtu;
    private readonly OutstandingPackets _packets;
    private readonly SendBuffer _sendBuffer;
    private readonly OwnEnd _end;
    private readonly Receiver _receiver;
    private readonly PeerWindow _peerWindow;
    private readonly RetransmissionTimer _retransmission;
    private readonly LossRecovery _losses;
    private readonly TailProbe _tailProbe;
    private readonly Closing _closing;
    private readonly Liveness _liveness;
    private readonly SocketRefusals _refusals;
    private readonly Timers _timers;
    private readonly TraceOutlet _trace;

    /// <summary>Tells these when their time has come.</summary>
    public Deadlines(ConnectionParts parts)
    {
        _life = parts.Life;
        _handshake = parts.Handshake;
        _data = parts.Data;
        _ack = parts.Ack;
        _mtu = parts.Mtu;
        _packets = parts.Packets;
        _sendBuffer = parts.SendBuffer;
        _end = parts.End;
        _receiver = parts.Receiver;
        _peerWindow = parts.PeerWindow;
        _retransmission = parts.Retransmission;
        _losses = parts.Losses;
        _tailProbe = parts.TailProbe;
        _closing = parts.Closing;
        _liveness = parts.Liveness;
        _refusals = parts.Refusals;
        _timers = parts.Timers;
        _trace = parts.Trace;
    }

    /// <summary>Whether there is something to do and no timer that does it; see <see cref="UtpConnection.IsStalled"/>.</summary>
    public bool IsStalled
    {
        get
        {
            if (_life.IsOver && !_closing.IsResetDue)
                return false;
            if (_refusals.IsBlocked || !_life.IsAddressConfirmed || _life.State == ConnectionState.TimeWait || _life.IsOver)
                return GiveUpAt == Instant.Never && (!_life.IsOver || _closing.IsResetDue);
            if (_packets.Count > 0)
                return !_timers.IsArmed(TimerKind.Retransmission);
            if (_sendBuffer.HasUnsent)
                return !_timers.IsArmed(TimerKind.Persist) && !_timers.IsArmed(TimerKind.Pacing);
            return _end.HasFinToSend || (_ack.IsWaiting && !_timers.IsArmed(TimerKind.DelayedAck));
        }
    }

    /// <summary>When <see cref="Expire"/> has something to do, if nothing else happens.</summary>
    public Instant Next(Instant now)
    {
        // While the socket takes nothing, only giving up has a time.
        if (_refusals.IsBlocked)
            return Instant.Min(GiveUpAt, _timers[TimerKind.Idle]);

        // A window that opened after the last drain waits for nothing; an acknowledgement that is held leaves by itself at last.
        return _ack.IsDue && _life.IsAddressConfirmed && !_life.IsOver ? Instant.Min(Instant.Max(now, _ack.DueAt), _timers.Next) : _timers.Next;
    }

    /// <summary>Handles the deadlines that have passed.</summary>
    public void Expire(Instant now)
    {
        while ((!_life.IsOver || _closing.IsResetDue) && _timers.TryExpire(now, out var timer))
        {
            _trace.Target?.OnTimer(new TimerTrace(now, timer));
            OnTimer(timer, now);
        }
    }

    // When a connection ends that cannot send, or has not heard the peer yet.
    private Instant GiveUpAt => Instant.Min(_timers[TimerKind.Blocked], Instant.Min(_timers[TimerKind.Handshake], _timers[TimerKind.TimeWait]));

    private void OnTimer(TimerKind timer, Instant now)
    {
        if (timer is TimerKind.Retransmission or TimerKind.TailProbe or TimerKind.SynRetry)
            _handshake.OnAskedAgain();
        switch (timer)
        {
            case TimerKind.Retransmission:
                OnRetransmission(now);
                break;
            case TimerKind.Reordering:
                _losses.FindLost(leftEdgeMoved: false, probeRepairedLoss: false, _retransmission.ConsecutiveTimeouts, now);
                break;
            case TimerKind.TailProbe:
                _tailProbe.OnTimer(_refusals.IsBlocked, now);
                break;
            case TimerKind.SynRetry:
                if (_handshake.OnRetryTimer(now))
                    _ack.OnUrgent();
                break;
            case TimerKind.Handshake:
                _closing.OnHandshakeTimer(now);
                break;
            case TimerKind.Persist:
                _peerWindow.OnTimer(_mtu.MaxPayload, nothingOutstanding: _packets.Count == 0);
                break;
            case TimerKind.DelayedAck:
                _ack.OnDelayOver();
                break;
            case TimerKind.KeepAlive:
                _liveness.OnKeepAliveDue();
                break;
            case TimerKind.Idle:
                if (_liveness.IsIdle(now))
                    _closing.Fail(new CloseReason(CloseCause.IdleTimeout), reset: _life.IsAddressConfirmed, now);
                break;
            case TimerKind.UnfinishedFrame:
                if (_data.IsFrameHeld(now))
                    FailForHeldFrame(now);
                break;
            case TimerKind.Blocked:
                OnBlocked(now);
                break;
            case TimerKind.TimeWait:
                _closing.OnTimeWaitTimer(now);
                break;
            default:
                // Pacing: the next poll finds the packet free to leave.
                break;
        }
    }

    private void OnRetransmission(Instant now)
    {
        var timeouts = _retransmission.Timeouts;
        var verdict = _retransmission.OnTimer(_refusals.IsBlocked, isFinLast: _receiver.HasReachedFin && _end.IsSent, _liveness.LastHeard, now);
        if (verdict == TimeoutVerdict.PeerForgotUs)
        {
            _closing.EnterTimeWait(now);
        }
        else if (verdict == TimeoutVerdict.GiveUp)
        {
            var detail = _retransmission.DescribeSilence(_liveness.LastHeard, now);
            _closing.Fail(new CloseReason(CloseCause.TooManyRetransmissions, Detail: detail), reset: true, now);
        }
        else if (_retransmission.Timeouts > timeouts && _handshake.OnUnheard(_receiver.Expected) is { } begin)
        {
            _receiver.BeginElsewhere(begin);
        }
    }

    private void OnBlocked(Instant now)
    {
        if (_life.IsOver)
        {
            _closing.OnResetDone();
            return;
        }

        var stillQueued = _refusals.RefusedSeqNr is { } seqNr && _packets.Contains(seqNr) && _packets[seqNr].Queued;
        if (_refusals.OnTimer(stillQueued, now) is { } detail)
            _closing.Fail(new CloseReason(CloseCause.SocketError, Detail: detail), reset: false, now);
    }

    private void FailForHeldFrame(Instant now) => _closing.Fail(
        new CloseReason(CloseCause.ProtocolError, Detail: "The peer left a frame unfinished for ten seconds while memory for frames was short (utp.reorder-memory)."),
        reset: true, now);
}
