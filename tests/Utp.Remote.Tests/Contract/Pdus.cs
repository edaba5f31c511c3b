using Google.Protobuf;

namespace Utp.Remote.Tests.Contract;

/// <summary>PDUs as Akka's codec writes them, field by field.</summary>
internal static class Pdus
{
    /// <summary>A message of a user's.</summary>
    /// <param name="recipient">Its path.</param>
    /// <param name="message">What it holds.</param>
    /// <param name="seq">Its number, of a system message.</param>
    /// <param name="ack">A cumulative acknowledgement on top.</param>
    /// <param name="serializer">Of the message.</param>
    /// <param name="manifest">Of the message.</param>
    public static ByteString Message(string recipient, byte[] message, ulong? seq = null, ulong? ack = null, int serializer = 17, string manifest = "") =>
        Payload(Envelope(recipient, message, seq, serializer, manifest), ack);

    public static ByteString PureAck(ulong ack) => Payload(null, ack);

    public static ByteString Instruction(int command) => Field(2, Write(stream =>
    {
        stream.WriteTag(1, WireFormat.WireType.Varint);
        stream.WriteInt32(command);
    }));

    public static ByteString Field(int number, ByteString content) => Write(stream =>
    {
        stream.WriteTag(number, WireFormat.WireType.LengthDelimited);
        stream.WriteBytes(content);
    });

    /// <summary>An actor selection on its way: the names stand behind the payload.</summary>
    public static byte[] Selection(byte[] message, params string[] names) =>
        Concat([Field(1, Concat(Field(1, ByteString.CopyFrom(message)), Varint(2, 17))), .. names.Select(name => Field(2, Concat(Varint(1, 2), Field(2, ByteString.CopyFromUtf8(name)))))]).ToByteArray();

    public static ByteString Concat(params ByteString[] parts) => ByteString.CopyFrom([.. parts.SelectMany(static part => part.ToByteArray())]);

    private static ByteString Payload(ByteString? envelope, ulong? ack)
    {
        var inner = ByteString.Empty;
        if (ack is { } number)
            inner = Concat(inner, Field(1, Fixed64(1, number)));
        if (envelope is not null)
            inner = Concat(inner, Field(2, envelope));
        return Field(1, inner);
    }

    private static ByteString Envelope(string recipient, byte[] message, ulong? seq, int serializer, string manifest)
    {
        var payload = Concat(Field(1, ByteString.CopyFrom(message)), Varint(2, serializer));
        if (manifest.Length > 0)
            payload = Concat(payload, Field(3, ByteString.CopyFromUtf8(manifest)));
        var envelope = Concat(Field(1, Field(1, ByteString.CopyFromUtf8(recipient))), Field(2, payload));

        // As protobuf does: a zero is left out. None is all ones.
        return seq == 0 ? envelope : Concat(envelope, Fixed64(5, seq ?? ulong.MaxValue));
    }

    private static ByteString Varint(int number, int value) => Write(stream =>
    {
        stream.WriteTag(number, WireFormat.WireType.Varint);
        stream.WriteInt32(value);
    });

    private static ByteString Fixed64(int number, ulong value) => Write(stream =>
    {
        stream.WriteTag(number, WireFormat.WireType.Fixed64);
        stream.WriteFixed64(value);
    });

    private static ByteString Write(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var stream = new CodedOutputStream(memory, leaveOpen: true))
            write(stream);
        return ByteString.CopyFrom(memory.ToArray());
    }
}
