using System.Security.Cryptography;

namespace Utp.BitTorrent;

/// <summary>
/// What a .torrent file says (BEP 3, and BEP 52 for versions 2 and hybrid). It was checked as a whole when it was read, its names too: a value of this type leads to no file
/// outside the folder that is chosen for it. Immutable; any thread.
/// </summary>
public sealed class TorrentMetainfo
{
    /// <summary>The largest .torrent that is read, in bytes.</summary>
    public const int MaxBytes = 64 << 20;

    private readonly ReadOnlyMemory<byte> _pieceHashes;
    private readonly bool _isMerkle;

    internal TorrentMetainfo(InfoParts parts)
    {
        (InfoBytes, Name, PieceLength, Files, IsPrivate) = (parts.InfoBytes, parts.Name, parts.PieceLength, parts.Files, parts.IsPrivate);
        (_pieceHashes, _isMerkle, IsHybrid) = (parts.PieceHashes, parts.IsMerkle, parts.IsHybrid);
        PieceCount = _pieceHashes.Length / HashLength;
        TotalBytes = Files.Where(static file => !file.IsPadding).Sum(static file => file.Length);
        InfoHash = new InfoHash(_isMerkle ? SHA256.HashData(InfoBytes.Span).AsSpan(0, InfoHash.Length) : SHA1.HashData(InfoBytes.Span));
    }

    /// <summary>What names it on the wire.</summary>
    public InfoHash InfoHash { get; }

    /// <summary>Its name: that of the file, or of the folder that holds all files.</summary>
    public string Name { get; }

    /// <summary>Bytes of each piece but the last (of the torrent, or of each file in version 2).</summary>
    public int PieceLength { get; }

    /// <summary>How many pieces it has.</summary>
    public int PieceCount { get; }

    /// <summary>Bytes of all files.</summary>
    public long TotalBytes { get; }

    /// <summary>Its files, in the order of their pieces.</summary>
    public IReadOnlyList<TorrentFile> Files { get; }

    /// <summary>Whether peers may come from nowhere but its trackers (BEP 27).</summary>
    public bool IsPrivate { get; }

    /// <summary>1 for BEP 3, also where version 2 is described beside it; 2 for BEP 52 alone.</summary>
    public int Version => _isMerkle ? 2 : 1;

    /// <summary>Whether it describes its files for versions 1 and 2. It is exchanged as version 1.</summary>
    public bool IsHybrid { get; }

    /// <summary>Trackers that it names, those to be asked first in front.</summary>
    public IReadOnlyList<string> Trackers { get; internal init; } = [];

    /// <summary>The info dictionary's own bytes, which the info hash is made of.</summary>
    internal ReadOnlyMemory<byte> InfoBytes { get; }

    private int HashLength => _isMerkle ? SHA256.HashSizeInBytes : SHA1.HashSizeInBytes;

    /// <summary>Reads a .torrent file's bytes, which must not change afterwards.</summary>
    /// <param name="torrent">All of them.</param>
    /// <exception cref="BitTorrentException">It is none, or one that is not safe; the message says where and why.</exception>
    public static TorrentMetainfo Parse(ReadOnlyMemory<byte> torrent) =>
        MetainfoReader.TryRead(torrent, out var metainfo, out var problem)
            ? metainfo
            : throw new BitTorrentException($"This is no torrent that can be used: {problem}. Get the .torrent file once more, or from somebody else.");

    /// <summary>Reads a .torrent file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BitTorrentException">It cannot be read, is none, or is not safe; the message says where and why.</exception>
    public static async Task<TorrentMetainfo> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
                throw new BitTorrentException($"{path} is larger than {MaxBytes >> 20} MiB, which no .torrent is: name another file.");
            bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BitTorrentException($"{path} cannot be read ({(e is UnauthorizedAccessException ? "not allowed, or a folder" : "it does not exist")}): check the path and its permissions.", e);
        }

        return MetainfoReader.TryRead(bytes, out var metainfo, out var problem)
            ? metainfo
            : throw new BitTorrentException($"{path} is no torrent that can be used: {problem}. Get the .torrent file once more, or from somebody else.");
    }

    /// <summary>Where a piece begins, counting bytes from the first piece.</summary>
    internal long OffsetOf(int piece) => (long)piece * PieceLength;

    /// <summary>How many bytes it has.</summary>
    internal int SizeOf(int piece)
    {
        var start = OffsetOf(piece);
        var end = Files[^1].End;
        if (_isMerkle)
            end = Files[FileAt(start)].End;
        return (int)Math.Min(PieceLength, end - start);
    }

    /// <summary>Whether these are the bytes of that piece.</summary>
    internal bool Verify(int piece, ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (_isMerkle)
        {
            // A file that is smaller than a piece has the hash of as many blocks as it needs, all others as many as a piece has (BEP 52).
            var fileBytes = Files[FileAt(OffsetOf(piece))].Length;
            MerkleTree.Root(bytes, fileBytes <= PieceLength ? MerkleTree.LeavesFor(fileBytes) : PieceLength / MerkleTree.LeafBytes, hash);
        }
        else
        {
            hash = hash[..SHA1.HashSizeInBytes];
            SHA1.HashData(bytes, hash);
        }

        return hash.SequenceEqual(_pieceHashes.Span.Slice(piece * HashLength, HashLength));
    }

    /// <summary>The files that have bytes of that range, in order; empty files have none.</summary>
    internal IEnumerable<TorrentFile> FilesIn(long start, long end)
    {
        for (var index = FileAt(start); index < Files.Count && Files[index].Offset < end; index++)
        {
            if (Files[index].End > start && Files[index].Length > 0)
                yield return Files[index];
        }
    }

    // The first file that ends behind this byte.
    private int FileAt(long offset)
    {
        var (low, high) = (0, Files.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Files[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}

/// <summary>A checked info dictionary.</summary>
internal sealed record InfoParts(
    ReadOnlyMemory<byte> InfoBytes, string Name, int PieceLength, IReadOnlyList<TorrentFile> Files, bool IsPrivate, ReadOnlyMemory<byte> PieceHashes, bool IsMerkle, bool IsHybrid);
