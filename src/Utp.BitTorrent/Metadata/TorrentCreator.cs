using System.Numerics;
using System.Security.Cryptography;

namespace Utp.BitTorrent;

/// <summary>How a torrent is made.</summary>
public sealed record TorrentCreatorOptions
{
    /// <summary>Bytes of a piece: a power of two from 16 KiB to 16 MiB. Null: chosen so that there are about a thousand.</summary>
    public int? PieceLength { get; init; }

    /// <summary>Trackers to name in it, those to be asked first in front.</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Whether peers may come from nowhere but its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A text for people; null: none.</summary>
    public string? Comment { get; init; }

    /// <summary>Hears how many bytes were hashed since it last heard, on the thread that hashes; null: nobody does.</summary>
    public Action<long>? OnHashed { get; init; }
}

/// <summary>Makes .torrent files (BEP 3, version 1).</summary>
public static class TorrentCreator
{
    private const int MinPieceLength = 16 << 10;
    private const int MaxPieceLength = 16 << 20;
    private const int WantedPieces = 1_000;

    /// <summary>Makes the torrent of a file or a folder, which must not change meanwhile; gives the .torrent file's bytes. The same files give the same bytes.</summary>
    /// <param name="path">A file, or a folder with all that is in it. Symbolic links are refused: what they lead to may not be meant.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BitTorrentException">Something cannot be read, or cannot be in a torrent; the message says what to do.</exception>
    public static async Task<byte[]> CreateAsync(string path, TorrentCreatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new TorrentCreatorOptions();
        if (options.PieceLength is { } asked && (asked is < MinPieceLength or > MaxPieceLength || !BitOperations.IsPow2(asked)))
            throw new BitTorrentException($"A piece length of {asked} bytes is none: give a power of two from 16 KiB to 16 MiB.");
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var isFolder = Directory.Exists(full);
        var files = isFolder ? FilesOf(full) : [new FileInfo(full)];
        if (!isFolder && !files[0].Exists)
            throw new BitTorrentException($"{path} does not exist: name a file or a folder.");
        var total = files.Sum(static file => file.Length);
        if (total == 0)
            throw new BitTorrentException($"{path} has no bytes in it: a torrent needs some.");
        var pieceLength = options.PieceLength ?? PieceLengthFor(total);
        var hashes = await HashAsync(files, pieceLength, options.OnHashed, cancellationToken).ConfigureAwait(false);

        var described = isFolder ? new BencodeList([.. files.Select(file => Describe(full, file))]) : null;
        var info = BencodeWriter.Dictionary(
            ("files", described),
            ("length", isFolder ? null : new BencodeInteger(total)),
            ("name", new BencodeString(Path.GetFileName(full))),
            ("piece length", new BencodeInteger(pieceLength)),
            ("pieces", new BencodeString(hashes)),
            ("private", options.IsPrivate ? new BencodeInteger(1) : null));
        var torrent = BencodeWriter.Write(BencodeWriter.Dictionary(
            ("announce", options.Trackers.Count > 0 ? new BencodeString(options.Trackers[0]) : null),
            ("announce-list", options.Trackers.Count > 1 ? new BencodeList([.. options.Trackers.Select(static url => new BencodeList([new BencodeString(url)]))]) : null),
            ("comment", options.Comment is null ? null : new BencodeString(options.Comment)),
            ("info", info)));

        // What nobody could read again must not leave the house.
        return MetainfoReader.TryRead(torrent, out _, out var problem) ? torrent : throw new BitTorrentException($"{path} cannot be a torrent: {problem}. Rename what it names.");
    }

    internal static int PieceLengthFor(long total) =>
        (int)Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, total / WantedPieces)), MinPieceLength, MaxPieceLength);

    private static List<FileInfo> FilesOf(string folder)
    {
        var found = new List<FileInfo>();
        var everything = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        try
        {
            while (folders.TryPop(out var next))
            {
                foreach (var entry in next.EnumerateFileSystemInfos("*", everything))
                {
                    if (entry.LinkTarget is not null)
                        throw new BitTorrentException($"{entry.FullName} is a symbolic link: put what it leads to in its place, or leave it out.");
                    if (entry is DirectoryInfo child)
                        folders.Push(child);
                    else
                        found.Add((FileInfo)entry);
                }
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BitTorrentException($"A folder in {folder} may not be read: check its permissions.", e);
        }

        found.Sort(static (one, other) => string.CompareOrdinal(one.FullName, other.FullName));
        return found;
    }

    private static BencodeDictionary Describe(string folder, FileInfo file) => BencodeWriter.Dictionary(
        ("length", new BencodeInteger(file.Length)),
        ("path", new BencodeList([.. Path.GetRelativePath(folder, file.FullName).Split(Path.DirectorySeparatorChar).Select(static name => new BencodeString(name))])));

    private static async Task<byte[]> HashAsync(List<FileInfo> files, int pieceLength, Action<long>? onHashed, CancellationToken cancellationToken)
    {
        using var hashes = new MemoryStream();
        var piece = new byte[pieceLength];
        var filled = 0;
        foreach (var file in files)
        {
            try
            {
                using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
                long length = 0;
                int count;
                while ((count = await stream.ReadAsync(piece.AsMemory(filled), cancellationToken).ConfigureAwait(false)) > 0)
                {
                    length += count;
                    onHashed?.Invoke(count);
                    filled += count;
                    if (filled < pieceLength)
                        continue;
                    hashes.Write(SHA1.HashData(piece));
                    filled = 0;
                }

                if (length != file.Length)
                    throw new BitTorrentException($"{file.FullName} changed while it was read: make the torrent again when nobody writes to it.");
            }
            catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException)
            {
                throw new BitTorrentException($"{file.FullName} cannot be read: check its permissions.", e);
            }
        }

        if (filled > 0)
            hashes.Write(SHA1.HashData(piece.AsSpan(0, filled)));
        return hashes.ToArray();
    }
}
