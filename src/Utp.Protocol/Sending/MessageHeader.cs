using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>Extension 2 of a ST_DATA: metadata of an object (frame length −1), a frame's header, or nothing.</summary>
internal readonly record struct MessageHeader(ReadOnlyMemory<byte> Metadata, int FrameLength)
{
    public static readonly MessageHeader None = new(default, -1);

    /// <summary>Bytes on the wire.</summary>
    public int Bytes => FrameLength >= 0 ? 2 + FrameAssembler.HeaderLength + Metadata.Length : Metadata.IsEmpty ? 0 : 2 + Metadata.Length;

    /// <summary>Bytes of the one on the packet that begins with this write: metadata, or a frame's header on its first packet.</summary>
    public static int BytesOf(in NextWrite next, bool usesFrames)
    {
        if (usesFrames)
            return next.IsStart ? 2 + FrameAssembler.HeaderLength + next.Metadata.Length : 0;
        return next.Metadata.IsEmpty ? 0 : 2 + next.Metadata.Length;
    }

    /// <summary>The one on a packet that was cut. A frame's header is on its first packet only; metadata of an object on its only one.</summary>
    public static MessageHeader Of(in PayloadRange payload, SendBuffer sendBuffer, bool usesFrames)
    {
        if (!payload.HoldsData)
            return None;
        var (metadata, writeLength) = sendBuffer.Describe(payload);
        if (!usesFrames)
            return new MessageHeader(metadata, -1);
        return payload.Offset == 0 ? new MessageHeader(metadata, writeLength) : None;
    }

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
