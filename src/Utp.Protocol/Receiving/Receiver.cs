namespace Utp.Protocol;

/// <summary>What a packet brought that is not the receiver's own matter.</summary>
[Flags]
internal enum ReceiverNews
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The packet is a believable ST_FIN, perhaps early: what it says of its reason counts.</summary>
    FinSeen = 1,

    /// <summary>The peer's ST_FIN is next in order: it has finished.</summary>
    FinReached = 2,

    /// <summary>The peer broke the rules of frame mode: the connection cannot go on.</summary>
    BadFrame = 4,
}

/// <summary>
/// What the peer sends with a seq_nr, ST_DATA and ST_FIN: the next one in order, those that are early, pieces of packets, repeats, what is too old, and what
/// nobody will read (design notes 0013, 0025). Owned by the connection; payload in order goes on to <see cref="UnreadData"/>.
/// </summary>
internal sealed class Receiver
{
    // libutp sends up to 1,023 packets, others a few thousand; half the sequence space is the end of all order.
    private const int MostEarlyPackets = 4_096;
    private const int MostEarlyPacketsOfLargeWindow = short.MaxValue;

    private readonly ConnectionOptions _options;
    private readonly PeerTraits _peer;
    private readonly AckPolicy _ack;
    private readonly UnreadData _data;
    private MemoryBudget? _memory;
    private ReorderBuffer? _reorder;
    private PieceAssembler? _pieces;
    private WrapGuard _wrapGuard;
    private SeqNr? _fin;
    private SeqNr? _farthestRefused;

    /// <summary>Receives nothing before <see cref="Begin"/>.</summary>
    /// <param name="options">The connection's.</param>
    /// <param name="peer">Who sends.</param>
    /// <param name="ack">Hears what is to be acknowledged.</param>
    /// <param name="data">Takes what is in order.</param>
    /// <param name="memory">The account that early packets count against; null: one of its own in <see cref="ConnectionOptions.ReorderBudget"/>.</param>
    public Receiver(ConnectionOptions options, PeerTraits peer, AckPolicy ack, UnreadData data, MemoryBudget? memory)
    {
        _options = options;
        _peer = peer;
        _ack = ack;
        _data = data;
        _memory = memory;
    }

    /// <summary>The seq_nr that is next in order: ack_nr + 1.</summary>
    public SeqNr Expected { get; private set; }

    /// <summary>Whether the peer's ST_FIN was next in order: nothing follows.</summary>
    public bool HasReachedFin { get; private set; }

    /// <summary>Whether nothing with a seq_nr is taken any more, because nobody would read it.</summary>
    public bool LeavesUnread { get; private set; }

    /// <summary>Packets that had been received before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Whether something is missing before what waits.</summary>
    public bool HasGap => _reorder is { Count: > 0 };

    /// <summary>Bytes that have arrived and are not in order yet.</summary>
    public long WaitingBytes => (_reorder?.Bytes ?? 0) + (_pieces?.Bytes ?? 0);

    /// <summary>Whether anything of the peer's has arrived that the user has not taken.</summary>
    public bool HasUnread => _data.HasReady || _data.AssemblingBytes > 0 || WaitingBytes > 0;

    /// <summary>Bytes of early packets alone.</summary>
    public long EarlyBytes => _reorder?.Bytes ?? 0;

    /// <summary>The last seq_nr of the peer's that we know of.</summary>
    public SeqNr Farthest => _farthestRefused ?? (_reorder is { Count: > 0 } ? _reorder.Farthest : Expected.Previous);

    /// <summary>The handshake has shown who the peer is, and where its sequence begins.</summary>
    public void Begin(SeqNr expected)
    {
        Expected = expected;
        _memory ??= _options.ReorderBudget?.OpenAccount();
        _data.Begin(_peer, _memory);
        _reorder = new ReorderBuffer(_peer.TakesLargeWindow ? MostEarlyPacketsOfLargeWindow : MostEarlyPackets, _memory);
    }

    /// <summary>The peer's sequence begins elsewhere; nothing of it has arrived.</summary>
    public void BeginElsewhere(SeqNr expected)
    {
        if (!HasGap)
            Expected = expected;
    }

    /// <summary>Whether the packet was sent so long ago that its seq_nr may have wrapped since (protocol.md §5).</summary>
    public bool IsFromAWrapAgo(WireTimestamp timestamp, Instant arrival) => _peer.IsOwn && _wrapGuard.IsOld(timestamp, arrival);

    /// <summary>A packet moved something on: it acknowledged data, or brought what was missing next.</summary>
    public void OnAdvanced(WireTimestamp timestamp, Instant arrival) => _wrapGuard.OnAdvanced(timestamp, arrival);

    /// <summary>Takes a ST_DATA or ST_FIN.</summary>
    /// <param name="inbound">The packet.</param>
    /// <param name="path">What the path carries.</param>
    /// <param name="now">The time.</param>
    /// <param name="news">What else follows from it.</param>
    public ReceiveVerdict Take(in InboundPacket inbound, in PathFacts path, Instant now, out ReceiverNews news)
    {
        news = ReceiverNews.None;
        var packet = inbound.Packet;
        var header = packet.Header;
        var distance = Expected.DistanceTo(header.SeqNr);
        _peer.OnSequenced();
        if (distance < 0)
            return OnDuplicate();

        // Also in TimeWait: without the peer's ST_FIN it follows our Close alone, and its own end is acknowledged, for which it would otherwise wait in vain.
        if (LeavesUnread || (_data.IsDiscarded && header.Type == PacketType.Data && packet.PayloadLength > 0))
            return Refuse(header.SeqNr, path, now);
        if (HasReachedFin || IsBeyondFin(header))
        {
            _ack.OnUrgent();
            return ReceiveVerdict.NotAllowed;
        }

        if (header.Type == PacketType.Fin)
            news = ReceiverNews.FinSeen;
        if (packet.HasPiece && _peer.SendsPieces && header.Type == PacketType.Data)
            return TakePiece(inbound, distance, path, now, ref news);
        var datagram = inbound.Datagram.Span;
        ForgetPieces(header.SeqNr);
        if (distance > 0)
            return TakeEarly(header, packet.Payload(datagram), packet.Extension2(datagram), packet.HasExtension2, path, now);
        var verdict = TakeNext(header.Type, packet.Payload(datagram), packet.Extension2(datagram), packet.HasExtension2, path, now, ref news);
        if (verdict == ReceiveVerdict.Accepted)
            _wrapGuard.OnAdvanced(header.Timestamp, inbound.Arrival);
        return verdict;
    }

    /// <summary>Nothing with a seq_nr is taken from now on, so that neither the peer's data nor its ST_FIN behind it counts as arrived.</summary>
    public void RefuseFromNowOn()
    {
        if (LeavesUnread)
            return;
        LeavesUnread = true;
        ClearEarly();
        if (!HasReachedFin)
            _ack.OnUrgent();
    }

    /// <summary>The user has read: the window that opened may be worth telling.</summary>
    public void AnnounceWindow(int maxPayload)
    {
        if (!HasReachedFin && _data.HasOpened(maxPayload))
            _ack.OnUrgent();
    }

    /// <summary>Gives back what waits for something that is missing.</summary>
    public void ClearEarly()
    {
        _reorder?.Clear();
        _pieces?.Clear();
    }

    /// <summary>Bytes that a selective acknowledgement of all that waits needs: as ranges, or as a mask of whole 32-bit words.</summary>
    public int SelectiveAckBytes => _peer.UsesRanges ? _reorder!.RangeBytes : (Expected.DistanceTo(_reorder!.Farthest) + 31) / 32 * 4;

    /// <summary>Writes the selective acknowledgement, as much as there is room for.</summary>
    public void WriteSelectiveAck(Span<byte> destination)
    {
        if (_peer.UsesRanges)
            _reorder!.WriteRanges(Expected, destination);
        else
            _reorder!.WriteMask(Expected, destination);
    }

    private ReceiveVerdict TakeNext(
        PacketType type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2, in PathFacts path, Instant now, ref ReceiverNews news)
    {
        // What waits behind it may follow at once: there must be memory for that too.
        var closesGap = _reorder!.Count > 0;
        if (!_data.Admits(type, payload.Length, extension2, hasExtension2, _reorder.Bytes, _reorder.Count))
            return _ack.OnOutOfWindow(path.RttMicros, now);

        const ReceiverNews Ends = ReceiverNews.FinReached | ReceiverNews.BadFrame;
        news |= Advance(type, payload, extension2, hasExtension2, now);
        while ((news & Ends) == 0 && _reorder.TryTake(Expected, out var entry))
        {
            news |= Advance(entry.Type, entry.Payload, entry.Extension2, entry.HasExtension2, now);
            _reorder.Return(entry);
        }

        if (closesGap || HasReachedFin)
            _ack.OnUrgent();
        else
            _ack.OnInOrder(isShort: payload.Length < path.MaxPayload / 2);
        return ReceiveVerdict.Accepted;
    }

    private ReceiverNews Advance(PacketType type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2, Instant now)
    {
        Expected = Expected.Next;
        _wrapGuard.OnInOrder();
        if (type == PacketType.Fin)
        {
            HasReachedFin = true;
            ClearEarly();
            return ReceiverNews.FinReached;
        }

        return _data.Take(payload, extension2, hasExtension2, now) == DeliveryResult.BadFrame ? ReceiverNews.BadFrame : ReceiverNews.None;
    }

    private ReceiveVerdict TakeEarly(
        in PacketHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2, bool hasExtension2, in PathFacts path, Instant now)
    {
        if (_reorder!.Contains(header.SeqNr))
            return OnDuplicate();
        if (!_data.FitsEarly(payload.Length, WaitingBytes)
            || !_reorder.TryAdd(Expected, header.SeqNr, header.Type, extension2, hasExtension2, payload))
        {
            return _ack.OnOutOfWindow(path.RttMicros, now);
        }

        if (header.Type == PacketType.Fin)
            _fin = header.SeqNr;
        _ack.OnUrgent();
        return ReceiveVerdict.Accepted;
    }

    // Nothing is acknowledged before the packet is whole: an ack that says nothing new would look like the sign of a loss.
    private ReceiveVerdict TakePiece(in InboundPacket inbound, int distance, in PathFacts path, Instant now, ref ReceiverNews news)
    {
        var packet = inbound.Packet;
        var seqNr = packet.Header.SeqNr;
        if (_reorder!.Contains(seqNr))
            return OnDuplicate();
        var place = packet.Piece;
        if (!place.IsValid(packet.PayloadLength))
            return ReceiveVerdict.NotAllowed;
        _pieces ??= new PieceAssembler(_memory);
        var fits = distance == 0 ? _data.FitsNext(place.PacketBytes) : _data.FitsEarly(place.PacketBytes, WaitingBytes);
        if (!fits && !_pieces.Contains(seqNr))
            return _ack.OnOutOfWindow(path.RttMicros, now);
        var datagram = inbound.Datagram.Span;
        var result = _pieces.Add(
            seqNr, place, packet.Payload(datagram), packet.Extension2(datagram), packet.HasExtension2, isNext: distance == 0);
        if (result == PieceResult.Refused)
            return _ack.OnOutOfWindow(path.RttMicros, now);
        if (result == PieceResult.Kept || !_pieces.TryTake(seqNr, out var whole))
            return ReceiveVerdict.Accepted;
        var verdict = distance == 0
            ? TakeNext(PacketType.Data, whole.Payload, whole.Extension2, whole.Extension2 is not null, path, now, ref news)
            : TakeEarly(packet.Header, whole.Payload, whole.Extension2, whole.Extension2 is not null, path, now);
        _pieces.Return(whole);
        return verdict;
    }

    // The packet arrived whole after all.
    private void ForgetPieces(SeqNr seqNr)
    {
        if (_pieces is not null && _pieces.TryTake(seqNr, out var partial))
            _pieces.Return(partial);
    }

    // Nothing may follow a ST_FIN, and a ST_FIN may not stand before data that is there already.
    private bool IsBeyondFin(in PacketHeader header)
    {
        if (_fin is { } fin)
            return header.SeqNr.IsAfter(fin) || (header.SeqNr == fin) != (header.Type == PacketType.Fin);
        return header.Type == PacketType.Fin && _reorder!.Count > 0 && _reorder.Farthest.IsAfter(header.SeqNr);
    }

    private ReceiveVerdict OnDuplicate()
    {
        Duplicates++;
        _ack.OnUrgent();
        return ReceiveVerdict.Duplicate;
    }

    private ReceiveVerdict Refuse(SeqNr seqNr, in PathFacts path, Instant now)
    {
        RefuseFromNowOn();
        if (_farthestRefused is not { } farthest || seqNr.IsAfter(farthest))
            _farthestRefused = seqNr;
        _ack.OnOutOfWindow(path.RttMicros, now);
        return ReceiveVerdict.NotRead;
    }
}
