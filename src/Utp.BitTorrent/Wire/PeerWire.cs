using System.Buffers;
using System.Buffers.Binary;

namespace Utp.BitTorrent;

/// <summary>What reading a buffer came to.</summary>
internal enum WireRead
{
    /// <summary>A message is there.</summary>
    Message,

    /// <summary>More bytes are needed.</summary>
    NeedMore,

    /// <summary>The peer does not keep to the protocol; the connection ends.</summary>
    Malformed,
}

/// <summary>Reads and writes messages (BEP 3, BEP 6, BEP 10): four bytes of length, one of number, the rest. All numbers are big-endian.</summary>
internal static class PeerWire
{
    private const int LengthBytes = 4;

    /// <summary>Before a block in a piece message: length, number, piece, offset.</summary>
    public const int PieceHeaderBytes = LengthBytes + 9;

    /// <summary>Reads the first message of a buffer.</summary>
    /// <param name="buffer">What has come and was not read yet.</param>
    /// <param name="maxLength">The longest message that is taken; a longer one is malformed, so that no stranger makes us keep more.</param>
    /// <param name="message">What was read.</param>
    /// <param name="consumed">How many bytes it took; when more are needed, how many the message will have, or 0.</param>
    /// <param name="problem">Why it is malformed.</param>
    public static WireRead TryRead(ReadOnlySpan<byte> buffer, int maxLength, out PeerMessage message, out int consumed, out string problem)
    {
        message = default;
        consumed = 0;
        problem = "";
        if (buffer.Length < LengthBytes)
            return WireRead.NeedMore;
        var length = BinaryPrimitives.ReadUInt32BigEndian(buffer);
        if (length > (uint)maxLength)
        {
            problem = $"a message of {length} bytes, of {maxLength} that are taken";
            return WireRead.Malformed;
        }

        consumed = LengthBytes + (int)length;
        if (buffer.Length < consumed)
            return WireRead.NeedMore;
        if (length == 0)
        {
            message = new PeerMessage { Id = MessageId.KeepAlive };
            return WireRead.Message;
        }

        if (TryReadBody((MessageId)buffer[LengthBytes], buffer[(LengthBytes + 1)..consumed], out message))
            return WireRead.Message;
        problem = $"a message of number {buffer[LengthBytes]} with {length} bytes";
        return WireRead.Malformed;
    }

    public static void Simple(IBufferWriter<byte> output, MessageId id) => Numbers(output, id, []);

    public static void KeepAlive(IBufferWriter<byte> output)
    {
        output.GetSpan(LengthBytes)[..LengthBytes].Clear();
        output.Advance(LengthBytes);
    }

    /// <summary>Have, suggest, allowed fast.</summary>
    public static void OfPiece(IBufferWriter<byte> output, MessageId id, int piece) => Numbers(output, id, [piece]);

    /// <summary>Request, cancel, reject.</summary>
    public static void OfBlock(IBufferWriter<byte> output, MessageId id, BlockRange block) => Numbers(output, id, [block.Piece, block.Offset, block.Length]);

    public static void Bitfield(IBufferWriter<byte> output, Bitfield field)
    {
        Head(output, MessageId.Bitfield, field.Bytes.Length);
        output.Write(field.Bytes);
    }

    /// <summary>What stands before a block's bytes.</summary>
    public static void PieceHeader(Span<byte> output, BlockRange block)
    {
        BinaryPrimitives.WriteInt32BigEndian(output, block.Length + 9);
        output[LengthBytes] = (byte)MessageId.Piece;
        BinaryPrimitives.WriteInt32BigEndian(output[(LengthBytes + 1)..], block.Piece);
        BinaryPrimitives.WriteInt32BigEndian(output[(LengthBytes + 5)..], block.Offset);
    }

    /// <summary>An extension's message (BEP 10).</summary>
    public static void Extended(IBufferWriter<byte> output, byte extendedId, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        Head(output, MessageId.Extended, 1 + first.Length + second.Length);
        output.Write([extendedId]);
        output.Write(first);
        output.Write(second);
    }

    private static bool TryReadBody(MessageId id, ReadOnlySpan<byte> body, out PeerMessage message)
    {
        message = new PeerMessage { Id = id };
        switch (id)
        {
            case MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested or MessageId.HaveAll or MessageId.HaveNone:
                return body.Length == 0;
            case MessageId.Have or MessageId.Suggest or MessageId.AllowedFast when body.Length == 4:
                message = new PeerMessage { Id = id, Piece = Number(body, 0) };
                return true;
            case MessageId.Bitfield:
                message = new PeerMessage { Id = id, Payload = body };
                return true;
            case MessageId.Request or MessageId.Cancel or MessageId.Reject when body.Length == 12:
                message = new PeerMessage { Id = id, Piece = Number(body, 0), Offset = Number(body, 4), Length = Number(body, 8) };
                return true;
            case MessageId.Piece when body.Length >= 8:
                message = new PeerMessage { Id = id, Piece = Number(body, 0), Offset = Number(body, 4), Length = body.Length - 8, Payload = body[8..] };
                return true;
            case MessageId.Port:
                return body.Length == 2;
            case MessageId.Extended when body.Length >= 1:
                message = new PeerMessage { Id = id, ExtendedId = body[0], Payload = body[1..] };
                return true;
            case MessageId.Have or MessageId.Suggest or MessageId.AllowedFast or MessageId.Request or MessageId.Cancel or MessageId.Reject or MessageId.Piece or MessageId.Extended:
                return false;
            default:
                // A number that is not known was made later than this: it is passed over.
                message = new PeerMessage { Id = MessageId.KeepAlive };
                return true;
        }
    }

    private static int Number(ReadOnlySpan<byte> body, int at) => BinaryPrimitives.ReadInt32BigEndian(body[at..]);

    private static void Head(IBufferWriter<byte> output, MessageId id, int bodyBytes)
    {
        var span = output.GetSpan(LengthBytes + 1);
        BinaryPrimitives.WriteInt32BigEndian(span, 1 + bodyBytes);
        span[LengthBytes] = (byte)id;
        output.Advance(LengthBytes + 1);
    }

    private static void Numbers(IBufferWriter<byte> output, MessageId id, ReadOnlySpan<int> numbers)
    {
        Head(output, id, 4 * numbers.Length);
        var span = output.GetSpan(4 * numbers.Length + 1);
        for (var index = 0; index < numbers.Length; index++)
            BinaryPrimitives.WriteInt32BigEndian(span[(4 * index)..], numbers[index]);
        output.Advance(4 * numbers.Length);
    }
}
