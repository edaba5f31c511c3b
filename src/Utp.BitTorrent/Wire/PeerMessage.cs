namespace Utp.BitTorrent;

/// <summary>The messages of BEP 3, BEP 6 and BEP 10, by their number on the wire.</summary>
internal enum MessageId
{
    /// <summary>A length of zero.</summary>
    KeepAlive = -1,
    Choke = 0,
    Unchoke = 1,
    Interested = 2,
    NotInterested = 3,
    Have = 4,
    Bitfield = 5,
    Request = 6,
    Piece = 7,
    Cancel = 8,
    Port = 9,
    Suggest = 13,
    HaveAll = 14,
    HaveNone = 15,
    Reject = 16,
    AllowedFast = 17,
    Extended = 20,
}

/// <summary>A range of a piece, as requests name it.</summary>
/// <param name="Piece">Which piece.</param>
/// <param name="Offset">Bytes from its beginning.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct BlockRange(int Piece, int Offset, int Length);

/// <summary>One message, as it lies in the buffer that it was read into; it is gone with the next read.</summary>
internal readonly ref struct PeerMessage
{
    public MessageId Id { get; init; }

    /// <summary>Of have, piece, suggest, allowed fast, request, cancel and reject.</summary>
    public int Piece { get; init; }

    /// <summary>Of request, cancel, reject and piece.</summary>
    public int Offset { get; init; }

    /// <summary>Of request, cancel and reject: as asked; of piece: of what came.</summary>
    public int Length { get; init; }

    /// <summary>Number of the extension's message (BEP 10).</summary>
    public byte ExtendedId { get; init; }

    /// <summary>Of bitfield, piece and extended.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    public BlockRange Block => new(Piece, Offset, Length);
}
