namespace Utp.Protocol;

// What the socket does not take now (would block), and what follows when that never ends (note 0022).
public sealed partial class UtpConnection
{
    private bool _blocked;

    // Since when the socket has taken nothing as large as this; 0 bytes: it takes what it is given.
    private Instant _refusedSince;
    private int _refusedBytes;
    private SeqNr? _refusedSeqNr;

    /// <summary>
    /// Whether there is something to send, or an answer to wait for, and no timer that makes the connection go on or ends it. After both polls were drained this is a
    /// defect: simulations ask after every drain. Keep-alive and the idle time-out do not count, since a peer that only acknowledges keeps them from ending anything.
    /// </summary>
    public bool IsStalled
    {
        get
        {
            if (IsTerminated)
                return false;
            if (_blocked || !IsAddressConfirmed || State == ConnectionState.TimeWait || IsOver)
                return GiveUpAt == Instant.Never && (!IsOver || _resetDue);
            if (_packets.Count > 0)
                return !_timers.IsArmed(TimerKind.Retransmission);
            if (_sendBuffer.HasUnsent)
                return !_timers.IsArmed(TimerKind.Persist) && !_timers.IsArmed(TimerKind.Pacing);
            return (_finQueued && !_finSent) || (_ack.IsWaiting && !_timers.IsArmed(TimerKind.DelayedAck));
        }
    }

    // When a connection ends that cannot send, or has not heard the peer yet.
    private Instant GiveUpAt => Instant.Min(_timers[TimerKind.Blocked], Instant.Min(_timers[TimerKind.Handshake], _timers[TimerKind.TimeWait]));

    /// <summary>
    /// The last <paramref name="count"/> datagrams that <see cref="PollTransmit"/> yielded were not taken by the socket (would
    /// block): they were never sent, which is not loss. Call before anything else; nothing is yielded then until
    /// <see cref="HandleWritable"/>. A socket that never takes anything again ends the connection in as long as a silent peer would.
    /// </summary>
    public void HandleUnsent(int count, Instant now)
    {
        _now = now;
        var refused = TakeBack(count);
        ForgetPolled();
        _blocked = true;
        if (_refusedBytes == 0 || refused.Bytes < _refusedBytes || !_timers.IsArmed(TimerKind.Blocked))
            BeginRefusals(refused.Bytes);
        _refusedSeqNr = refused.Kind == PolledKind.Data ? refused.SeqNr : null;
        NoteRefusedSize(refused);
    }

    /// <summary>The socket takes datagrams again.</summary>
    public void HandleWritable(Instant now)
    {
        BeginInput(now);

        // The time that the socket took nothing is nobody's round trip, and no time-out (protocol.md §5: would-block is not loss).
        if (_blocked && _timers.IsArmed(TimerKind.Retransmission))
            _timers.Arm(TimerKind.Retransmission, now.Plus(_rtt.RtoMicros));
        _blocked = false;
    }

    // What was polled before was sent for good.
    private void ForgetPolled()
    {
        if (_polled is not { Count: > 0 })
            return;
        if (_refusedBytes > 0)
        {
            foreach (var datagram in _polled)
            {
                if (datagram.Bytes >= _refusedBytes)
                    EndRefusals();
            }
        }

        _polled.Clear();
    }

    private void BeginRefusals(int bytes)
    {
        (_refusedBytes, _refusedSince) = (bytes, _now);
        _timers.Arm(TimerKind.Blocked, _now.Plus(PatienceMicros));
    }

    private void EndRefusals()
    {
        _refusedBytes = 0;
        _timers.Stop(TimerKind.Blocked);
    }

    // Would-block is not loss. But some devices drop what is too large for their other end and say "no buffer space": then the same size is refused again
    // and again, although the socket takes smaller ones.
    private void NoteRefusedSize(in PolledDatagram refused)
    {
        if (!refused.DontFragment)
            return;
        if (refused.Bytes > _mtu.MaxDatagramBytes)
        {
            _mtu.OnProbeRefused(refused.Bytes);
        }
        else if (_now.Since(_refusedSince) >= _rtt.RtoMicros && _mtu.OnRefusedForLong(refused.Bytes, _now))
        {
            // Now the question is whether it takes anything.
            BeginRefusals(1);
        }
    }

    private void OnBlockedForLong()
    {
        // It may have gone otherwise meanwhile, in pieces for one.
        var stillWaits = _blocked || (_refusedSeqNr is { } seqNr && _packets.Contains(seqNr) && _packets[seqNr].Queued);
        if (IsOver)
            _resetDue = false;
        else if (stillWaits)
            Fail(new CloseReason(CloseCause.SocketError, Detail: $"The socket has taken no datagram of {_refusedBytes} bytes for {_now.Since(_refusedSince) / 1_000} ms: look at the interface, its queue and its MTU."), reset: false);
        else
            EndRefusals();
    }

    // As long as a peer may be silent: all the time-outs that end a connection, one after the other.
    private long PatienceMicros
    {
        get
        {
            var micros = 0L;
            for (var i = 0; i <= _options.MaxTimeouts; i++)
                micros += Math.Min(_options.MaxRtoMicros, _rtt.BaseRtoMicros << Math.Min(i, 16));
            return micros;
        }
    }
}
