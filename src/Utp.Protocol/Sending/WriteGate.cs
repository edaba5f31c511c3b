namespace Utp.Protocol;

/// <summary>Whether a write is taken, and if not, why: the state, what was negotiated, room. Owned by the connection.</summary>
internal sealed class WriteGate(ConnectionOptions options, Lifecycle life, PeerTraits peer, OwnEnd end, SendBuffer sendBuffer)
{
    /// <summary>What becomes of a write. Metadata that the peer does not take is dropped where the options say so.</summary>
    public WriteResult Check(ReadOnlyMemory<byte> data, ref ReadOnlyMemory<byte> metadata)
    {
        if (life.State == ConnectionState.SynSent)
            return WriteResult.NotConnected;
        if (end.IsRequested || life.IsOver || end.IsUnheard || life.State == ConnectionState.TimeWait)
            return WriteResult.Closing;
        var result = CheckMessage(data, ref metadata);
        if (result != WriteResult.Accepted)
            return result;
        if (data.Length > options.SendBufferBytes)
            return WriteResult.TooLarge;
        var buffered = sendBuffer.BufferedBytes;
        return buffered > 0 && buffered + data.Length > options.SendBufferBytes ? WriteResult.BufferFull : WriteResult.Accepted;
    }

    /// <summary>Takes a write into the send buffer, if it may.</summary>
    public WriteResult TryAdd(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata)
    {
        var result = Check(data, ref metadata);
        if (result == WriteResult.Accepted)
            sendBuffer.Add(data, metadata, isMessage: options.Mode != DeliveryMode.Bytes);
        return result;
    }

    private WriteResult CheckMessage(ReadOnlyMemory<byte> data, ref ReadOnlyMemory<byte> metadata)
    {
        if (peer.UsesFrames)
        {
            if (metadata.Length > byte.MaxValue - FrameAssembler.HeaderLength)
                return WriteResult.MetadataTooLong;
            return data.Length > options.MaxFrameBytes ? WriteResult.FrameTooLarge : WriteResult.Accepted;
        }

        if (options.Mode == DeliveryMode.Frames)
            return WriteResult.FramesNotNegotiated;
        if (metadata.IsEmpty)
            return WriteResult.Accepted;
        if (options.Mode == DeliveryMode.Objects && peer.Has(Capabilities.Metadata))
            return metadata.Length > byte.MaxValue ? WriteResult.MetadataTooLong : WriteResult.Accepted;
        if (!options.DropUnsupportedMetadata)
            return WriteResult.MetadataNotNegotiated;
        metadata = default;
        return WriteResult.Accepted;
    }
}
