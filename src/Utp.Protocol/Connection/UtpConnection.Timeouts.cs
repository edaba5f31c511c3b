namespace Utp.Protocol;

// What happens when nothing arrives.
public sealed partial class UtpConnection
{
    private const long MaxPersistMicros = 60_000_000;

    // So often a ST_FIN goes unanswered before a peer that has finished itself is taken for gone, and the connection for closed.
    private const int LastAckTimeouts = 4;

    private int _persistBackOff;
    private bool _persistProbeDue;
    private bool _keepAliveDue;
    private bool _retransmitNow;
    private Instant _lastRto;

    private void OnTimer(TimerKind timer, Instant now)
    {
        // What the acceptor drops because it does not remember us would be dropped again.
        _confirmDue |= _confirmsStateless && (timer is TimerKind.Retransmission or TimerKind.TailProbe or TimerKind.SynRetry);
        switch (timer)
        {
            case TimerKind.Retransmission:
                OnRetransmissionTimeout();
                break;
            case TimerKind.Reordering:
                _batch = new BatchFacts { BytesInFlight = _packets.BytesInFlight };
                FindLost();
                break;
            case TimerKind.TailProbe:
                OnTailProbe();
                break;
            case TimerKind.SynRetry when _synSent is not null:
                _synSent.IsDue = true;
                break;
            case TimerKind.SynRetry when _synReceived is not null:
                _synReceived.QuestionDue = true;
                break;
            case TimerKind.SynRetry:
                _ack.OnUrgent();
                ArmConfirmation();
                break;
            case TimerKind.Handshake when State == ConnectionState.SynSent:
                Fail(_synSent?.Unproved is { } error ? ReasonOf(error) : new CloseReason(CloseCause.ConnectTimeout), reset: false);
                break;
            case TimerKind.Handshake when State == ConnectionState.SynReceived:
                Fail(new CloseReason(CloseCause.HalfOpenExpired), reset: false);
                break;
            case TimerKind.Persist:
                _persistProbeDue = _peerWindow < MaxPayload && _packets.Count == 0;
                break;
            case TimerKind.DelayedAck:
                _ack.OnDelayOver();
                break;
            case TimerKind.KeepAlive:
                _keepAliveDue = true;
                break;
            case TimerKind.Idle:
                OnIdle(now);
                break;
            case TimerKind.UnfinishedFrame:
                if (_data.IsFrameHeld(now))
                {
                    Fail(
                        new CloseReason(CloseCause.ProtocolError, Detail: "The peer left a frame unfinished for ten seconds while memory for frames was short (utp.reorder-memory)."),
                        reset: true);
                }

                break;
            case TimerKind.Blocked:
                OnBlockedForLong();
                break;
            case TimerKind.TimeWait:
                _life.OnClosed(now);
                Release();
                break;
            default:
                // Pacing: the next poll finds the packet free to leave.
                break;
        }
    }

    // RFC 6298 §5.4–5.6, RFC 5682: one packet goes again; what became of the others its acknowledgement will tell.
    private void OnRetransmissionTimeout()
    {
        if (_packets.Count == 0)
            return;
        if (_blocked)
        {
            // What the socket never took cannot be lost (protocol.md §5).
            _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));
            return;
        }

        if (_packets.PacketsInFlight == 0 && _packets.HasQueued)
        {
            // All of it waits to be sent: whatever holds it back, one packet leaves now.
            _retransmitNow = true;
            _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));
            return;
        }

        _counters.Timeouts++;

        // A closed window is no sign of a dead peer as long as it answers (RFC 9293 §3.8.6.1).
        if (_peerWindow >= MaxPayload || _lastHeard.Since(_lastRto) <= 0)
            _consecutiveTimeouts++;
        _lastRto = _now;

        // Note 0006: it forgot us with its last acknowledgement. All data has arrived, so it is a normal close, as a ST_RESET
        // would be in this place.
        if (_receiver.HasReachedFin && _finSent && _packets.Count == 1 && _consecutiveTimeouts >= LastAckTimeouts)
        {
            EnterTimeWait();
            return;
        }

        if (_consecutiveTimeouts > _options.MaxTimeouts)
        {
            Fail(
                new CloseReason(
                    CloseCause.TooManyRetransmissions,
                    Detail: $"{_options.MaxTimeouts} consecutive time-outs, {_now.Since(_lastHeard) / 1_000} ms without a word from the peer. {DescribeOldest()}"),
                reset: true);
            return;
        }

        _rtt.BackOff();
        if (_undecidedTimeout == 0)
            _undecidedTimeout = _packets.LastTransmission;
        _lossEpisodeEnd = _packets.LastTransmission;
        _congestion.OnTimeout(_now);
        if (_packets[_packets.LeftEdge].InFlight)
            MarkLost(_packets.LeftEdge, LossCause.Timeout);
        _retransmitNow = true;
        _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));
    }

    // The size may be the cause, above all of what a foreign peer must get whole.
    private string DescribeOldest()
    {
        var bytes = Math.Max(PacketHeader.Length, (int)_packets[_packets.LeftEdge].DatagramBytes);
        return bytes > MtuSearch.Smallest
            ? $"The oldest packet is a datagram of {bytes} bytes; if the path carries neither that nor its fragments, set utp.max-datagram-size to {MtuSearch.Smallest}."
            : $"The oldest packet is a datagram of {bytes} bytes.";
    }

    private void OnIdle(Instant now)
    {
        var deadline = _lastHeard.Plus(_options.IdleTimeoutMicros);
        if (deadline > now)
            _timers.Arm(TimerKind.Idle, deadline);
        else
            Fail(new CloseReason(CloseCause.IdleTimeout), reset: IsAddressConfirmed);
    }

    // The peer's window is closed, and only a probe can tell when it opens if its announcement is lost.
    private void ArmPersist()
    {
        if (_timers.IsArmed(TimerKind.Persist) || _persistProbeDue)
            return;
        var wait = Math.Min(MaxPersistMicros, _rtt.BaseRtoMicros << Math.Min(_persistBackOff, 16));
        _persistBackOff++;
        _timers.Arm(TimerKind.Persist, _now.Plus(wait));
    }
}
