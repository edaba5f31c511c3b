using Google.Protobuf;

namespace Utp.Remote;

/// <summary>
/// Takes an acknowledgement out of the PDU that it rides on, so that it can go on lane 0: acknowledgements that overtake each other make Akka send again, or quarantine.
/// </summary>
internal static class AckSplitter
{
    private const byte PayloadTag = 0x0A;
    private const int MaxVarint = 5;

    /// <summary>The PDU without its acknowledgement, and the acknowledgement as a PDU of its own.</summary>
    public static (ByteString Ack, ByteString Message) Split(scoped in PduView view) => (Wrap(view.Ack), Wrap(view.Envelope));

    // AkkaProtocolMessage of the one field of AckAndEnvelopeContainer.
    private static ByteString Wrap(ReadOnlySpan<byte> field)
    {
        Span<byte> head = stackalloc byte[1 + MaxVarint];
        head[0] = PayloadTag;
        var length = 1;
        var value = (uint)field.Length;
        for (; value >= 0x80; value >>= 7)
            head[length++] = (byte)(value | 0x80);
        head[length++] = (byte)value;

        var pdu = GC.AllocateUninitializedArray<byte>(length + field.Length);
        head[..length].CopyTo(pdu);
        field.CopyTo(pdu.AsSpan(length));
        return UnsafeByteOperations.UnsafeWrap(pdu);
    }
}
