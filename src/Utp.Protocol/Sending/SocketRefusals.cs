namespace Utp.Protocol;

/// <summary>What a datagram was, so that it can be taken back.</summary>
internal enum PolledKind : byte
{
    /// <summary>A ST_SYN.</summary>
    Syn,

    /// <summary>The acceptor's answer to a ST_SYN.</summary>
    Answer,

    /// <summary>An acceptor's empty ST_DATA, which asks whether the initiator is there.</summary>
    Question,

    /// <summary>A ST_STATE.</summary>
    State,

    /// <summary>What keeps the way to us open.</summary>
    KeepAlive,

    /// <summary>A ST_DATA or ST_FIN.</summary>
    Data,

    /// <summary>The ST_RESET that ends the connection.</summary>
    Reset,

    /// <summary>A ST_RESET of a half-open connection that is not wanted.</summary>
    Stray,
}

/// <summary>A datagram that was handed out for sending.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="SeqNr">Data: its seq_nr.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="DontFragment">Whether it must not be fragmented.</param>
/// <param name="CarriesAck">Whether it carries an acknowledgement that was due.</param>
/// <param name="PieceOffset">Data: where in its packet it begins, if it is a piece.</param>
internal readonly record struct PolledDatagram(PolledKind Kind, SeqNr SeqNr, int Bytes, bool DontFragment, bool CarriesAck, int PieceOffset);

/// <summary>
/// What was handed out, what of it the socket does not take (would block), and what follows when that never ends (design note 0022). Owned by the connection.
/// </summary>
internal sealed class SocketRefusals(ConnectionOptions options, RttEstimator rtt, PathMtu mtu, Timers timers)
{
    private const int MaxBurst = 128;

    private List<PolledDatagram>? _polled;

    // Since when the socket has taken nothing as large as this; 0 bytes: it takes what it is given.
    private Instant _since;
    private int _bytes;

    /// <summary>Whether nothing may be handed out until the socket is writable.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>The ST_DATA or ST_FIN that the socket refused last; null: it was something else.</summary>
    public SeqNr? RefusedSeqNr { get; private set; }

    /// <summary>A datagram was handed out.</summary>
    public void OnPolled(in PolledDatagram datagram)
    {
        _polled ??= new List<PolledDatagram>(2);
        if (_polled.Count == MaxBurst)
            _polled.RemoveRange(0, MaxBurst / 2);
        _polled.Add(datagram);
    }

    /// <summary>The last datagram that was handed out: it was never sent.</summary>
    public bool TryTakeBack(out PolledDatagram datagram)
    {
        datagram = default;
        if (_polled is not { Count: > 0 })
            return false;
        datagram = _polled[^1];
        _polled.RemoveAt(_polled.Count - 1);
        return true;
    }

    /// <summary>What was handed out before was sent for good.</summary>
    public void ForgetPolled()
    {
        if (_polled is not { Count: > 0 })
            return;
        if (_bytes > 0)
        {
            foreach (var datagram in _polled)
            {
                if (datagram.Bytes >= _bytes)
                    End();
            }
        }

        _polled.Clear();
    }

    /// <summary>The socket blocks; <paramref name="refused"/> is the first datagram that it did not take.</summary>
    public void OnUnsent(in PolledDatagram refused, Instant now)
    {
        ForgetPolled();
        IsBlocked = true;
        if (_bytes == 0 || refused.Bytes < _bytes || !timers.IsArmed(TimerKind.Blocked))
            Begin(refused.Bytes, now);
        RefusedSeqNr = refused.Kind == PolledKind.Data ? refused.SeqNr : null;
        NoteSize(refused, now);
    }

    /// <summary>The socket takes datagrams again; returns whether it had not.</summary>
    public bool OnWritable()
    {
        var wasBlocked = IsBlocked;
        IsBlocked = false;
        return wasBlocked;
    }

    /// <summary>The time is over. Returns why the connection ends; null: it goes on, because nothing waits for this any more.</summary>
    /// <param name="stillQueued">Whether <see cref="RefusedSeqNr"/> still waits: it may have gone otherwise meanwhile, in pieces for one.</param>
    /// <param name="now">The time.</param>
    public string? OnTimer(bool stillQueued, Instant now)
    {
        if (IsBlocked || stillQueued)
            return $"The socket has taken no datagram of {_bytes} bytes for {now.Since(_since) / 1_000} ms: look at the interface, its queue and its MTU.";
        End();
        return null;
    }

    /// <summary>The connection has ended, and its peer is told when the socket takes something again, if it does until <paramref name="deadline"/>.</summary>
    public void OnEndedWhileBlocked(Instant deadline)
    {
        if (IsBlocked)
            timers.Arm(TimerKind.Blocked, deadline);
    }

    // Would-block is not loss. But some devices drop what is too large for their other end and say "no buffer space": then the same size is refused again
    // and again, although the socket takes smaller ones.
    private void NoteSize(in PolledDatagram refused, Instant now)
    {
        if (!refused.DontFragment)
            return;
        if (refused.Bytes > mtu.MaxDatagramBytes)
        {
            mtu.OnProbeRefused(refused.Bytes);
        }
        else if (now.Since(_since) >= rtt.RtoMicros && mtu.OnRefusedForLong(refused.Bytes, now))
        {
            // Now the question is whether it takes anything.
            Begin(1, now);
        }
    }

    private void Begin(int bytes, Instant now)
    {
        (_bytes, _since) = (bytes, now);
        timers.Arm(TimerKind.Blocked, now.Plus(PatienceMicros));
    }

    private void End()
    {
        _bytes = 0;
        timers.Stop(TimerKind.Blocked);
    }

    // As long as a peer may be silent: all the time-outs that end a connection, one after the other.
    private long PatienceMicros
    {
        get
        {
            var micros = 0L;
            for (var i = 0; i <= options.MaxTimeouts; i++)
                micros += Math.Min(options.MaxRtoMicros, rtt.BaseRtoMicros << Math.Min(i, 16));
            return micros;
        }
    }
}
