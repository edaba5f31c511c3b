using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// The bytes of every packet that leaves: header, extensions, payload, in the caller's buffer. Which packet that is, others decide. Owned by the connection.
/// </summary>
internal sealed class PacketWriter
{
    private const int MaxSelectiveAckBytes = 252;

    // Any type that no implementation reads; skipped as unknown (BEP 29 "extension").
    private const byte PaddingExtension = 0xFE;
    private const int MaxPaddingBytes = byte.MaxValue;

    private readonly Lifecycle _life;
    private readonly PeerTraits _peer;
    private readonly PacketTags _tags;
    private readonly WireClock _clock;
    private readonly Handshake _handshake;
    private readonly Receiver _receiver;
    private readonly UnreadData _data;
    private readonly AckPolicy _ack;
    private readonly PathMtu _mtu;
    private readonly OutstandingPackets _packets;
    private readonly SendBuffer _sendBuffer;
    private readonly CloseNotice _notice;
    private readonly Liveness _liveness;
    private readonly TraceOutlet? _trace;

    /// <summary>Writes what these say.</summary>
    public PacketWriter(
        Lifecycle life, PeerTraits peer, PacketTags tags, WireClock clock, Handshake handshake, Receiver receiver, UnreadData data, AckPolicy ack, PathMtu mtu,
        OutstandingPackets packets, SendBuffer sendBuffer, CloseNotice notice, Liveness liveness, TraceOutlet? trace)
    {
        _life = life;
        _peer = peer;
        _tags = tags;
        _clock = clock;
        _handshake = handshake;
        _receiver = receiver;
        _data = data;
        _ack = ack;
        _mtu = mtu;
        _packets = packets;
        _sendBuffer = sendBuffer;
        _notice = notice;
        _liveness = liveness;
        _trace = trace;
    }

    /// <summary>Whether the packet that was written last carries an acknowledgement that was due.</summary>
    public bool CarriesAck { get; private set; }

    /// <summary>When the last ST_STATE or keep-alive left.</summary>
    public Instant LastStateSent { get; private set; } = Instant.Never;

    /// <summary>When the last datagram left.</summary>
    public Instant LastSent { get; private set; } = Instant.Never;

    /// <summary>Datagrams that left.</summary>
    public long PacketsSent { get; private set; }

    /// <summary>Whether a packet that was cut before the path shrank goes to our peer in pieces, each of which says where in the packet it belongs (extension 5, note 0013).</summary>
    public bool SendsPieces => _peer.SendsPieces && _handshake.HalfOpen is null;

    /// <summary>A datagram was handed out and never sent.</summary>
    public void OnTakenBack() => PacketsSent--;

    /// <summary>Writes a ST_DATA, or its first piece, if it has become too large for the path.</summary>
    /// <param name="seqNr">The packet.</param>
    /// <param name="buffer">Where.</param>
    /// <param name="now">The time.</param>
    /// <param name="end">Up to where the packet's payload was written.</param>
    public Transmit WriteData(SeqNr seqNr, Span<byte> buffer, Instant now, out int end)
    {
        ref var packet = ref _packets[seqNr];
        var payload = packet.Payload;
        var message = MessageHeader.Of(payload, _sendBuffer, _peer.UsesFrames);
        var messageBytes = message.Bytes;
        var capabilities = _handshake.ShownCapabilities;
        if (capabilities != Capabilities.None)
            messageBytes += 2 + CapabilitiesExtension.Length;

        // The npm utp takes every byte after the header of a ST_DATA as payload (protocol.md §2).
        var room = _mtu.MaxDatagramBytes - _mtu.HeaderBytes - messageBytes - payload.Length;
        if (room < 0 && SendsPieces && !packet.IsMtuProbe)
            return WritePiece(seqNr, 0, buffer, now, out end);
        end = payload.Length;
        var sackBytes = _peer.SendsExtensions ? SelectiveAckBytes(room - 2) : 0;
        var chain = _tags.BeginChain(buffer);
        WriteSelectiveAck(ref chain, sackBytes);
        if (capabilities != Capabilities.None)
            CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), capabilities);
        message.Write(ref chain);
        if (packet.IsMtuProbe && _peer.IsOwn)
            Pad(ref chain, packet.DatagramBytes - payload.Length);
        _sendBuffer.CopyTo(payload, buffer[chain.Length..]);
        return Finish(
            buffer, PacketType.Data, seqNr, chain, payload.Length, sackBytes, packet.Transmissions, now,
            _handshake.HidesAckOfSyn ? AckBeforeSyn : null);
    }

    /// <summary>Writes the piece of a packet that begins at <paramref name="offset"/>.</summary>
    public Transmit WritePiece(SeqNr seqNr, int offset, Span<byte> buffer, Instant now, out int end)
    {
        ref var packet = ref _packets[seqNr];
        var payload = packet.Payload;
        var chain = _tags.BeginChain(buffer);
        new PacketPiece((ushort)offset, (ushort)payload.Length).Write(chain.Add(ExtensionType.PacketPiece, PacketPiece.Length));
        if (offset == 0)
            MessageHeader.Of(payload, _sendBuffer, _peer.UsesFrames).Write(ref chain);
        var bytes = Math.Min(payload.Length - offset, _mtu.MaxDatagramBytes - chain.Length);
        _sendBuffer.CopyPartTo(payload, offset, buffer.Slice(chain.Length, bytes));
        PathMtu.OnPiece(ref packet, offset, chain.Length + bytes);
        end = offset + bytes;
        return Finish(buffer, PacketType.Data, seqNr, chain, bytes, 0, packet.Transmissions, now);
    }

    /// <summary>Writes our ST_FIN.</summary>
    public Transmit WriteFin(SeqNr seqNr, Span<byte> buffer, Instant now)
    {
        var chain = _tags.BeginChain(buffer);
        var sackBytes = _peer.SendsExtensions ? SelectiveAckBytes(MaxSelectiveAckBytes) : 0;
        var cutOff = _notice.IsCutOff ? CloseNotice.CutOffFlag : (byte)0;
        if (_receiver.LeavesUnread && _peer.IsOwn)
            sackBytes = WriteCloseReason(ref chain, _notice.NotReadCode, sackBytes, (byte)(CloseNotice.NotReadFlag | cutOff));
        else if (_notice.Code is { } code && (_peer.SendsExtensions || _notice.IsCutOff))
            sackBytes = WriteCloseReason(ref chain, code, sackBytes, cutOff);
        else
            WriteSelectiveAck(ref chain, sackBytes);
        return Finish(buffer, PacketType.Fin, seqNr, chain, 0, sackBytes, _packets[seqNr].Transmissions, now);
    }

    /// <summary>Writes a ST_STATE that acknowledges all that is there.</summary>
    public Transmit WriteState(Span<byte> buffer, Instant now)
    {
        LastStateSent = now;
        var chain = _tags.BeginChain(buffer);
        var sackBytes = SelectiveAckBytes(MaxSelectiveAckBytes);
        if (_receiver.LeavesUnread && _peer.IsOwn)
            sackBytes = WriteCloseReason(ref chain, _notice.NotReadCode, sackBytes, CloseNotice.NotReadFlag);
        else
            WriteSelectiveAck(ref chain, sackBytes);
        return Finish(buffer, PacketType.State, _packets.NextSeqNr, chain, 0, sackBytes, 1, now);
    }

    /// <summary>
    /// Writes what keeps the way to us open. Nobody answers a ST_STATE; when nothing was heard for two of them, it is an empty ST_DATA that everybody has had already, which is
    /// acknowledged at once (note 0004).
    /// </summary>
    public Transmit WriteKeepAlive(Span<byte> buffer, Instant now)
    {
        LastStateSent = now;

        // protocol.md §4: a keep-alive repeats an old ack, so that nobody takes it for a duplicate of the last.
        var chain = _tags.BeginChain(buffer);
        return _liveness.MustAsk(now)
            ? Finish(buffer, PacketType.Data, _packets.LeftEdge.Plus(-Handshake.QuestionDistance), chain, 0, 0, 1, now, AckBeforeSyn)
            : Finish(buffer, PacketType.State, _packets.NextSeqNr, chain, 0, 0, 1, now, AckBeforeSyn);
    }

    /// <summary>Writes an acceptor's question: an empty ST_DATA that everybody has had already.</summary>
    public Transmit WriteQuestion(Span<byte> buffer, Instant now) =>
        Finish(buffer, PacketType.Data, _handshake.QuestionSeqNr, _tags.BeginChain(buffer), 0, 0, 1, now, AckBeforeSyn);

    /// <summary>
    /// Writes the confirmation for an acceptor that remembers nothing of our ST_SYN: with our capabilities, and the ST_SYN's seq_nr + 1, also when data has been sent behind it.
    /// </summary>
    public Transmit WriteStatelessConfirmation(Span<byte> buffer, Instant now)
    {
        var chain = new ExtensionChain(buffer);
        CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), _handshake.OwnCapabilities);
        if (_tags.InUse)
            _tags.WriteHandshake(ref chain);
        return Finish(buffer, PacketType.State, _packets.LeftEdge, chain, 0, 0, 1, now);
    }

    /// <summary>Writes the ST_RESET that ends the connection. It names the last seq_nr we know of, so that the peer finds its own last one here (protocol.md §4).</summary>
    public Transmit WriteReset(Span<byte> buffer, Instant now)
    {
        var chain = _tags.BeginChain(buffer);
        if (_notice.Code is { } code && (_peer.SendsExtensions || _peer.IsOwn))
            WriteCloseReason(ref chain, code, 0, _receiver.LeavesUnread && _peer.IsOwn ? CloseNotice.NotReadFlag : (byte)0);
        return Finish(buffer, PacketType.Reset, _packets.NextSeqNr, chain, 0, 0, 1, now, _receiver.Farthest);
    }

    /// <summary>Writes the ST_RESET that answers a packet (protocol.md §4, "ST_RESET we send").</summary>
    public Transmit WriteResetTo(in PacketHeader packet, ConnectionId id, Span<byte> buffer, Instant now)
    {
        var header = new PacketHeader(
            PacketType.Reset, ExtensionType.None, id,
            _clock.Stamp(now), 0, 0, packet.AckNr.Next,
            packet.Type == PacketType.State ? packet.SeqNr.Previous : packet.SeqNr);
        header.Write(buffer);
        PacketsSent++;
        return new Transmit(PacketHeader.Length, DontFragment: true);
    }

    /// <summary>Writes a ST_SYN, or its answer.</summary>
    public Transmit WriteHandshake(in HandshakePacket packet, Span<byte> buffer, Instant now)
    {
        var chain = new ExtensionChain(buffer);
        if (packet.Capabilities != Capabilities.None)
        {
            CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), packet.Capabilities);
            if (packet.Type == PacketType.Syn || _tags.InUse)
                _tags.WriteHandshake(ref chain);
        }

        ReadOnlySpan<byte> payload = packet.CarriesFirstWrite ? _sendBuffer.First : default;
        payload.CopyTo(buffer[chain.Length..]);
        var length = chain.Length + payload.Length;
        var header = new PacketHeader(
            packet.Type, chain.First, packet.Id, _clock.Stamp(now), _peer.DelayMicros, _data.Advertise(), packet.SeqNr, packet.AckNr);
        header.Write(buffer);
        NoteSent(header, length, payload.Length, 1, now);
        return new Transmit(length, DontFragment: true);
    }

    // What is old for everybody, and acknowledges nothing of the peer's.
    private SeqNr AckBeforeSyn => _receiver.Expected.Previous.Previous;

    private Transmit Finish(
        Span<byte> buffer, PacketType type, SeqNr seqNr, in ExtensionChain chain, int payloadBytes, int sackBytes, int transmission, Instant now, SeqNr? ackNr = null)
    {
        var length = chain.Length + payloadBytes;
        var wndSize = type == PacketType.Reset ? 0 : _data.Advertise();
        var header = new PacketHeader(
            type, chain.First, _handshake.SendId, _clock.Stamp(now), _peer.DelayMicros, wndSize, seqNr, ackNr ?? _receiver.Expected.Previous);
        header.Write(buffer);

        // A packet acknowledges all that is there, unless something is missing and it could not say so.
        CarriesAck = false;
        if (type != PacketType.Reset && ackNr is null && (sackBytes > 0 || !_receiver.HasGap || _peer.IsNodeUtp))
        {
            CarriesAck = _ack.IsDue || _ack.IsWaiting;
            _ack.OnSent();
        }

        NoteSent(header, length, payloadBytes, transmission, now);
        var isProbe = _packets.Contains(seqNr) && _packets[seqNr].IsMtuProbe;
        return new Transmit(length, isProbe || _mtu.DontFragment(length));
    }

    private void NoteSent(in PacketHeader header, int length, int payloadBytes, int transmission, Instant now)
    {
        PacketsSent++;
        LastSent = now;
        _liveness.OnSent(isOpen: _handshake.Attempts is null && !_life.IsOver, now);
        _trace?.Target?.OnSent(new SentTrace(now, header.Type, header.SeqNr, header.AckNr, length, payloadBytes, transmission, header.WndSize));
    }

    // BEP 29: a multiple of 4 bytes, at least 4; as wide as what waits beyond the gap, within the room there is. Our own
    // peers get ranges, four bytes each, because 252 bytes of mask show only 2,016 packets.
    private int SelectiveAckBytes(int room)
    {
        if (!_receiver.HasGap || _peer.IsNodeUtp)
            return 0;
        return Math.Max(0, Math.Min(Math.Min(_receiver.SelectiveAckBytes, MaxSelectiveAckBytes), room) & ~3);
    }

    private void WriteSelectiveAck(ref ExtensionChain chain, int bytes)
    {
        if (bytes > 0)
            _receiver.WriteSelectiveAck(chain.Add(_peer.UsesRanges ? ExtensionType.SelectiveAckRanges : ExtensionType.SelectiveAck, bytes));
    }

    // protocol.md §3: only behind extension 1, because libutp takes a first extension of 3 or more for another protocol.
    private int WriteCloseReason(ref ExtensionChain chain, ushort code, int sackBytes, byte flags = 0)
    {
        if (sackBytes == 0 || _peer.UsesRanges)
            chain.Add(ExtensionType.SelectiveAck, 4).Clear();
        WriteSelectiveAck(ref chain, sackBytes);
        var reason = chain.Add(ExtensionType.CloseReason, 4);
        BinaryPrimitives.WriteUInt32BigEndian(reason, ((uint)flags << 24) | code);
        return sackBytes;
    }

    // Fills up with extensions that everybody skips, behind extension 1 (protocol.md §3).
    private static void Pad(ref ExtensionChain chain, int length)
    {
        if (chain.First == ExtensionType.None)
            chain.Add(ExtensionType.SelectiveAck, 4).Clear();
        while (length - chain.Length >= 2)
            chain.Add(PaddingExtension, Math.Min(MaxPaddingBytes, length - chain.Length - 2)).Clear();
    }
}
