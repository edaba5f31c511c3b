namespace Utp.Protocol;

/// <summary>
/// A datagram that was found well-formed, as a view: its header, and where in the datagram its extensions and
/// payload lie. Parsed once, where it arrives; it travels with the datagram's bytes from then on.
/// </summary>
/// <param name="Header">The 20-byte header.</param>
/// <param name="SelectiveAckOffset">Where the SACK bit mask begins.</param>
/// <param name="SelectiveAckLength">Bytes of the SACK bit mask, 0 for none.</param>
/// <param name="Extension2Offset">Where the data of the first extension 2 begins.</param>
/// <param name="Extension2Length">Bytes of it, -1 when there is none (an empty one is legal).</param>
/// <param name="PayloadOffset">Where the payload begins.</param>
/// <param name="PayloadLength">Bytes of payload.</param>
/// <param name="PeerCloseReason">The close reason of extension 3, -1 for none.</param>
/// <param name="IsNotRead">Whether extension 3 says that what was sent is not read (design note 25).</param>
/// <param name="IsCutOff">Whether extension 3 says that its sender has aborted its direction.</param>
/// <param name="RangesOffset">Where the SACK ranges of extension 4 begin.</param>
/// <param name="RangesLength">Bytes of them, 0 for none.</param>
/// <param name="HasPiece">Whether the packet carries extension 5: its payload is a piece, for those who negotiated that.</param>
/// <param name="Piece">Where the piece belongs.</param>
/// <param name="Tag">What extension 6 shows and asks for; <c>default</c> for none.</param>
public readonly record struct ParsedPacket(
    PacketHeader Header,
    ushort SelectiveAckOffset,
    short SelectiveAckLength,
    ushort Extension2Offset,
    short Extension2Length,
    ushort PayloadOffset,
    ushort PayloadLength,
    int PeerCloseReason,
    bool IsNotRead,
    bool IsCutOff,
    ushort RangesOffset,
    short RangesLength,
    bool HasPiece,
    PacketPiece Piece,
    PacketTag Tag)
{
    /// <summary>Whether the packet carries extension 2.</summary>
    public bool HasExtension2 => Extension2Length >= 0;

    /// <summary>Whether the packet carries any extension at all.</summary>
    public bool HasExtensions => Header.Extension != ExtensionType.None;

    /// <summary>The SACK bit mask in the packet's datagram; empty when there is none.</summary>
    public ReadOnlySpan<byte> SelectiveAck(ReadOnlySpan<byte> datagram) =>
        datagram.Slice(SelectiveAckOffset, SelectiveAckLength);

    /// <summary>The SACK ranges in the packet's datagram; empty when there are none.</summary>
    public ReadOnlySpan<byte> SelectiveAckRanges(ReadOnlySpan<byte> datagram) => datagram.Slice(RangesOffset, RangesLength);

    /// <summary>The data of extension 2 in the packet's datagram; empty when there is none.</summary>
    public ReadOnlySpan<byte> Extension2(ReadOnlySpan<byte> datagram) =>
        HasExtension2 ? datagram.Slice(Extension2Offset, Extension2Length) : [];

    /// <summary>The payload in the packet's datagram.</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> datagram) => datagram.Slice(PayloadOffset, PayloadLength);

    /// <summary>
    /// Reads header and extension chain. Unknown extensions are skipped; a chain that runs past the datagram
    /// makes it malformed. Never throws, whatever the bytes.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out ParsedPacket packet)
    {
        packet = default;
        if (datagram.Length > ushort.MaxValue || !PacketHeader.TryParse(datagram, out var header))
            return false;

        var offset = PacketHeader.Length;
        int sackOffset = offset, sackLength = 0, ext2Offset = offset, ext2Length = -1, closeReason = -1, rangesOffset = offset, rangesLength = 0;
        var (isNotRead, isCutOff) = (false, false);
        PacketPiece? piece = null;
        PacketTag tag = default;
        var type = header.Extension;
        while (type != ExtensionType.None)
        {
            // BEP 29 "extension": next type, length, then that many bytes.
            if (datagram.Length - offset < 2)
                return false;
            var next = datagram[offset];
            int length = datagram[offset + 1];
            offset += 2;
            if (datagram.Length - offset < length)
                return false;

            // Of two extensions of one type the first counts.
            switch (type)
            {
                case ExtensionType.SelectiveAck when sackLength == 0:
                    (sackOffset, sackLength) = (offset, length);
                    break;
                case ExtensionType.CapabilitiesOrMetadata when ext2Length < 0:
                    (ext2Offset, ext2Length) = (offset, length);
                    break;
                case ExtensionType.SelectiveAckRanges when rangesLength == 0:
                    (rangesOffset, rangesLength) = (offset, length);
                    break;
                case ExtensionType.PacketPiece when piece is null:
                    piece = PacketPiece.Parse(datagram.Slice(offset, length));
                    break;
                case ExtensionType.PacketTag when tag == default:
                    tag = PacketTag.Parse(datagram.Slice(offset, length));
                    break;
                case ExtensionType.CloseReason when closeReason < 0 && length == 4:
                    closeReason = (datagram[offset + 2] << 8) | datagram[offset + 3];
                    isNotRead = (datagram[offset] & CloseNotice.NotReadFlag) != 0;
                    isCutOff = (datagram[offset] & CloseNotice.CutOffFlag) != 0;
                    break;
            }

            offset += length;
            type = next;
        }

        packet = new ParsedPacket(
            header, (ushort)sackOffset, (short)sackLength, (ushort)ext2Offset, (short)ext2Length,
            (ushort)offset, (ushort)(datagram.Length - offset), closeReason, isNotRead, isCutOff,
            (ushort)rangesOffset, (short)rangesLength, piece is not null, piece ?? default, tag);
        return true;
    }
}
