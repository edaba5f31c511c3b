namespace Utp.Protocol;

/// <summary>
/// What arrives, one batch at a time, so that acknowledging, the congestion law and the timers work once per batch: what each packet must pass before it is believed, and
/// who hears of it in which order. It owns no rule of its own but those checks.
/// </summary>
internal sealed class Inbound
{
    // What a ST_SYN's wnd_size of 0 is taken for (protocol.md §1: it means nothing).
    private const long UnknownPeerWindow = 4_096;

    private readonly ConnectionOptions _options;
    private readonly ConnectionSeed _seed;
    private readonly Lifecycle _life;
    private readonly PeerTraits _peer;
    private readonly PacketTags _tags;
    private readonly Handshake _handshake;
    private readonly Receiver _receiver;
    private readonly UnreadData _data;
    private readonly AckPolicy _ack;
    private readonly PathMtu _mtu;
    private readonly OutstandingPackets _packets;
    private readonly SendBuffer _sendBuffer;
    private readonly OwnEnd _end;
    private readonly PeerWindow _peerWindow;
    private readonly BelievableAcks _horizon;
    private readonly EchoedClock _echoes;
    private readonly PacketWriter _writer;
    private readonly RttEstimator _rtt;
    private readonly RetransmissionTimer _retransmission;
    private readonly TailProbe _tailProbe;
    private readonly AckReader _acks;
    private readonly Sender _sender;
    private readonly Closing _closing;
    private readonly Liveness _liveness;
    private readonly UserEvents _events;
    private readonly ICongestionControl _congestion;
    private readonly TraceOutlet _trace;

    /// <summary>Tells these what arrives.</summary>
    public Inbound(ConnectionParts parts)
    {
        _options = parts.Options;
        _seed = parts.Seed;
        _life = parts.Life;
        _peer = parts.Peer;
        _tags = parts.Tags;
        _handshake = parts.Handshake;
        _receiver = parts.Receiver;
        _data = parts.Data;
        _ack = parts.Ack;
        _mtu = parts.Mtu;
        _packets = parts.Packets;
        _sendBuffer = parts.SendBuffer;
        _end = parts.End;
        _peerWindow = parts.PeerWindow;
        _horizon = parts.Horizon;
        _echoes = parts.Echoes;
        _writer = parts.Writer;
        _rtt = parts.Rtt;
        _retransmission = parts.Retransmission;
        _tailProbe = parts.TailProbe;
        _acks = parts.Acks;
        _sender = parts.Sender;
        _closing = parts.Closing;
        _liveness = parts.Liveness;
        _events = parts.Events;
        _congestion = parts.Congestion;
        _trace = parts.Trace;
    }

    /// <summary>Packets that arrived.</summary>
    public long PacketsReceived { get; private set; }

    /// <summary>Those that were of no use.</summary>
    public long PacketsDropped { get; private set; }

    /// <summary>An acceptor begins with this ST_SYN.</summary>
    public void Accept(in InboundPacket syn, Instant now)
    {
        var header = syn.Packet.Header;
        PacketsReceived++;
        _liveness.OnHeard(syn.Arrival);
        _peer.OnSyn(syn);
        var takesPayload = _handshake.OnSyn(syn, now);
        Begin(header.SeqNr.Next);
        _peerWindow.Begin(header.WndSize == 0 ? UnknownPeerWindow : header.WndSize, header.Timestamp);
        _receiver.OnAdvanced(header.Timestamp, syn.Arrival);
        if (takesPayload)
            _data.Take(syn.Packet.Payload(syn.Datagram.Span), default, hasExtension2: false, now);
        if (_options.AcceptUnconfirmed)
            _events.OnConnected();
    }

    /// <summary>An acceptor begins with the packet that proves a stateless answer. Its round trip is not known.</summary>
    public void AcceptProof(in InboundPacket proof, Instant now)
    {
        var header = proof.Packet.Header;
        _handshake.OnProof(proof, now);
        Begin(header.SeqNr);
        _peerWindow.Begin(header.WndSize, header.Timestamp);
        _receiver.OnAdvanced(header.Timestamp, proof.Arrival);
        _data.Advertise();
        _events.OnConnected();
        HandleBatch([proof], now);
    }

    /// <summary>Handles one batch in the order of arrival.</summary>
    public void HandleBatch(ReadOnlySpan<InboundPacket> batch, Instant now)
    {
        _acks.BeginBatch();
        _horizon.Note(_packets.LeftEdge, _rtt.SmoothedMicros, now);
        var payloadBytes = 0;
        foreach (ref readonly var inbound in batch)
            payloadBytes += inbound.Packet.PayloadLength;
        _data.Expect(payloadBytes + _receiver.EarlyBytes);

        foreach (ref readonly var inbound in batch)
        {
            if (_life.IsOver)
                return;
            PacketsReceived++;
            var verdict = HandlePacket(inbound, now);
            if (verdict is not (ReceiveVerdict.Accepted or ReceiveVerdict.Duplicate))
                PacketsDropped++;
            if (_trace.Target is { } trace)
            {
                var header = inbound.Packet.Header;
                trace.OnReceived(new ReceivedTrace(
                    inbound.Arrival, header.Type, header.SeqNr, header.AckNr, inbound.Packet.PayloadLength, header.WndSize, verdict));
            }
        }

        if (!_life.IsOver)
            FinishBatch(now);
    }

    private void FinishBatch(Instant now)
    {
        if (_acks.HasProgress)
            _acks.OnProgress(_sender.TakeWindowLimited(), now);
        _acks.FindLost(now);
        _tailProbe.Arm(now);
        if (_end.IsAcked)
            _closing.OnFinAcked(now);
        else
            _closing.AfterRefusal(now);
        _ack.OnBatchEnd(now);
        if (_trace.Target is { } trace && _acks.HasNews)
        {
            trace.OnWindow(new WindowTrace(
                now, _congestion.WindowBytes, _packets.BytesInFlight, _peerWindow.Bytes, _congestion.PacingBytesPerSecond));
        }
    }

    private ReceiveVerdict HandlePacket(in InboundPacket inbound, Instant now)
    {
        var header = inbound.Packet.Header;
        if (header.Type == PacketType.Syn)
            return _handshake.OnSynAgain(inbound);
        if (header.Type == PacketType.Reset)
            return _closing.OnReset(inbound, now);
        if (_life.State == ConnectionState.SynSent)
            return HandleAnswer(inbound, now);
        if (header.ConnectionId != _handshake.ReceiveId)
        {
            _handshake.OnStray(header);
            return ReceiveVerdict.NotAllowed;
        }

        if (!_tags.Fit(inbound.Packet))
            return ReceiveVerdict.WrongTag;
        if (_receiver.IsFromAWrapAgo(header.Timestamp, inbound.Arrival))
            return ReceiveVerdict.OldTimestamp;

        // protocol.md §5: an ack of what was never sent drops the packet; one that is a little old is ignored as an ack,
        // but its payload counts; one older than any window that was used drops the packet (but see note 0008).
        var acked = _packets.LeftEdge.Previous.DistanceTo(header.AckNr);
        if (acked > _packets.Count || acked < -_horizon.OldestAck)
            return ReceiveVerdict.BadAck;
        if (!_peer.IsOwn && !_echoes.IsBelievable(header, inbound.Arrival, _writer.LastSent, _rtt.SmoothedMicros))
            return ReceiveVerdict.StrangeTimestamp;
        if (_life.State == ConnectionState.SynReceived)
        {
            // protocol.md §9: exactly our initial seq_nr − 1 or newer, which a stranger cannot know.
            if (acked < 0)
                return ReceiveVerdict.BadAck;
            Confirm(inbound, now);
        }

        if (acked == 0 && header.AckNr == _seed.InitialSeqNr)
            _handshake.OnAnsweredAgain(header, _receiver.Expected);
        else if (acked > 0 && _handshake.OnHeardFrom(header.SeqNr, _receiver.Expected) is { } begin)
            _receiver.BeginElsewhere(begin);
        NotePeer(inbound, now);
        if (_handshake.MustConfirmAgain(inbound))
            _ack.OnUrgent();
        if (acked > 0)
            _receiver.OnAdvanced(header.Timestamp, inbound.Arrival);
        if (acked >= 0)
            _acks.Read(inbound, acked, now);
        _closing.OnNotRead(inbound.Packet, now);
        return header.Type == PacketType.State ? ReceiveVerdict.Accepted : HandleSequenced(inbound, now);
    }

    // ST_DATA and ST_FIN: what consumes a seq_nr.
    private ReceiveVerdict HandleSequenced(in InboundPacket inbound, Instant now)
    {
        var verdict = _receiver.Take(inbound, new PathFacts(_mtu.MaxPayload, _rtt.SmoothedMicros), now, out var news);
        if (news == ReceiverNews.None)
            return verdict;

        // Before the ST_FIN is handled, which may end the connection and report it.
        if ((news & ReceiverNews.FinSeen) != 0 && inbound.Packet.PeerCloseReason >= 0)
            _closing.OnPeerReason(inbound.Packet);
        if ((news & ReceiverNews.FinReached) != 0)
            _closing.OnPeerFin(now);
        if ((news & ReceiverNews.BadFrame) != 0)
            _closing.Fail(new CloseReason(CloseCause.ProtocolError, Detail: "The peer sent a frame that is larger than allowed, or out of place."), reset: true, now);
        return verdict;
    }

    private ReceiveVerdict HandleAnswer(in InboundPacket inbound, Instant now)
    {
        var verdict = _handshake.OnAnswer(inbound, out var answer);
        if (verdict != ReceiveVerdict.Accepted)
            return verdict;
        if (answer.IsFallback)
        {
            _packets.StartAt(_seed.FallbackSeqNr.Next);
            _horizon.Restart();
        }

        Begin(answer.Expected);
        if (answer.TakesPayload)
        {
            _sender.OnFirstWriteTaken(_sendBuffer.First.Length);
            _acks.OnFirstWriteTaken();
        }

        if (answer.RttMicros is { } rtt)
            _acks.OnHandshakeSample(rtt, inbound.Arrival, now);
        _mtu.UseSuggestion();
        _life.OnConnected(now);
        _events.OnConnected();

        // Nothing is known of the peer's clock yet that its stamp could be older than.
        _peerWindow.Begin(_peerWindow.Bytes, inbound.Packet.Header.Timestamp);
        _receiver.OnAdvanced(inbound.Packet.Header.Timestamp, inbound.Arrival);
        NotePeer(inbound, now);

        // protocol.md §4: one empty ST_STATE at once confirms our address to our own acceptor, unless data is about to.
        _ack.OnAnswered();
        if (_peer.IsOwn)
            _handshake.ConfirmAgainLater(now);
        return ReceiveVerdict.Accepted;
    }

    // The acceptor hears that the peer is where it says it is.
    private void Confirm(in InboundPacket inbound, Instant now)
    {
        if (_handshake.OnConfirmed(inbound.Arrival) is { } rtt)
            _acks.OnHandshakeSample(rtt, inbound.Arrival, now);
        if (!_options.AcceptUnconfirmed)
            _events.OnConnected();
        _life.OnConnected(now);
    }

    // The handshake has shown who the peer is.
    private void Begin(SeqNr expected)
    {
        if (_tags.InUse)
            _mtu.OnHeaderGrew(_tags.Bytes);
        _rtt.SetMinRto(_peer.IsOwn ? _options.MinRtoOwnPeerMicros : _options.MinRtoMicros);
        _receiver.Begin(expected);
    }

    // What every believable packet tells, whatever it carries.
    private void NotePeer(in InboundPacket inbound, Instant now)
    {
        var header = inbound.Packet.Header;
        _liveness.OnHeard(inbound.Arrival);
        _peer.OnPacket(inbound);
        _acks.OnDelay(_peer.DelayMicros, header.TimestampDifference);
        _handshake.OnPacket(inbound, _life.IsAddressConfirmed);
        var news = _peerWindow.OnPacket(header, _packets.LeftEdge.Previous.DistanceTo(header.AckNr), _mtu.MaxPayload);
        if (news == PeerWindowNews.None)
            return;
        if ((news & PeerWindowNews.Moved) != 0)
            _acks.OnWindowMoved();
        if ((news & PeerWindowNews.Opened) != 0)
            _retransmission.OnWindowOpened(now);
    }
}
