namespace Utp.Protocol;

/// <summary>
/// What leaves: whose turn it is (protocol.md §4, §9), and what the socket gave back. Owns no rule but that order.
/// </summary>
internal sealed class Outbound
{
    private readonly ConnectionOptions _options;
    private readonly Lifecycle _life;
    private readonly PeerTraits _peer;
    private readonly Handshake _handshake;
    private readonly Receiver _receiver;
    private readonly AckPolicy _ack;
    private readonly PathMtu _mtu;
    private readonly OutstandingPackets _packets;
    private readonly SendBuffer _sendBuffer;
    private readonly OwnEnd _end;
    private readonly Sender _sender;
    private readonly PacketWriter _writer;
    private readonly RetransmissionTimer _retransmission;
    private readonly Closing _closing;
    private readonly Liveness _liveness;
    private readonly SocketRefusals _refusals;

    /// <summary>Asks these what is due.</summary>
    public Outbound(ConnectionParts parts)
    {
        _options = parts.Options;
        _life = parts.Life;
        _peer = parts.Peer;
        _handshake = parts.Handshake;
        _receiver = parts.Receiver;
        _ack = parts.Ack;
        _mtu = parts.Mtu;
        _packets = parts.Packets;
        _sendBuffer = parts.SendBuffer;
        _end = parts.End;
        _sender = parts.Sender;
        _writer = parts.Writer;
        _retransmission = parts.Retransmission;
        _closing = parts.Closing;
        _liveness = parts.Liveness;
        _refusals = parts.Refusals;
    }

    /// <summary>Writes the next datagram; false when nothing may leave now.</summary>
    public bool TryPoll(Span<byte> buffer, Instant now, out Transmit transmit)
    {
        transmit = default;
        if (_refusals.IsBlocked)
            return false;
        if (_closing.IsResetDue)
        {
            _closing.OnResetDone();
            return HandOut(_writer.WriteReset(buffer, now), PolledKind.Reset, out transmit);
        }

        if (_life.IsOver)
            return false;
        if (_handshake.Attempts is { } syn)
            return syn.IsDue && HandOut(_writer.WriteHandshake(NextSyn(now), buffer, now), PolledKind.Syn, out transmit);
        if (_handshake.HalfOpen is { } half)
            return PollHalfOpen(half, buffer, now, out transmit);
        if (_handshake.TryTakeStray(out var stray, out var strayId))
            return HandOut(_writer.WriteResetTo(stray, strayId, buffer, now), PolledKind.Stray, out transmit);
        if (_handshake.IsConfirmationDue)
        {
            _handshake.OnConfirmationSent();
            return HandOut(_writer.WriteStatelessConfirmation(buffer, now), PolledKind.State, out transmit);
        }

        if (_handshake.IsRepeatDue)
            return HandOut(WriteAnswer(buffer, now), PolledKind.Answer, out transmit);
        if (_life.State != ConnectionState.TimeWait && !_end.IsUnheard
            && _sender.TryPoll(buffer, now, _receiver.HasReachedFin, _closing.EndsByReset, out transmit))
        {
            return true;
        }

        if (_ack.IsDue && now >= _ack.DueAt)
            return HandOut(_writer.WriteState(buffer, now), PolledKind.State, out transmit);
        return _liveness.IsKeepAliveDue && HandOut(_writer.WriteKeepAlive(buffer, now), PolledKind.KeepAlive, out transmit);
    }

    /// <summary>The last <paramref name="count"/> datagrams were not taken by the socket (would block).</summary>
    public void OnUnsent(int count, Instant now) => _refusals.OnUnsent(TakeBack(count, now), now);

    /// <summary>The last <paramref name="count"/> datagrams are larger than the socket allows.</summary>
    public void OnTooLarge(int count, Instant now)
    {
        var refused = TakeBack(count, now);
        if (refused.DontFragment && refused.Bytes > MtuSearch.Smallest)
        {
            _mtu.OnDoesNotFit(refused.Bytes, now);
        }
        else if (!_life.IsOver)
        {
            var detail = $"The socket refuses datagrams of {refused.Bytes} bytes: raise its send buffer, or the interface's MTU.";
            _closing.Fail(new CloseReason(CloseCause.SocketError, Detail: detail), reset: false, now);
        }
    }

    /// <summary>The socket takes datagrams again.</summary>
    public void OnWritable(Instant now)
    {
        if (_refusals.OnWritable())
            _retransmission.OnWritable(now);
    }

    private HandshakePacket NextSyn(Instant now) =>
        _handshake.NextSyn(_sendBuffer.Writes > 0 ? _sendBuffer.First.Length : null, _mtu.MaxDatagramBytes, now);

    private Transmit WriteAnswer(Span<byte> buffer, Instant now) =>
        _writer.WriteHandshake(_handshake.NextAnswer(_receiver.Expected.Previous, now), buffer, now);

    // protocol.md §9: at most three bytes leave per byte received, the answer and its repeats included.
    private bool PollHalfOpen(HalfOpen half, Span<byte> buffer, Instant now, out Transmit transmit)
    {
        transmit = default;
        if (half.IsAnswerDue)
            return half.MaySend(0) && Spend(half, HandOut(WriteAnswer(buffer, now), PolledKind.Answer, out transmit), transmit);
        if (half.AnswersSent == 0)
            return false;
        if (_options.Mode == DeliveryMode.Bytes && _packets.HasQueued)
        {
            var seqNr = _packets.NextQueued();
            if (!half.MaySend(_packets[seqNr].Payload.Length))
                return false;
            transmit = _sender.Resend(seqNr, buffer, now);
            return Spend(half, true, transmit);
        }

        var room = half.DataRoom(_mtu.MaxPayload);
        if (_options.Mode == DeliveryMode.Bytes && _sendBuffer.HasUnsent && half.HasRoom && (room > 0 || _peer.IsOwn))
        {
            transmit = _sender.SendNew(Math.Max(1, room), buffer, now);
            return Spend(half, true, transmit);
        }

        if (_peer.IsOwn || !half.WantsQuestion(isEager: _sendBuffer.HasUnsent || _end.IsRequested) || _packets.Count > 0 || !half.MaySend(0))
            return false;
        _handshake.OnQuestionSent(now);
        return Spend(half, HandOut(_writer.WriteQuestion(buffer, now), PolledKind.Question, out transmit), transmit);
    }

    private static bool Spend(HalfOpen half, bool sent, in Transmit transmit)
    {
        half.Spend(transmit.Length);
        return sent;
    }

    private bool HandOut(Transmit written, PolledKind kind, out Transmit transmit)
    {
        transmit = written;
        _refusals.OnPolled(new PolledDatagram(kind, default, written.Length, written.DontFragment, _writer.CarriesAck, 0));
        return true;
    }

    // Returns the first datagram that was taken back: the one that the socket refused.
    private PolledDatagram TakeBack(int count, Instant now)
    {
        PolledDatagram refused = default;
        for (; count > 0 && _refusals.TryTakeBack(out var datagram); count--)
        {
            refused = datagram;
            _writer.OnTakenBack();
            if (datagram.CarriesAck)
                _ack.OnUrgent();
            switch (datagram.Kind)
            {
                case PolledKind.KeepAlive:
                    _liveness.OnKeepAliveDue();
                    break;
                case PolledKind.Reset:
                    _closing.OnResetTakenBack();
                    break;
                case PolledKind.Data:
                    if (_sender.TakeBack(datagram, now) is >= 0 and var payloadBytes)
                        _handshake.HalfOpen?.OnTakenBack(PacketHeader.Length + payloadBytes);
                    break;
                default:
                    if (datagram.Kind == PolledKind.State)
                        _ack.OnUrgent();
                    _handshake.OnTakenBack(datagram.Kind);
                    break;
            }
        }

        return refused;
    }
}
