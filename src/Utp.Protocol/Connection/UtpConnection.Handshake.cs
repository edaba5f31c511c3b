namespace Utp.Protocol;

// The handshake (protocol.md §3 "Capabilities", §4, §9): ST_SYN and its retries, the acceptor's answer, confirmation.
public sealed partial class UtpConnection
{
    // A silent foreign initiator is asked after this long whether it is there: its ack confirms the address.
    private const long SilenceMicros = 3_000_000;

    // The same when our user waits for it: longer than most round trips, because most initiators speak first.
    private const long AwaitedSilenceMicros = 250_000;

    // How far before our initial seq_nr the question stands: old for everybody (libutp looks back 1,024), and for the npm utp
    // in the slot of the packet that it takes next, where it is harmless (note 0004).
    private const int QuestionDistance = 512;

    // What a ST_SYN's wnd_size of 0 is taken for (protocol.md §1: it means nothing).
    private const long UnknownPeerWindow = 4_096;

    // Repeats of the ST_STATE that confirms our address, after 1, 3 and 7 s: within the time of a half-open connection.
    private const int MaxConfirmations = 3;

    private SynSentData? _synSent;
    private SynReceivedData? _synReceived;
    private SeqNr? _peerSyn;
    private int _confirmations;
    private bool _repeatAnswerDue;

    // The acceptor remembers nothing of our ST_SYN: until it is heard, confirmations show our capabilities again, and go before data (note 0033).
    private bool _confirmsStateless;
    private bool _confirmDue;
    private PacketHeader? _strayPacket;

    private Capabilities OwnCapabilities => CapabilitiesOf(_options);

    /// <summary>What a connection with these options shows; None when it shows nothing.</summary>
    public static Capabilities CapabilitiesOf(ConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges | Capabilities.PacketPieces;
        return Own | options.Mode switch
        {
            DeliveryMode.Objects => Capabilities.Metadata | Capabilities.SynPayload,
            DeliveryMode.Frames => Capabilities.Frames,
            _ => Capabilities.SynPayload,
        };
    }

    /// <summary>
    /// Starts a connection as initiator; <see cref="PollTransmit"/> yields the ST_SYN.
    /// </summary>
    /// <param name="seed">Random ids and seq_nrs, both receive ids reserved by the caller.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="initialData">
    /// The stream's first bytes, offered on the ST_SYN when they fit in one packet and the mode allows it; counts as the first
    /// write when not empty. Borrowed like a write's.
    /// </param>
    /// <param name="now">The time.</param>
    public static UtpConnection Connect(ConnectionSeed seed, ConnectionOptions options, ReadOnlyMemory<byte> initialData, Instant now)
    {
        var connection = new UtpConnection(seed, options, ConnectionState.SynSent, seed.InitialSeqNr.Next, now)
        {
            ReceiveId = seed.ReceiveId,
            SendId = seed.ReceiveId.Next,
            _synSent = new SynSentData { IsDue = true },
        };
        if (!initialData.IsEmpty)
            connection._sendBuffer.Add(initialData, default, isMessage: options.Mode != DeliveryMode.Bytes);
        connection._timers.Arm(TimerKind.Handshake, now.Plus(options.ConnectTimeoutMicros));
        return connection;
    }

    /// <summary>
    /// What <see cref="Connect"/> was not given, because it may belong to another connection: the stream's first bytes, whatever their size. Only once, and before
    /// the first write.
    /// </summary>
    /// <param name="data">The bytes; not empty. Borrowed like a write's.</param>
    /// <param name="now">The time.</param>
    public void AddInitialData(ReadOnlyMemory<byte> data, Instant now)
    {
        BeginInput(now);
        _sendBuffer.Add(data, default, isMessage: _options.Mode != DeliveryMode.Bytes);
    }

    /// <summary>
    /// Starts a connection as acceptor, in answer to a ST_SYN that the router found acceptable. The ST_SYN is handled by this
    /// call: do not hand it to <see cref="HandleBatch"/> again. The connection may be used at once, but its user hears of it when the peer's address is
    /// confirmed (<see cref="ConnectionOptions.AcceptUnconfirmed"/>); what it may send before is bounded (protocol.md §9).
    /// </summary>
    /// <param name="seed">The receive id must be the ST_SYN's id + 1.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="syn">The ST_SYN; borrowed until the call returns.</param>
    /// <param name="now">The time.</param>
    /// <param name="reorderMemory">The account of the peer's address in <see cref="ConnectionOptions.ReorderBudget"/>, which all its connections share; null: the connection has its own.</param>
    public static UtpConnection Accept(ConnectionSeed seed, ConnectionOptions options, in InboundPacket syn, Instant now, MemoryBudget? reorderMemory = null)
    {
        var connection = new UtpConnection(seed, options, ConnectionState.SynReceived, seed.InitialSeqNr, now, reorderMemory)
        {
            ReceiveId = seed.ReceiveId,
            SendId = seed.ReceiveId.Previous,
        };
        connection.AcceptSyn(syn);
        return connection;
    }

    /// <summary>
    /// Starts a connection as acceptor by the packet that proves that the peer got the stateless answer to its ST_SYN. The packet is handled by this call.
    /// </summary>
    /// <param name="seed">As the router found it.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="proof">The packet; borrowed until the call returns.</param>
    /// <param name="now">The time.</param>
    /// <param name="reorderMemory">As in <see cref="Accept"/>.</param>
    public static UtpConnection AcceptProved(ConnectionSeed seed, ConnectionOptions options, in InboundPacket proof, Instant now, MemoryBudget? reorderMemory = null)
    {
        var connection = new UtpConnection(seed, options, ConnectionState.SynReceived, seed.InitialSeqNr, now, reorderMemory)
        {
            ReceiveId = seed.ReceiveId,
            SendId = seed.ReceiveId.Previous,
        };
        connection.AcceptProof(proof);
        return connection;
    }

    // All that the ST_SYN said and nobody remembers stands in this packet, or follows from it. Its round trip is not known.
    private void AcceptProof(in InboundPacket proof)
    {
        var header = proof.Packet.Header;
        _peerSyn = header.SeqNr.Previous;
        SetPeer(_peer.IsNodeUtp ? Capabilities.None : CapabilitiesExtension.Parse(proof.Packet.Extension2(proof.Datagram.Span)), proof.Packet.Tag, header.SeqNr);
        _peerWindow = header.WndSize;
        _peerWindowStamp = header.Timestamp;
        _receiver.OnAdvanced(header.Timestamp, proof.Arrival);
        _data.Advertise();
        _synReceived = new SynReceivedData { AnswersSent = 2, LastSent = _now, Budget = 3L * proof.Datagram.Length };
        _connectedPending = true;
        HandleBatch([proof], _now);
    }

    private void AcceptSyn(in InboundPacket syn)
    {
        var header = syn.Packet.Header;
        var datagram = syn.Datagram.Span;
        _counters.PacketsReceived++;
        _lastHeard = syn.Arrival;
        _peer.OnSyn(syn);
        SetPeer(_peer.IsNodeUtp ? Capabilities.None : CapabilitiesExtension.Parse(syn.Packet.Extension2(datagram)), syn.Packet.Tag, header.SeqNr.Next);
        _peerWindow = header.WndSize == 0 ? UnknownPeerWindow : header.WndSize;
        _peerWindowStamp = header.Timestamp;
        _receiver.OnAdvanced(header.Timestamp, syn.Arrival);

        // protocol.md §3: a foreign peer sends its ST_SYN payload again as ST_DATA, because everybody drops it.
        var trusted = _peer.IsNodeUtp
            || (PeerCapabilities & OwnCapabilities & Capabilities.SynPayload) != 0;
        var answer = IsOwnPeer ? OwnCapabilities & ~Capabilities.SynPayload : Capabilities.None;
        if (trusted && syn.Packet.PayloadLength > 0)
        {
            _data.Take(syn.Packet.Payload(datagram), default, hasExtension2: false, _now);
            if (IsOwnPeer)
                answer |= Capabilities.SynPayload;
        }

        _synReceived = new SynReceivedData
        {
            Answer = answer,
            AnswerDue = true,
            Budget = 3L * datagram.Length,
        };
        _peerSyn = header.SeqNr;
        _connectedPending = _options.AcceptUnconfirmed;
        _timers.Arm(TimerKind.Handshake, _now.Plus(_options.HalfOpenTimeoutMicros));
        var silence = _options.AcceptUnconfirmed ? SilenceMicros : AwaitedSilenceMicros;
        if (!IsOwnPeer)
            _timers.Arm(TimerKind.SynRetry, _now.Plus(Math.Min(silence, _options.HalfOpenTimeoutMicros / 2)));
    }

    // A ST_SYN for a connection that exists: the same again gets the same answer, another one nothing (protocol.md §1).
    private ReceiveVerdict HandleSyn(in InboundPacket inbound)
    {
        if (_peerSyn is not { } synSeqNr || inbound.Packet.Header.SeqNr != synSeqNr)
            return ReceiveVerdict.NotAllowed;
        _counters.Duplicates++;
        if (_synReceived is { } half)
        {
            half.Budget += 3L * inbound.Datagram.Length;
            half.AnswerDue = true;

            // What was asked before it had our answer was lost on it.
            half.QuestionDue |= half.Questions > 0;
        }
        else
        {
            _repeatAnswerDue = true;
        }

        return ReceiveVerdict.Duplicate;
    }

    // The answer to our ST_SYN: only a ST_STATE tells where the peer's sequence begins.
    private ReceiveVerdict HandleAnswer(in InboundPacket inbound)
    {
        var header = inbound.Packet.Header;
        var syn = _synSent!;
        var first = header.ConnectionId == _seed.ReceiveId && header.AckNr == _seed.InitialSeqNr && syn.FirstSent;
        var fallback = header.ConnectionId == _seed.FallbackReceiveId && header.AckNr == _seed.FallbackSeqNr && syn.FallbackSent;
        if (!first && !fallback)
            return header.Type == PacketType.State ? ReceiveVerdict.BadAck : ReceiveVerdict.NotAllowed;
        if (!_tags.FitAnswer(inbound.Packet))
            return ReceiveVerdict.WrongTag;
        if (header.Type != PacketType.State)
        {
            syn.NoteEarly(header.SeqNr);
            return ReceiveVerdict.NotAllowed;
        }

        ReceiveId = header.ConnectionId;
        SendId = ReceiveId.Next;
        if (fallback)
        {
            _packets = new OutstandingPackets(_seed.FallbackSeqNr.Next);
            _repeatedAcks = new AckHorizon(AckHorizon.OfRepeatsMicros);
            _delayedAcks = new AckHorizon(AckHorizon.OfDelaysMicros);
        }


        // The npm utp answers a repeated ST_SYN with the seq_nr it has come to: data that overtook the answer was before that.
        var expected = syn.EarlySeqNr is { } early && header.SeqNr.IsAfter(early) ? early : header.SeqNr;
        var shown = first && _options.Compatibility == PeerCompatibility.Negotiate
            ? CapabilitiesExtension.Parse(inbound.Packet.Extension2(inbound.Datagram.Span))
            : Capabilities.None;
        _confirmsStateless = _confirmDue = (shown & Capabilities.Stateless) != 0;
        SetPeer(shown & ~Capabilities.Stateless, inbound.Packet.Tag, expected);
        if (first && syn.PayloadOffered
            && (_peer.IsNodeUtp || (PeerCapabilities & Capabilities.SynPayload) != 0))
        {
            _counters.BytesSent += _sendBuffer.First.Length;
            _counters.BytesDelivered += _sendBuffer.First.Length;
            _sendBuffer.SkipFirst();
        }

        // Karn: only a ST_SYN that was sent once tells the round trip.
        if (syn.Attempts == 1 || fallback)
            TakeHandshakeSample(inbound.Arrival.Since(syn.LastSent), inbound.Arrival);
        _synSent = null;
        _timers.Stop(TimerKind.Handshake);
        _timers.Stop(TimerKind.SynRetry);
        _mtu.UseSuggestion();
        _life.OnConnected(_now);
        _connectedPending = true;

        // Nothing is known of the peer's clock yet that its stamp could be older than.
        _peerWindowStamp = header.Timestamp;
        _receiver.OnAdvanced(header.Timestamp, inbound.Arrival);
        NotePeer(inbound);

        // protocol.md §4: one empty ST_STATE at once confirms our address to our own acceptor, unless data is about to.
        _ack.OnAnswered();
        if (IsOwnPeer)
            ArmConfirmation();
        return ReceiveVerdict.Accepted;
    }

    // Until the acceptor shows that it heard us, we confirm again: its three bytes per byte of a small ST_SYN are soon spent,
    // and then it cannot ask (protocol.md §9).
    private void ArmConfirmation()
    {
        if (_confirmations < MaxConfirmations)
            _timers.Arm(TimerKind.SynRetry, _now.Plus(_options.InitialRtoMicros << _confirmations++));
    }

    // Its seq_nr is the ST_SYN's + 1, also when data has been sent behind it.
    private Transmit WriteStatelessConfirmation(Span<byte> buffer)
    {
        _confirmDue = false;
        var chain = new ExtensionChain(buffer);
        CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), OwnCapabilities);
        if (_tags.InUse)
            _tags.WriteHandshake(ref chain);
        return Finish(buffer, PacketType.State, _packets.LeftEdge, chain, 0, 0, 1);
    }

    // Our own acceptor shows its capabilities on every packet until it is confirmed.
    private bool RepeatsAnswer(in InboundPacket inbound) =>
        IsOwnPeer && CapabilitiesExtension.Parse(inbound.Packet.Extension2(inbound.Datagram.Span)) != Capabilities.None;

    // The acceptor hears an acknowledgement of its random seq_nr: the peer is where it says it is (protocol.md §9).
    private void Confirm(in InboundPacket inbound)
    {
        // A foreign initiator does not acknowledge the answer: it speaks when it likes, or when it is asked.
        var half = _synReceived!;
        if ((IsOwnPeer && half.AnswersSent == 1) || half.Questions == 1)
            TakeHandshakeSample(inbound.Arrival.Since(half.LastSent), inbound.Arrival);
        _synReceived = null;
        _connectedPending |= !_options.AcceptUnconfirmed;
        _timers.Stop(TimerKind.Handshake);
        _timers.Stop(TimerKind.SynRetry);
        _life.OnConnected(_now);
    }

    // The law needs the round trip before the first data: the initial window is paced (protocol.md §7).
    private void TakeHandshakeSample(long micros, Instant arrival)
    {
        TakeRttSample(micros, arrival);
        _congestion.OnAck(new AckSample(
            _now, 0, 0, WindowLimited: false, null, null, micros, _rtt.SmoothedMicros, _rtt.MinMicros, RoundStart: false));
    }

    private void SetPeer(Capabilities shown, in PacketTag tag, SeqNr expected)
    {
        _peer.OnShown(shown);
        if (IsOwnPeer)
            _tags.OnHandshake(tag);
        if (_tags.InUse)
            _mtu.OnHeaderGrew(_tags.Bytes);
        _rtt.SetMinRto(IsOwnPeer ? _options.MinRtoOwnPeerMicros : _options.MinRtoMicros);
        _receiver.Begin(expected);
    }

    // Writes the ST_SYN that is due: a retry is identical but for the timestamp; the last within the time-out is plain,
    // with a new id and no payload, for peers and middleboxes that dislike extensions.
    private Transmit WriteSyn(Span<byte> buffer)
    {
        var syn = _synSent!;
        syn.IsDue = false;
        syn.Attempts++;
        syn.LastSent = _now;
        if (syn.Attempts == 1)
            syn.FirstAttempt = _now;

        // Half the RTO of RFC 6298 §2.1: a ST_SYN that is repeated too early costs 30 bytes, and one that is lost a whole second (note 0018).
        var wait = _options.InitialRtoMicros / 2 << Math.Min(syn.Attempts - 1, 10);
        var isLast = _now.Plus(wait) >= _timers[TimerKind.Handshake];
        if (!isLast)
            _timers.Arm(TimerKind.SynRetry, _now.Plus(wait));

        var plain = isLast && syn.Attempts > 1 && _options.Compatibility == PeerCompatibility.Negotiate;
        syn.FirstSent |= !plain;
        syn.FallbackSent |= plain;
        var capabilities = _options.Compatibility == PeerCompatibility.Negotiate && !plain ? OwnCapabilities : Capabilities.None;
        ReadOnlySpan<byte> payload = default;
        if (!plain && OffersPayload(syn))
        {
            payload = _sendBuffer.First;
            syn.PayloadOffered = true;
        }

        return WriteHandshake(
            buffer, PacketType.Syn, plain ? _seed.FallbackReceiveId : _seed.ReceiveId,
            plain ? _seed.FallbackSeqNr : _seed.InitialSeqNr, default, capabilities, payload);
    }

    // A ST_SYN that was not answered may have been too large for the path, so the next one carries only what passes everywhere; the peer that took the first
    // one's data says so in its answer to either. The predecessor does not say, so what was offered once is always offered.
    private bool OffersPayload(SynSentData syn) =>
        _sendBuffer.Writes > 0
        && (_peer.IsNodeUtp
            || (_options.Compatibility == PeerCompatibility.Negotiate && (OwnCapabilities & Capabilities.SynPayload) != 0))
        && (syn.Attempts == 1 || !_peer.IsNodeUtp
            ? _sendBuffer.First.Length <= (syn.Attempts == 1 ? _mtu.MaxDatagramBytes : MtuSearch.Smallest) - PacketHeader.Length - 2 - CapabilitiesExtension.Length - _tags.HandshakeBytes
            : syn.PayloadOffered);

    // The acceptor's answer: always the initial seq_nr, however often it is repeated.
    private Transmit WriteAnswer(Span<byte> buffer)
    {
        var answer = Capabilities.None;
        if (_synReceived is { } half)
        {
            half.AnswerDue = false;
            half.AnswersSent++;
            half.LastSent = _now;
            answer = half.Answer;
        }

        _repeatAnswerDue = false;
        return WriteHandshake(buffer, PacketType.State, SendId, _seed.InitialSeqNr, _receiver.Expected.Previous, answer, default);
    }

    // An empty ST_DATA that everybody has had already, and so acknowledges at once (as TCP's keep-alive, RFC 9293 §3.8.4).
    private Transmit WriteQuestion(Span<byte> buffer)
    {
        var half = _synReceived!;
        _timers.Arm(TimerKind.SynRetry, _now.Plus(_options.InitialRtoMicros << Math.Min(half.Questions, 10)));
        half.QuestionDue = false;
        half.Questions++;
        half.LastSent = _now;
        return Finish(buffer, PacketType.Data, _seed.InitialSeqNr.Plus(-QuestionDistance), _tags.BeginChain(buffer), 0, 0, 1, AckBeforeSyn);
    }

    // libutp in SYN_SENT drops a packet that overtook our ST_STATE, but takes its ack, and never repeats its ST_SYN again. So
    // until it was heard nothing but the ST_STATE acknowledges its ST_SYN.
    private SeqNr AckBeforeSyn => _receiver.Expected.Previous.Previous;

    /// <summary>What is known only until the ST_SYN is answered.</summary>
    private sealed class SynSentData
    {
        public bool IsDue;
        public int Attempts;
        public Instant FirstAttempt;
        public Instant LastSent;

        /// <summary>What ICMP said without a proof.</summary>
        public PathError? Unproved;
        public bool FirstSent;
        public bool FallbackSent;
        public bool PayloadOffered;

        /// <summary>The first seq_nr of what overtook the answer.</summary>
        public SeqNr? EarlySeqNr;

        /// <summary>The socket did not take the last ST_SYN: it was never sent.</summary>
        public void OnTakenBack()
        {
            IsDue = true;
            PayloadOffered &= --Attempts > 0;
        }

        public void NoteEarly(SeqNr seqNr)
        {
            if (EarlySeqNr is not { } early || early.IsAfter(seqNr))
                EarlySeqNr = seqNr;
        }
    }

    /// <summary>What is known only until the peer's address is confirmed.</summary>
    private sealed class SynReceivedData
    {
        public Capabilities Answer;
        public bool AnswerDue;
        public int AnswersSent;
        public bool QuestionDue;
        public int Questions;

        /// <summary>When the answer or the question left last.</summary>
        public Instant LastSent;

        /// <summary>Bytes of UDP payload that may still leave: three per byte received.</summary>
        public long Budget;
    }
}
