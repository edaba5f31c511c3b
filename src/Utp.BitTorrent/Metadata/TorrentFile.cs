namespace Utp.BitTorrent;

/// <summary>One file of a torrent.</summary>
/// <param name="Path">Below the chosen folder, with the torrent's own folder first where it has one; names are separated by "/", and each is safe on this system.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Offset">Where it begins, counting bytes from the first piece. In a torrent of version 2 alone each file begins with a piece of its own.</param>
/// <param name="IsPadding">Zeros that only fill up a piece (BEP 47): they are not stored.</param>
public sealed record TorrentFile(string Path, long Length, long Offset, bool IsPadding)
{
    internal long End => Offset + Length;
}
