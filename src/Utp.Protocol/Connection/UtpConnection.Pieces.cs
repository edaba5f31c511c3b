namespace Utp.Protocol;

// A packet that was cut before the path shrank goes to our own peer in pieces, each of which says where in the packet it belongs
// (extension 5, note 0013): a sent seq_nr never changes its bytes, and no router has to fragment.
public sealed partial class UtpConnection
{
    private NextPiece _nextPiece;

    private bool SendsPieces => _peer.SendsPieces && _synReceived is null;

    private Transmit WritePiece(SeqNr seqNr, int offset, Span<byte> buffer)
    {
        ref var packet = ref _packets[seqNr];
        var payload = packet.Payload;
        var chain = _tags.BeginChain(buffer);
        new PacketPiece((ushort)offset, (ushort)payload.Length).Write(chain.Add(ExtensionType.PacketPiece, PacketPiece.Length));
        if (offset == 0)
            DescribeMessage(payload).Write(ref chain);
        var bytes = Math.Min(payload.Length - offset, _mtu.MaxDatagramBytes - chain.Length);
        _sendBuffer.CopyPartTo(payload, offset, buffer.Slice(chain.Length, bytes));
        PathMtu.OnPiece(ref packet, offset, chain.Length + bytes);
        var next = offset + bytes;
        _nextPiece = next < payload.Length ? new NextPiece(seqNr, packet.TransmissionNumber, next) : default;
        return Finish(buffer, PacketType.Data, seqNr, chain, bytes, 0, packet.Transmissions);
    }

    private bool WentInPieces(in OutstandingPacket packet) => SendsPieces && packet.DatagramBytes < _mtu.HeaderBytes + packet.Payload.Length;

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

    /// <summary>Where a packet goes on that leaves in pieces; offset 0: none does.</summary>
    private readonly record struct NextPiece(SeqNr SeqNr, long TransmissionNumber, int Offset);
}
