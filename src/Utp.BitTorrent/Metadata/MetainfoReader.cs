using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Security.Cryptography;

namespace Utp.BitTorrent;

/// <summary>Reads metainfo (BEP 3), versions 1, 2 and both (BEP 52). Each rule that a torrent breaks has its sentence.</summary>
internal static class MetainfoReader
{
    private const int MaxPieceLength = 64 << 20;
    private const int MaxFiles = 1_000_000;

    /// <summary>Reads a .torrent file.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> torrent, [NotNullWhen(true)] out TorrentMetainfo? metainfo, out string problem)
    {
        metainfo = null;
        if (!BencodeReader.TryRead(torrent, out var value, out var error))
        {
            problem = $"its bencode is wrong {error}";
            return false;
        }

        if (value is not BencodeDictionary root || root["info"] is not BencodeDictionary info)
        {
            problem = "it has no info dictionary";
            return false;
        }

        if (!TryReadInfo(info, root["piece layers"] as BencodeDictionary, OperatingSystem.IsWindows(), out var parts, out problem))
            return false;
        metainfo = new TorrentMetainfo(parts) { Trackers = TrackersOf(root) };
        return true;
    }

    /// <summary>Reads an info dictionary alone, as peers send it (BEP 9).</summary>
    public static bool TryReadInfo(ReadOnlyMemory<byte> info, IReadOnlyList<string> trackers, [NotNullWhen(true)] out TorrentMetainfo? metainfo, out string problem)
    {
        metainfo = null;
        if (!BencodeReader.TryRead(info, out var value, out var error))
        {
            problem = $"its bencode is wrong {error}";
            return false;
        }

        if (value is not BencodeDictionary dictionary)
        {
            problem = "it has no info dictionary";
            return false;
        }

        if (!TryReadInfo(dictionary, null, OperatingSystem.IsWindows(), out var parts, out problem))
            return false;
        metainfo = new TorrentMetainfo(parts) { Trackers = trackers };
        return true;
    }

    internal static bool TryReadInfo(BencodeDictionary info, BencodeDictionary? layers, bool windows, [NotNullWhen(true)] out InfoParts? parts, out string problem)
    {
        parts = null;
        if (info.Text("name") is not { } name)
            problem = "it has no name";
        else if (SafePath.Problem(name, windows) is { } unsafeName)
            problem = $"its name is refused: {unsafeName}";
        else if (info.Integer("piece length") is not (> 0 and <= MaxPieceLength and var pieceLength))
            problem = $"its piece length is missing, or not from 1 to {MaxPieceLength} bytes";
        else
            problem = ReadVersions(info, layers, name, (int)pieceLength, windows, out parts) ?? "";
        return parts is not null && problem.Length == 0;
    }

    private static string? ReadVersions(BencodeDictionary info, BencodeDictionary? layers, string name, int pieceLength, bool windows, out InfoParts? parts)
    {
        parts = null;
        var (has1, has2) = (info["pieces"] is not null, info["file tree"] is not null);
        if (info["meta version"] is not null && info.Integer("meta version") != 2)
            return "its meta version is none that is known (1 and 2 are)";
        if (!has1 && !has2)
            return "it has neither pieces (BEP 3) nor a file tree (BEP 52)";
        List<FileTree.Entry> tree = [];
        if (has2)
        {
            if (pieceLength < MerkleTree.LeafBytes || !BitOperations.IsPow2(pieceLength))
                return "its piece length is no power of two from 16 KiB, which version 2 needs";
            if (info["file tree"] is not BencodeDictionary top || FileTree.Read(top, windows, tree) is { } wrongTree)
                return info["file tree"] is BencodeDictionary ? FileTree.Read((BencodeDictionary)info["file tree"]!, windows, []) : "its file tree is no dictionary";
        }

        List<TorrentFile> files = [];
        ReadOnlyMemory<byte> hashes;
        if (has1)
        {
            if (FilesOf(info, name, windows, files) is { } wrongFiles)
                return wrongFiles;
            if (has2 && !AgreesWith(tree, files, name))
                return "its descriptions of version 1 and version 2 name different files";
            if (info.Bytes("pieces") is not { } pieces || pieces.Length % SHA1.HashSizeInBytes != 0)
                return "its pieces are no list of 20-byte hashes";
            hashes = pieces;
            var expected = (files[^1].End + pieceLength - 1) / pieceLength;
            if (hashes.Length / SHA1.HashSizeInBytes != expected)
                return $"it has {hashes.Length / SHA1.HashSizeInBytes} hashes for {expected} pieces";
        }
        else if (FileTree.Layout(tree, layers, name, pieceLength, files, out hashes) is { } wrongLayout)
        {
            return wrongLayout;
        }

        if (files.All(static file => file.Length == 0))
            return "all its files are empty, so there is nothing to exchange";
        if (Clashes(files, windows || OperatingSystem.IsMacOS()) is { } clash)
            return clash;
        parts = new InfoParts(info.Raw, name, pieceLength, files, info.Integer("private") == 1, hashes, !has1, has1 && has2);
        return null;
    }

    private static string? FilesOf(BencodeDictionary info, string name, bool windows, List<TorrentFile> files)
    {
        if (info["files"] is null)
        {
            if (info.Integer("length") is not (>= 0 and var length))
                return "it has neither a length nor files";
            files.Add(new TorrentFile(name, length, 0, false));
            return null;
        }

        if (info["files"] is not BencodeList { Items.Count: > 0 and <= MaxFiles } list || info["length"] is not null)
            return info["length"] is not null ? "it has both a length and files" : $"its files are no list of 1 to {MaxFiles}";
        long offset = 0;
        foreach (var item in list.Items)
        {
            if (item is not BencodeDictionary file || file.Integer("length") is not (>= 0 and var length) || file["path"] is not BencodeList { Items.Count: > 0 } path)
                return $"the file {files.Count + 1} lacks a length or a path";
            if (length > long.MaxValue / 4 - offset)
                return "its files are larger than anything can be";
            var isPadding = file.Text("attr")?.Contains('p', StringComparison.Ordinal) == true;
            var names = new List<string> { name };
            foreach (var part in path.Items)
            {
                if ((part as BencodeString)?.Text is not { } text)
                    return $"the path of file {files.Count + 1} is no UTF-8 text";
                // Padding is never stored, and some name it ".pad/…" with what would be refused.
                if (!isPadding && SafePath.Problem(text, windows) is { } problem)
                    return $"the path of file {files.Count + 1} is refused: {problem}";
                names.Add(text);
            }

            if (file["symlink path"] is not null || file.Text("attr")?.Contains('l', StringComparison.Ordinal) == true)
                return $"the file {files.Count + 1} is a symbolic link, which could lead anywhere";
            files.Add(new TorrentFile(string.Join('/', names), length, offset, isPadding));
            offset += length;
        }

        return null;
    }

    private static bool AgreesWith(List<FileTree.Entry> tree, List<TorrentFile> files, string name)
    {
        var described = tree.Select(entry => (Path: tree.Count == 1 && entry.Path == name && files.Count == 1 ? name : $"{name}/{entry.Path}", entry.Length)).ToHashSet();
        return described.SetEquals(files.Where(static file => !file.IsPadding).Select(static file => (file.Path, file.Length)));
    }

    // A file of the name of another, or of the folder of another, could not be stored.
    private static string? Clashes(List<TorrentFile> files, bool ignoresCase)
    {
        var comparer = ignoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var stored = files.Where(static file => !file.IsPadding).Select(static file => file.Path).ToList();
        var names = new HashSet<string>(comparer);
        if (stored.Find(path => !names.Add(path)) is { } twice)
            return $"two of its files have the path \"{twice}\"";
        foreach (var path in stored)
        {
            for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            {
                if (names.Contains(path[..slash]))
                    return $"\"{path[..slash]}\" is a file and a folder of it";
            }
        }

        return null;
    }

    private static List<string> TrackersOf(BencodeDictionary root)
    {
        // BEP 12: where there are tiers, the single one is not asked.
        var tiers = root["announce-list"] is BencodeList list
            ? list.Items.OfType<BencodeList>().SelectMany(static tier => tier.Items.OfType<BencodeString>()).Select(static url => url.Text)
            : [root.Text("announce")];
        return [.. tiers.OfType<string>().Where(static url => url.Length > 0).Distinct(StringComparer.Ordinal).Take(100)];
    }
}
