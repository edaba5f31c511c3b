namespace Utp.Protocol;

// A packet that was cut before the path shrank goes to our own peer in pieces, each of which says where in the packet it belongs
// (extension 5, note 0013): a sent seq_nr never changes its bytes, and no router has to fragment.
public sealed partial class UtpConnection
{
    private PieceAssembler? _pieces;
    private NextPiece _nextPiece;

    private bool SendsPieces => (PeerCapabilities & Capabilities.PacketPieces) != 0 && _synReceived is null;

    private bool TakesPieces => (PeerCapabilities & Capabilities.PacketPieces) != 0;

    private Transmit WritePiece(SeqNr seqNr, int offset, Span<byte> buffer)
    {
        ref var packet = ref _packets[seqNr];
        var payload = packet.Payload;
        var chain = new ExtensionChain(buffer);
        new PacketPiece((ushort)offset, (ushort)payload.Length).Write(chain.Add(ExtensionType.PacketPiece, PacketPiece.Length));
        if (offset == 0)
            DescribeMessage(payload).Write(ref chain);
        var bytes = Math.Min(payload.Length - offset, _mtu.MaxDatagramBytes - chain.Length);
        _sendBuffer.CopyPartTo(payload, offset, buffer.Slice(chain.Length, bytes));

        // What is lost now says something about pieces, not about the packet as it was cut.
        packet.DatagramBytes = (ushort)Math.Max(offset == 0 ? 0 : packet.DatagramBytes, chain.Length + bytes);
        var next = offset + bytes;
        _nextPiece = next < payload.Length ? new NextPiece(seqNr, packet.TransmissionNumber, next) : default;
        return Finish(buffer, PacketType.Data, seqNr, chain, bytes, 0, packet.Transmissions);
    }

    private bool WentInPieces(in OutstandingPacket packet) => SendsPieces && packet.DatagramBytes < PacketHeader.Length + packet.Payload.Length;

    // The pieces of one packet leave together, as its fragments would.
    private bool PollPiece(Span<byte> buffer, out Transmit transmit)
    {
        transmit = default;
        var piece = _nextPiece;
        _nextPiece = default;
        if (!IsUnderWay(piece))
            return false;
        return Polled(WritePiece(piece.SeqNr, piece.Offset, buffer), PolledKind.Data, out transmit, piece.SeqNr, piece.Offset);
    }

    // The socket refused a piece that is not the first: those before it are on their way, so it goes on here.
    private void TakeBackPiece(SeqNr seqNr, int offset)
    {
        _nextPiece = new NextPiece(seqNr, _packets[seqNr].TransmissionNumber, offset);
    }

    // It may have been acknowledged, or found lost, since its last piece left.
    private bool IsUnderWay(in NextPiece piece) =>
        piece.Offset > 0 && _packets.Contains(piece.SeqNr)
        && _packets[piece.SeqNr] is { InFlight: true } packet && packet.TransmissionNumber == piece.TransmissionNumber;

    // Nothing is acknowledged before the packet is whole: an ack that says nothing new would look like the sign of a loss.
    private ReceiveVerdict HandlePiece(in InboundPacket inbound, int distance)
    {
        var packet = inbound.Packet;
        var seqNr = packet.Header.SeqNr;
        if (_reorder!.Contains(seqNr))
        {
            _counters.Duplicates++;
            _ack.OnUrgent();
            return ReceiveVerdict.Duplicate;
        }

        var place = packet.Piece;
        if (!place.IsValid(packet.PayloadLength))
            return ReceiveVerdict.NotAllowed;
        _pieces ??= new PieceAssembler(_reorderMemory);
        var fits = distance == 0 ? _window.Fits(place.PacketBytes, place.PacketBytes) : _window.FitsOutOfOrder(place.PacketBytes, WaitingBytes);
        if (!fits && !_pieces.Contains(seqNr))
            return OutOfWindow();
        var datagram = inbound.Datagram.Span;
        var result = _pieces.Add(
            seqNr, place, packet.Payload(datagram), packet.Extension2(datagram), packet.HasExtension2, isNext: distance == 0);
        if (result == PieceResult.Refused)
            return OutOfWindow();
        if (result == PieceResult.Kept || !_pieces.TryTake(seqNr, out var whole))
            return ReceiveVerdict.Accepted;
        var verdict = distance == 0
            ? HandleInOrder(PacketType.Data, whole.Payload, whole.Extension2, whole.Extension2 is not null)
            : HandleEarly(packet.Header, whole.Payload, whole.Extension2, whole.Extension2 is not null);
        _pieces.Return(whole);
        return verdict;
    }

    // The packet arrived whole after all.
    private void ForgetPieces(SeqNr seqNr)
    {
        if (_pieces is not null && _pieces.TryTake(seqNr, out var partial))
            _pieces.Return(partial);
    }

    // What arrived and is not in order yet.
    private long WaitingBytes => (_reorder?.Bytes ?? 0) + (_pieces?.Bytes ?? 0);

    /// <summary>Where a packet goes on that leaves in pieces; offset 0: none does.</summary>
    private readonly record struct NextPiece(SeqNr SeqNr, long TransmissionNumber, int Offset);
}
