using System.Buffers.Binary;

namespace Utp.Remote;

/// <summary>
/// What can be read of a PDU of Akka's without decoding it: the protobuf fields of AkkaProtocolMessage, AckAndEnvelopeContainer and RemoteEnvelope, as spans of it. What is of another
/// shape, of a later Akka, is no view.
/// </summary>
internal ref struct PduView
{
    // Field numbers and wire types, as protobuf writes them.
    private const byte PayloadTag = 0x0A;
    private const byte InstructionTag = 0x12;
    private const byte AckTag = 0x0A;
    private const byte EnvelopeTag = 0x12;
    private const byte RecipientTag = 0x0A;
    private const byte MessageTag = 0x12;
    private const byte SenderTag = 0x22;
    private const byte SeqTag = 0x29;
    private const byte PathTag = 0x0A;
    private const byte ContentTag = 0x0A;
    private const byte SerializerTag = 0x10;
    private const byte ManifestTag = 0x1A;
    private const byte CommandTag = 0x08;

    /// <summary>Of an instruction: CommandType (3 is a heartbeat); zero for a payload.</summary>
    public int Instruction { get; private set; }

    /// <summary>The field of an acknowledgement, with its tag; empty: none.</summary>
    public ReadOnlySpan<byte> Ack { get; private set; }

    /// <summary>The field of the envelope, with its tag; empty: none.</summary>
    public ReadOnlySpan<byte> Envelope { get; private set; }

    /// <summary>The recipient's path in UTF-8, with its address; empty without an envelope.</summary>
    public ReadOnlySpan<byte> Recipient { get; private set; }

    /// <summary>Which serializer wrote the message.</summary>
    public int Serializer { get; private set; }

    /// <summary>What the serializer wrote.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>What the serializer calls it.</summary>
    public ReadOnlySpan<byte> Manifest { get; private set; }

    /// <summary>Whether it is a system message, which is acknowledged.</summary>
    public bool IsNumbered { get; private set; }

    /// <summary>Whether Akka keeps it and tries again when it is refused: a message of a user's, without a number.</summary>
    public readonly bool MayWait => !Envelope.IsEmpty && !IsNumbered;

    /// <summary>Whether it carries an instruction of Akka's protocol.</summary>
    public readonly bool IsInstruction => Instruction != 0;

    /// <summary>Looks at a PDU.</summary>
    public static bool TryParse(ReadOnlySpan<byte> pdu, out PduView view)
    {
        view = default;
        if (!TryReadField(ref pdu, out var tag, out var content, out _) || !pdu.IsEmpty)
            return false;
        return tag switch
        {
            InstructionTag => view.ReadInstruction(content),
            PayloadTag => view.ReadPayload(content),
            _ => false,
        };
    }

    /// <summary>The next field that has a length, a varint or 8 bytes.</summary>
    /// <param name="source">Advanced behind it.</param>
    /// <param name="tag">Its tag; those above 15 are no fields that are looked for.</param>
    /// <param name="content">What it holds; of a varint its bytes.</param>
    /// <param name="whole">With its tag.</param>
    /// <returns>False: none, or cut off.</returns>
    public static bool TryReadField(scoped ref ReadOnlySpan<byte> source, out byte tag, out ReadOnlySpan<byte> content, out ReadOnlySpan<byte> whole)
    {
        tag = 0;
        content = whole = default;
        if (source.IsEmpty || source[0] >= 0x80)
            return false;
        tag = source[0];
        var at = 1;
        int length;
        switch (tag & 7)
        {
            case 0:
                if (!TryReadVarint(source[at..], out _, out length))
                    return false;
                break;
            case 1:
                length = 8;
                break;
            case 2:
                if (!TryReadVarint(source[at..], out var value, out var prefix) || value > int.MaxValue)
                    return false;
                at += prefix;
                length = (int)value;
                break;
            default:
                return false;
        }

        if (source.Length - at < length)
            return false;
        content = source.Slice(at, length);
        whole = source[..(at + length)];
        source = source[(at + length)..];
        return true;
    }

    /// <summary>A varint at the beginning.</summary>
    public static bool TryReadVarint(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < Math.Min(source.Length, 10);)
        {
            var part = source[length];
            value |= (ulong)(part & 0x7F) << (7 * length++);
            if (part < 0x80)
                return true;
        }

        return false;
    }

    private bool ReadInstruction(ReadOnlySpan<byte> content)
    {
        while (TryReadField(ref content, out var tag, out var value, out _))
        {
            if (tag == CommandTag && TryReadVarint(value, out var command, out _))
                Instruction = (int)command;
        }

        return content.IsEmpty && Instruction != 0;
    }

    private bool ReadPayload(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> envelope = default;
        while (TryReadField(ref content, out var tag, out var value, out var whole))
        {
            if (tag == AckTag)
            {
                Ack = whole;
            }
            else if (tag == EnvelopeTag)
            {
                Envelope = whole;
                envelope = value;
            }
        }

        return content.IsEmpty && (Envelope.IsEmpty ? !Ack.IsEmpty : ReadEnvelope(envelope));
    }

    private bool ReadEnvelope(ReadOnlySpan<byte> content)
    {
        // protobuf leaves out a zero, which is the first system message's number; "none" is all ones.
        IsNumbered = true;
        while (TryReadField(ref content, out var tag, out var value, out _))
        {
            switch (tag)
            {
                case RecipientTag:
                    if (TryReadField(ref value, out var pathTag, out var path, out _) && pathTag == PathTag)
                        Recipient = path;
                    break;
                case MessageTag:
                    ReadMessage(value);
                    break;
                case SeqTag:
                    IsNumbered = BinaryPrimitives.ReadUInt64LittleEndian(value) != ulong.MaxValue;
                    break;
                case SenderTag:
                    break;
            }
        }

        return content.IsEmpty && !Recipient.IsEmpty;
    }

    private void ReadMessage(ReadOnlySpan<byte> message)
    {
        while (TryReadField(ref message, out var tag, out var value, out _))
        {
            switch (tag)
            {
                case ContentTag:
                    Content = value;
                    break;
                case SerializerTag:
                    TryReadVarint(value, out var serializer, out _);
                    Serializer = (int)serializer;
                    break;
                case ManifestTag:
                    Manifest = value;
                    break;
            }
        }
    }
}
