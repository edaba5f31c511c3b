namespace Utp.Protocol;

/// <summary>What the answer to our ST_SYN says.</summary>
/// <param name="IsFallback">Whether it answers the plain ST_SYN: then our sequence begins at <see cref="ConnectionSeed.FallbackSeqNr"/>.</param>
/// <param name="Expected">The peer's first seq_nr.</param>
/// <param name="TakesPayload">Whether the bytes that were on the ST_SYN have arrived.</param>
/// <param name="RttMicros">The round trip; null where it is ambiguous.</param>
internal readonly record struct HandshakeAnswer(bool IsFallback, SeqNr Expected, bool TakesPayload, long? RttMicros);

/// <summary>A packet of the handshake that is to be written.</summary>
/// <param name="Type">ST_SYN or ST_STATE.</param>
/// <param name="Id">Its connection_id.</param>
/// <param name="SeqNr">Its seq_nr.</param>
/// <param name="AckNr">Its ack_nr.</param>
/// <param name="Capabilities">What it shows.</param>
/// <param name="CarriesFirstWrite">Whether the user's first bytes are on it.</param>
internal readonly record struct HandshakePacket(
    PacketType Type, ConnectionId Id, SeqNr SeqNr, SeqNr AckNr, Capabilities Capabilities, bool CarriesFirstWrite);

/// <summary>
/// The handshake (protocol.md §3 "Capabilities", §4, §9): ids, ST_SYN and its retries, the acceptor's answer, confirmation of the address, also to an acceptor that
/// remembers nothing (design note 0033). It decides what is to be sent and what an answer means; writing and what follows is its callers'. Owned by the connection.
/// </summary>
internal sealed class Handshake
{
    /// <summary>
    /// How far before our first seq_nr a question stands: old for everybody (libutp looks back 1,024), and for the npm utp in the slot of the packet that it takes next,
    /// where it is harmless (note 0004).
    /// </summary>
    public const int QuestionDistance = 512;

    // A silent foreign initiator is asked after this long whether it is there: its ack confirms the address.
    private const long SilenceMicros = 3_000_000;

    // The same when our user waits for it: longer than most round trips, because most initiators speak first.
    private const long AwaitedSilenceMicros = 250_000;

    // How far an answer's seq_nr is from the first one's before it is of another sequence: the npm utp answers a repeated ST_SYN with what it has sent since, at most 512.
    private const int OtherSequence = 1_024;

    // Repeats of the ST_STATE that confirms our address, after 1, 3 and 7 s: within the time of a half-open connection.
    private const int MaxConfirmations = 3;

    private readonly ConnectionOptions _options;
    private readonly ConnectionSeed _seed;
    private readonly PeerTraits _peer;
    private readonly PacketTags _tags;
    private readonly WireClock _clock;
    private readonly Timers _timers;
    private SynAttempts? _syn;
    private HalfOpen? _half;
    private SeqNr? _peerSyn;
    private PacketHeader? _stray;
    private int _confirmations;

    // Where the peer's sequence begins as its answer said, and as another answer to the same ST_SYN says; null: there is none, or it is settled.
    private SeqNr _begin;
    private SeqNr? _otherBegin;

    // The acceptor remembers nothing of our ST_SYN: until it is heard, confirmations show our capabilities again, and go before data (note 0033).
    private bool _confirmsStateless;

    /// <summary>Begins as initiator (<see cref="ConnectionState.SynSent"/>), or as acceptor of a ST_SYN that <see cref="OnSyn"/> or <see cref="OnProof"/> brings.</summary>
    public Handshake(ConnectionOptions options, ConnectionSeed seed, ConnectionState initial, PeerTraits peer, PacketTags tags, WireClock clock, Timers timers, Instant now)
    {
        _options = options;
        _seed = seed;
        _peer = peer;
        _tags = tags;
        _clock = clock;
        _timers = timers;
        ReceiveId = seed.ReceiveId;
        if (initial == ConnectionState.SynSent)
        {
            SendId = ReceiveId.Next;
            _syn = new SynAttempts();
            timers.Arm(TimerKind.Handshake, now.Plus(options.ConnectTimeoutMicros));
        }
        else
        {
            SendId = ReceiveId.Previous;
        }
    }

    /// <summary>The id that packets to us carry.</summary>
    public ConnectionId ReceiveId { get; private set; }

    /// <summary>The id that our packets carry (but for ST_SYN).</summary>
    public ConnectionId SendId { get; private set; }

    /// <summary>The initiator's attempts; null: it is none, or was answered.</summary>
    public SynAttempts? Attempts => _syn;

    /// <summary>The acceptor's half-open state; null: it is none, or the address is confirmed.</summary>
    public HalfOpen? HalfOpen => _half;

    /// <summary>Whether we have accepted the connection.</summary>
    public bool IsAcceptor => _peerSyn is not null;

    /// <summary>Whether the acceptor's answer is to be repeated, after the address was confirmed.</summary>
    public bool IsRepeatDue { get; private set; }

    /// <summary>Whether our capabilities are to be shown again to an acceptor that remembers nothing.</summary>
    public bool IsConfirmationDue { get; private set; }

    /// <summary>Repeats of the ST_SYN that came.</summary>
    public long Duplicates { get; private set; }

    /// <summary>What every packet shows until the address is confirmed.</summary>
    public Capabilities ShownCapabilities => _half?.Answer ?? Capabilities.None;

    /// <summary>
    /// Whether nothing but the ST_STATE acknowledges the peer's ST_SYN yet: libutp in SYN_SENT drops a packet that overtook our ST_STATE, but takes its ack, and never
    /// repeats its ST_SYN again.
    /// </summary>
    public bool HidesAckOfSyn => _half is not null && !_peer.IsOwn;

    /// <summary>The first seq_nr of a question, which is old for everybody.</summary>
    public SeqNr QuestionSeqNr => _seed.InitialSeqNr.Plus(-QuestionDistance);

    /// <summary>What we show.</summary>
    public Capabilities OwnCapabilities => CapabilitiesOf(_options);

    /// <summary>What a connection with these options shows.</summary>
    public static Capabilities CapabilitiesOf(ConnectionOptions options)
    {
        const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges | Capabilities.PacketPieces;
        return Own | options.Mode switch
        {
            DeliveryMode.Objects => Capabilities.Metadata | Capabilities.SynPayload,
            DeliveryMode.Frames => Capabilities.Frames,
            _ => Capabilities.SynPayload,
        };
    }

    /// <summary>An acceptor begins with this ST_SYN; returns whether the bytes on it count.</summary>
    public bool OnSyn(in InboundPacket syn, Instant now)
    {
        ShowPeer(syn);

        // protocol.md §3: a foreign peer sends its ST_SYN payload again as ST_DATA, because everybody drops it.
        var isTrusted = _peer.IsNodeUtp || (_peer.Capabilities & OwnCapabilities & Capabilities.SynPayload) != 0;
        var takesPayload = isTrusted && syn.Packet.PayloadLength > 0;
        var answer = _peer.IsOwn ? OwnCapabilities & ~Capabilities.SynPayload : Capabilities.None;
        if (takesPayload && _peer.IsOwn)
            answer |= Capabilities.SynPayload;
        _half = new HalfOpen(answer, syn.Datagram.Length, TagBytes);
        _half.OnSyn();
        _peerSyn = syn.Packet.Header.SeqNr;
        _timers.Arm(TimerKind.Handshake, now.Plus(_options.HalfOpenTimeoutMicros));
        var silence = _options.AcceptUnconfirmed ? SilenceMicros : AwaitedSilenceMicros;
        if (!_peer.IsOwn)
            _timers.Arm(TimerKind.SynRetry, now.Plus(Math.Min(silence, _options.HalfOpenTimeoutMicros / 2)));
        return takesPayload;
    }

    /// <summary>An acceptor begins with the packet that proves a stateless answer: all that the ST_SYN said and nobody remembers stands in it, or follows from it.</summary>
    public void OnProof(in InboundPacket proof, Instant now)
    {
        ShowPeer(proof);
        _peerSyn = proof.Packet.Header.SeqNr.Previous;
        _half = new HalfOpen(Capabilities.None, proof.Datagram.Length, TagBytes);
        _half.OnProof(now);
    }

    /// <summary>A ST_SYN for a connection that exists: the same again gets the same answer, another one nothing (protocol.md §1).</summary>
    public ReceiveVerdict OnSynAgain(in InboundPacket inbound)
    {
        if (_peerSyn is not { } synSeqNr || inbound.Packet.Header.SeqNr != synSeqNr)
            return ReceiveVerdict.NotAllowed;
        Duplicates++;
        if (_half is not null)
            _half.OnSynAgain(inbound.Datagram.Length);
        else
            IsRepeatDue = true;
        return ReceiveVerdict.Duplicate;
    }

    /// <summary>A packet arrived while our ST_SYN is not answered: only a ST_STATE tells where the peer's sequence begins.</summary>
    public ReceiveVerdict OnAnswer(in InboundPacket inbound, out HandshakeAnswer answer)
    {
        answer = default;
        var header = inbound.Packet.Header;
        var syn = _syn!;
        var first = header.ConnectionId == _seed.ReceiveId && header.AckNr == _seed.InitialSeqNr && syn.FirstSent;
        var fallback = header.ConnectionId == _seed.FallbackReceiveId && header.AckNr == _seed.FallbackSeqNr && syn.FallbackSent;
        if (!first && !fallback)
            return header.Type == PacketType.State ? ReceiveVerdict.BadAck : ReceiveVerdict.NotAllowed;
        if (!_tags.FitAnswer(inbound.Packet))
            return ReceiveVerdict.WrongTag;
        if (header.Type != PacketType.State)
        {
            syn.OnEarly(header.SeqNr);
            return ReceiveVerdict.NotAllowed;
        }

        ReceiveId = header.ConnectionId;
        SendId = ReceiveId.Next;
        var shown = first && _options.Compatibility == PeerCompatibility.Negotiate
            ? CapabilitiesExtension.Parse(inbound.Packet.Extension2(inbound.Datagram.Span))
            : Capabilities.None;
        _confirmsStateless = IsConfirmationDue = (shown & Capabilities.Stateless) != 0;
        ShowPeer(shown & ~Capabilities.Stateless, inbound.Packet.Tag);
        answer = new HandshakeAnswer(
            fallback,

            // The npm utp answers a repeated ST_SYN with the seq_nr it has come to: data that overtook the answer was before that.
            syn.EarlySeqNr is { } early && header.SeqNr.IsAfter(early) ? early : header.SeqNr,
            first && syn.PayloadOffered && (_peer.IsNodeUtp || _peer.Has(Capabilities.SynPayload)),

            // Karn: only a ST_SYN that was sent once tells the round trip.
            syn.Count == 1 || fallback ? inbound.Arrival.Since(syn.Last) : null);
        _begin = answer.Expected;
        _syn = null;
        StopTimers();
        return ReceiveVerdict.Accepted;
    }

    /// <summary>
    /// A foreign acceptor answers our ST_SYN again, and begins elsewhere: libtorrent opens a connection for each ST_SYN, and only one of them hears us. Which one shows when it
    /// acknowledges something.
    /// </summary>
    /// <param name="header">The packet, which acknowledges our ST_SYN alone.</param>
    /// <param name="expected">The next seq_nr that we expect.</param>
    public void OnAnsweredAgain(in PacketHeader header, SeqNr expected)
    {
        if (!IsAcceptor && !_peer.IsOwn && header.Type == PacketType.State && expected == _begin && IsFar(header.SeqNr, expected))
            _otherBegin = header.SeqNr;
    }

    /// <summary>Something of ours was acknowledged for the first time: returns where the peer's sequence begins if it is not where we took it to begin.</summary>
    public SeqNr? OnHeardFrom(SeqNr seqNr, SeqNr expected)
    {
        var other = _otherBegin;
        _otherBegin = null;
        return other is { } begin && expected == _begin && IsFar(seqNr, expected) && !IsFar(seqNr, begin) ? begin : null;
    }

    /// <summary>Nothing was acknowledged in time: returns where the peer's sequence begins by its other answer, if there is one and nothing speaks against it.</summary>
    public SeqNr? OnUnheard(SeqNr expected)
    {
        if (_otherBegin is not { } other || expected != _begin)
            return null;
        (_begin, _otherBegin) = (other, _begin);
        return other;
    }

    /// <summary>
    /// Until our own acceptor shows that it heard us, we confirm our address again: its three bytes per byte of a small ST_SYN are soon spent, and then it cannot ask (protocol.md §9).
    /// </summary>
    public void ConfirmAgainLater(Instant now)
    {
        if (_confirmations < MaxConfirmations)
            _timers.Arm(TimerKind.SynRetry, now.Plus(_options.InitialRtoMicros << _confirmations++));
    }

    /// <summary>
    /// The acceptor hears an acknowledgement of its random seq_nr: the peer is where it says it is (protocol.md §9). Returns the round trip, null where it is ambiguous: a
    /// foreign initiator does not acknowledge the answer, it speaks when it likes, or when it is asked.
    /// </summary>
    public long? OnConfirmed(Instant arrival)
    {
        var half = _half!;
        long? rtt = (_peer.IsOwn && half.AnswersSent == 1) || half.Questions == 1 ? arrival.Since(half.LastSent) : null;
        _half = null;
        StopTimers();
        return rtt;
    }

    /// <summary>A believable packet arrived; <paramref name="isConfirmed"/>: the handshake is complete.</summary>
    public void OnPacket(in InboundPacket inbound, bool isConfirmed)
    {
        if (_timers.IsArmed(TimerKind.SynRetry) && isConfirmed && !RepeatsAnswer(inbound))
            _timers.Stop(TimerKind.SynRetry);
        _confirmsStateless = _confirmsStateless && RepeatsAnswer(inbound);
    }

    /// <summary>
    /// Whether our own acceptor repeats its answer, as it does on every packet until it hears an ack: it did not hear the last one, or has more to say than it may.
    /// </summary>
    public bool MustConfirmAgain(in InboundPacket inbound)
    {
        if (!inbound.Packet.HasExtension2 || !RepeatsAnswer(inbound))
            return false;
        IsConfirmationDue = _confirmsStateless;
        return true;
    }

    /// <summary>The answer to the other of our two ST_SYNs: that half-open connection is not wanted.</summary>
    public void OnStray(in PacketHeader header) => _stray = header;

    /// <summary>The packet whose connection is to be reset, and the id for that.</summary>
    public bool TryTakeStray(out PacketHeader packet, out ConnectionId sendId)
    {
        packet = _stray ?? default;
        sendId = packet.ConnectionId == _seed.ReceiveId ? _seed.ReceiveId.Next : _seed.FallbackReceiveId.Next;
        var hasStray = _stray is not null;
        _stray = null;
        return hasStray;
    }

    /// <summary>
    /// The ST_SYN that is due leaves: a retry is identical but for the timestamp, and the ack_nr where data has overtaken the answer; the last within the time-out is plain, with a new id and no payload, for peers and
    /// middleboxes that dislike extensions.
    /// </summary>
    /// <param name="firstWriteBytes">How long the user's first write is; null: there is none.</param>
    /// <param name="maxDatagramBytes">What is taken to pass on this path.</param>
    /// <param name="now">The time.</param>
    public HandshakePacket NextSyn(int? firstWriteBytes, int maxDatagramBytes, Instant now)
    {
        var syn = _syn!;
        syn.OnLeaving(now);

        // Half the RTO of RFC 6298 §2.1: a ST_SYN that is repeated too early costs 30 bytes, and one that is lost a whole second (note 0018).
        var wait = _options.InitialRtoMicros / 2 << Math.Min(syn.Count - 1, 10);
        var isLast = now.Plus(wait) >= _timers[TimerKind.Handshake];
        if (!isLast)
            _timers.Arm(TimerKind.SynRetry, now.Plus(wait));

        var plain = isLast && syn.Count > 1 && _options.Compatibility == PeerCompatibility.Negotiate;
        var withPayload = !plain && firstWriteBytes is { } bytes && OffersPayload(bytes, maxDatagramBytes);
        syn.OnSent(plain, withPayload);
        return new HandshakePacket(
            PacketType.Syn,
            plain ? _seed.FallbackReceiveId : _seed.ReceiveId,
            plain ? _seed.FallbackSeqNr : _seed.InitialSeqNr,

            // The npm utp takes the ack_nr of a repeated ST_SYN for one of its data: nothing that it has sent may lie there.
            syn.EarlySeqNr is { } early && !plain ? early.Plus(-OtherSequence) : default,
            _options.Compatibility == PeerCompatibility.Negotiate && !plain ? OwnCapabilities : Capabilities.None,
            withPayload);
    }

    /// <summary>The acceptor's answer leaves: always the initial seq_nr, however often it is repeated.</summary>
    public HandshakePacket NextAnswer(SeqNr ackNr, Instant now)
    {
        _half?.OnAnswerSent(now);
        IsRepeatDue = false;
        return new HandshakePacket(PacketType.State, SendId, _seed.InitialSeqNr, ackNr, ShownCapabilities, CarriesFirstWrite: false);
    }

    /// <summary>The confirmation with our capabilities leaves.</summary>
    public void OnConfirmationSent() => IsConfirmationDue = false;

    /// <summary>An empty ST_DATA leaves that everybody has had already, and so acknowledges at once (as TCP's keep-alive, RFC 9293 §3.8.4).</summary>
    public void OnQuestionSent(Instant now)
    {
        _timers.Arm(TimerKind.SynRetry, now.Plus(_options.InitialRtoMicros << Math.Min(_half!.Questions, 10)));
        _half.OnQuestionSent(now);
    }

    /// <summary>The SynRetry timer expired; returns whether our confirmation is to be repeated.</summary>
    public bool OnRetryTimer(Instant now)
    {
        if (_syn is not null)
        {
            _syn.OnRetry();
            return false;
        }

        if (_half is not null)
        {
            _half.OnSilence();
            return false;
        }

        ConfirmAgainLater(now);
        return true;
    }

    /// <summary>The peer is asked again for something: what the acceptor drops because it does not remember us would be dropped again.</summary>
    public void OnAskedAgain() => IsConfirmationDue |= _confirmsStateless;

    /// <summary>The socket did not take a ST_SYN, an answer, a question, or a ST_STATE that may have been a confirmation.</summary>
    public void OnTakenBack(PolledKind kind)
    {
        switch (kind)
        {
            case PolledKind.Syn:
                _syn?.OnTakenBack();
                break;
            case PolledKind.Answer when _half is not null:
                _half.OnAnswerTakenBack();
                break;
            case PolledKind.Answer:
                IsRepeatDue = true;
                break;
            case PolledKind.Question:
                _half?.OnQuestionTakenBack();
                break;
            case PolledKind.State:
                IsConfirmationDue = _confirmsStateless;
                break;
        }
    }

    /// <summary>Whether a ST_RESET with this ack_nr answers our ST_SYN.</summary>
    public bool IsAnsweredBy(SeqNr ackNr) =>
        ackNr == _seed.InitialSeqNr || ackNr == _seed.InitialSeqNr.Next
        || (_syn!.FallbackSent && (ackNr == _seed.FallbackSeqNr || ackNr == _seed.FallbackSeqNr.Next));

    /// <summary>Whether this is one of our ST_SYNs, by id, seq_nr, and the stamp of the first or the last.</summary>
    public bool IsOurSyn(in PacketHeader header) =>
        _syn is { } syn && header.Type == PacketType.Syn
        && ((syn.FirstSent && header.ConnectionId == _seed.ReceiveId && header.SeqNr == _seed.InitialSeqNr)
            || (syn.FallbackSent && header.ConnectionId == _seed.FallbackReceiveId && header.SeqNr == _seed.FallbackSeqNr))
        && _clock.IsStampOf(header.Timestamp, syn.First, syn.Last);

    /// <summary>The connection is over.</summary>
    public void Forget() => (_syn, _half) = (null, null);

    private static bool IsFar(SeqNr seqNr, SeqNr from) => Math.Abs(from.DistanceTo(seqNr)) > OtherSequence;

    // Our own acceptor shows its capabilities on every packet until it is confirmed.
    private bool RepeatsAnswer(in InboundPacket inbound) =>
        _peer.IsOwn && CapabilitiesExtension.Parse(inbound.Packet.Extension2(inbound.Datagram.Span)) != Capabilities.None;

    private int TagBytes => _tags.InUse ? _tags.HandshakeBytes : 0;

    private void ShowPeer(in InboundPacket inbound) =>
        ShowPeer(_peer.IsNodeUtp ? Capabilities.None : CapabilitiesExtension.Parse(inbound.Packet.Extension2(inbound.Datagram.Span)), inbound.Packet.Tag);

    private void ShowPeer(Capabilities shown, in PacketTag tag)
    {
        _peer.OnShown(shown);
        if (_peer.IsOwn)
            _tags.OnHandshake(tag);
    }

    // A ST_SYN that was not answered may have been too large for the path, so the next one carries only what passes everywhere; the peer that took the first
    // one's data says so in its answer to either. The predecessor does not say, so what was offered once is always offered.
    private bool OffersPayload(int bytes, int maxDatagramBytes)
    {
        var syn = _syn!;
        var isAllowed = _peer.IsNodeUtp || (_options.Compatibility == PeerCompatibility.Negotiate && (OwnCapabilities & Capabilities.SynPayload) != 0);
        if (!isAllowed)
            return false;
        if (syn.Count > 1 && _peer.IsNodeUtp)
            return syn.PayloadOffered;
        return bytes <= (syn.Count == 1 ? maxDatagramBytes : MtuSearch.Smallest) - PacketHeader.Length - 2 - CapabilitiesExtension.Length - _tags.HandshakeBytes;
    }

    private void StopTimers()
    {
        _timers.Stop(TimerKind.Handshake);
        _timers.Stop(TimerKind.SynRetry);
    }
}
