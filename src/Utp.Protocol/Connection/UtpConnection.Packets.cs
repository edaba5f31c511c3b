using System.Buffers.Binary;

namespace Utp.Protocol;

// How packets are written, and taken back when the socket refuses them.
public sealed partial class UtpConnection
{
    private const int MaxSelectiveAckBytes = 252;
    private const int MaxBurst = 128;

    private List<PolledDatagram>? _polled;

    // Whether the last datagram that was written carries an acknowledgement that was due.
    private bool _carriesAck;

    private enum PolledKind : byte
    {
        Syn,
        Answer,
        Question,
        State,
        KeepAlive,
        Data,
        Reset,
        Stray,
    }

    // Extension bytes of the packet that begins with this write: metadata, or a frame's header on its first packet.
    private int ExtensionBytes(in NextWrite next)
    {
        if (_peer.UsesFrames)
            return next.IsStart ? 2 + FrameAssembler.HeaderLength + next.Metadata.Length : 0;
        return next.Metadata.IsEmpty ? 0 : 2 + next.Metadata.Length;
    }

    private Transmit WriteData(SeqNr seqNr, Span<byte> buffer)
    {
        ref var packet = ref _packets[seqNr];
        var payload = packet.Payload;
        var message = DescribeMessage(payload);
        var metadataBytes = message.Bytes;
        var capabilities = _synReceived?.Answer ?? Capabilities.None;
        if (capabilities != Capabilities.None)
            metadataBytes += 2 + CapabilitiesExtension.Length;

        // The npm utp takes every byte after the header of a ST_DATA as payload (protocol.md §2).
        var room = _mtu.MaxDatagramBytes - _mtu.HeaderBytes - metadataBytes - payload.Length;
        if (room < 0 && SendsPieces && !packet.IsMtuProbe)
            return WritePiece(seqNr, 0, buffer);
        var sackBytes = _peer.SendsExtensions ? SelectiveAckBytes(room - 2) : 0;
        var chain = _tags.BeginChain(buffer);
        WriteSelectiveAck(ref chain, sackBytes);
        if (capabilities != Capabilities.None)
            CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), capabilities);
        message.Write(ref chain);
        if (packet.IsMtuProbe && IsOwnPeer)
            Pad(ref chain, packet.DatagramBytes - payload.Length);
        _sendBuffer.CopyTo(payload, buffer[chain.Length..]);
        return Finish(
            buffer, PacketType.Data, seqNr, chain, payload.Length, sackBytes, packet.Transmissions,
            _synReceived is not null && !IsOwnPeer ? AckBeforeSyn : null);
    }

    // A frame's header is on its first packet only; metadata of an object on its only one.
    private MessageHeader DescribeMessage(in PayloadRange payload)
    {
        if (!payload.HoldsData)
            return MessageHeader.None;
        var (metadata, writeLength) = _sendBuffer.Describe(payload);
        if (!_peer.UsesFrames)
            return new MessageHeader(metadata, -1);
        return payload.Offset == 0 ? new MessageHeader(metadata, writeLength) : MessageHeader.None;
    }

    private Transmit WriteFin(SeqNr seqNr, Span<byte> buffer)
    {
        var chain = _tags.BeginChain(buffer);
        var sackBytes = _peer.SendsExtensions ? SelectiveAckBytes(MaxSelectiveAckBytes) : 0;
        if (_receiver.LeavesUnread && IsOwnPeer)
            sackBytes = WriteCloseReason(ref chain, NotReadCode, sackBytes, NotReadFlag);
        else if (_closeCode is { } code && _peer.SendsExtensions)
            sackBytes = WriteCloseReason(ref chain, code, sackBytes);
        else
            WriteSelectiveAck(ref chain, sackBytes);
        return Finish(buffer, PacketType.Fin, seqNr, chain, 0, sackBytes, _packets[seqNr].Transmissions);
    }

    private Transmit WriteState(Span<byte> buffer, bool keepAlive)
    {
        _lastStateSent = _now;
        var chain = _tags.BeginChain(buffer);
        var sackBytes = keepAlive ? 0 : SelectiveAckBytes(MaxSelectiveAckBytes);
        if (_receiver.LeavesUnread && IsOwnPeer && !keepAlive)
            sackBytes = WriteCloseReason(ref chain, NotReadCode, sackBytes, NotReadFlag);
        else
            WriteSelectiveAck(ref chain, sackBytes);

        // protocol.md §4: a keep-alive repeats an old ack, so that nobody takes it for a duplicate of the last.
        return Finish(buffer, PacketType.State, _packets.NextSeqNr, chain, 0, sackBytes, 1, keepAlive ? _receiver.Expected.Previous.Previous : null);
    }

    // Nobody answers a ST_STATE. When nothing was heard for two of them, the peer is asked: an empty ST_DATA that everybody has had already is acknowledged at
    // once (note 0004), so an idle time-out ends what is gone, and not what has nothing to say.
    private Transmit WriteKeepAlive(Span<byte> buffer)
    {
        if (_now.Since(_lastHeard) < 2 * _options.KeepAliveMicros)
            return WriteState(buffer, keepAlive: true);
        _lastStateSent = _now;
        return Finish(buffer, PacketType.Data, _packets.LeftEdge.Plus(-QuestionDistance), _tags.BeginChain(buffer), 0, 0, 1, _receiver.Expected.Previous.Previous);
    }

    private Transmit WriteReset(Span<byte> buffer)
    {
        _resetDue = false;
        var chain = _tags.BeginChain(buffer);
        if (_closeCode is { } code && (_peer.SendsExtensions || IsOwnPeer))
            WriteCloseReason(ref chain, code, 0, _receiver.LeavesUnread && IsOwnPeer ? NotReadFlag : (byte)0);

        // The last seq_nr we know of, so that the peer finds its own last one here (protocol.md §4).
        var ack = _receiver.Farthest;
        return Finish(buffer, PacketType.Reset, _packets.NextSeqNr, chain, 0, 0, 1, ack);
    }

    private Transmit WriteResetTo(in PacketHeader packet, Span<byte> buffer)
    {
        // protocol.md §4, "ST_RESET we send".
        var header = new PacketHeader(
            PacketType.Reset, ExtensionType.None, packet.ConnectionId == _seed.ReceiveId ? _seed.ReceiveId.Next : _seed.FallbackReceiveId.Next,
            _clock.Stamp(_now), 0, 0, packet.AckNr.Next,
            packet.Type == PacketType.State ? packet.SeqNr.Previous : packet.SeqNr);
        header.Write(buffer);
        _counters.PacketsSent++;
        return new Transmit(PacketHeader.Length, DontFragment: true);
    }

    private Transmit WriteHandshake(
        Span<byte> buffer, PacketType type, ConnectionId id, SeqNr seqNr, SeqNr ackNr, Capabilities capabilities, ReadOnlySpan<byte> payload)
    {
        var chain = new ExtensionChain(buffer);
        if (capabilities != Capabilities.None)
        {
            CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), capabilities);
            if (type == PacketType.Syn || _tags.InUse)
                _tags.WriteHandshake(ref chain);
        }

        payload.CopyTo(buffer[chain.Length..]);
        var length = chain.Length + payload.Length;
        var wndSize = _data.Advertise();
        var header = new PacketHeader(type, chain.First, id, _clock.Stamp(_now), _peer.DelayMicros, wndSize, seqNr, ackNr);
        header.Write(buffer);
        NoteSentDatagram(header, length, payload.Length, 1);
        return new Transmit(length, DontFragment: true);
    }

    private Transmit Finish(
        Span<byte> buffer, PacketType type, SeqNr seqNr, in ExtensionChain chain, int payloadBytes, int sackBytes, int transmission, SeqNr? ackNr = null)
    {
        var length = chain.Length + payloadBytes;
        var wndSize = type == PacketType.Reset ? 0 : _data.Advertise();
        var header = new PacketHeader(
            type, chain.First, SendId, _clock.Stamp(_now), _peer.DelayMicros, wndSize, seqNr, ackNr ?? _receiver.Expected.Previous);
        header.Write(buffer);

        // A packet acknowledges all that is there, unless something is missing and it could not say so.
        _carriesAck = false;
        if (type != PacketType.Reset && ackNr is null && (sackBytes > 0 || !_receiver.HasGap || _peer.IsNodeUtp))
        {
            _carriesAck = _ack.IsDue || _ack.IsWaiting;
            _ack.OnSent();
        }

        NoteSentDatagram(header, length, payloadBytes, transmission);
        var isProbe = _packets.Contains(seqNr) && _packets[seqNr].IsMtuProbe;
        return new Transmit(length, isProbe || _mtu.DontFragment(length));
    }

    private void NoteSentDatagram(in PacketHeader header, int length, int payloadBytes, int transmission)
    {
        _counters.PacketsSent++;
        _keepAliveDue = false;
        if (_options.KeepAliveMicros > 0 && _synSent is null && !IsOver)
            _timers.Arm(TimerKind.KeepAlive, _now.Plus(_options.KeepAliveMicros));
        _trace?.OnSent(new SentTrace(_now, header.Type, header.SeqNr, header.AckNr, length, payloadBytes, transmission, header.WndSize));
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

    private bool Polled(Transmit written, PolledKind kind, out Transmit transmit, SeqNr seqNr = default, int pieceOffset = 0)
    {
        transmit = written;
        _polled ??= new List<PolledDatagram>(2);
        if (_polled.Count == MaxBurst)
            _polled.RemoveRange(0, MaxBurst / 2);
        _polled.Add(new PolledDatagram(kind, seqNr, written.Length, written.DontFragment, _carriesAck, pieceOffset));
        return true;
    }

    // Returns the first datagram that was taken back: the one that the socket refused.
    private PolledDatagram TakeBack(int count)
    {
        PolledDatagram refused = default;
        for (; count > 0 && _polled is { Count: > 0 }; count--)
        {
            refused = _polled[^1];
            var seqNr = refused.SeqNr;
            _polled.RemoveAt(_polled.Count - 1);
            _counters.PacketsSent--;
            if (refused.CarriesAck)
                _ack.OnUrgent();
            switch (refused.Kind)
            {
                case PolledKind.Syn when _synSent is not null:
                    _synSent.OnTakenBack();
                    break;
                case PolledKind.Answer when _synReceived is not null:
                    _synReceived.AnswerDue = true;
                    _synReceived.AnswersSent--;
                    _synReceived.Budget += PacketHeader.Length;
                    break;
                case PolledKind.Answer:
                    _repeatAnswerDue = true;
                    break;
                case PolledKind.Question when _synReceived is not null:
                    _synReceived.QuestionDue = true;
                    _synReceived.Questions--;
                    _synReceived.Budget += PacketHeader.Length;
                    break;
                case PolledKind.State:
                    _ack.OnUrgent();
                    _confirmDue = _confirmsStateless;
                    break;
                case PolledKind.KeepAlive:
                    _keepAliveDue = true;
                    break;
                case PolledKind.Reset:
                    _resetDue = true;
                    break;
                case PolledKind.Data when refused.PieceOffset > 0 && _packets.Contains(seqNr) && _packets[seqNr].InFlight:
                    TakeBackPiece(seqNr, refused.PieceOffset);
                    break;
                case PolledKind.Data when _packets.Contains(seqNr) && _packets[seqNr].InFlight:
                    TakeBackData(seqNr);
                    break;
            }
        }

        return refused;
    }

    private void TakeBackData(SeqNr seqNr)
    {
        _packets.TakeBack(seqNr);
        ref var packet = ref _packets[seqNr];
        if (packet.Transmissions > 0)
        {
            _counters.Retransmissions--;

            // The one packet that a time-out sends again does not wait for the window the next time either.
            _retransmitNow |= _undecidedTimeout > 0;
        }

        if (packet.IsMtuProbe)
            _mtu.ForgetProbe(ref packet);

        if (_synReceived is not null)
            _synReceived.Budget += PacketHeader.Length + packet.Payload.Length;

        // What is not under way cannot time out, but what waits to leave must never be without a timer: the time-out begins anew.
        if (_packets.PacketsInFlight == 0)
            _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));

    }

    private readonly record struct PolledDatagram(PolledKind Kind, SeqNr SeqNr, int Bytes, bool DontFragment, bool CarriesAck, int PieceOffset);

    /// <summary>Extension 2 of a ST_DATA: metadata (frame length −1), a frame's header, or nothing.</summary>
    private readonly record struct MessageHeader(ReadOnlyMemory<byte> Metadata, int FrameLength)
    {
        public static readonly MessageHeader None = new(default, -1);

        /// <summary>Bytes on the wire.</summary>
        public int Bytes => FrameLength >= 0 ? 2 + FrameAssembler.HeaderLength + Metadata.Length : Metadata.IsEmpty ? 0 : 2 + Metadata.Length;

        public void Write(ref ExtensionChain chain)
        {
            if (FrameLength >= 0)
            {
                var header = chain.Add(ExtensionType.CapabilitiesOrMetadata, FrameAssembler.HeaderLength + Metadata.Length);
                header[0] = FrameAssembler.Kind;
                BinaryPrimitives.WriteUInt32BigEndian(header[1..], (uint)FrameLength);
                Metadata.Span.CopyTo(header[FrameAssembler.HeaderLength..]);
            }
            else if (!Metadata.IsEmpty)
            {
                Metadata.Span.CopyTo(chain.Add(ExtensionType.CapabilitiesOrMetadata, Metadata.Length));
            }
        }
    }
}
