using System.Security.Cryptography;
using System.Text;

namespace Utp.BitTorrent;

/// <summary>The files of version 2 (BEP 52, "file tree"): folders are dictionaries, and a file is what stands under an empty name.</summary>
internal static class FileTree
{
    /// <summary>One file: its path below the torrent's folder, its length, and the root of its hashes; none for an empty file.</summary>
    internal readonly record struct Entry(string Path, long Length, ReadOnlyMemory<byte> Root);

    /// <summary>Reads all files, in the tree's order. What is wrong; null: nothing.</summary>
    public static string? Read(BencodeDictionary folder, bool windows, List<Entry> entries, string prefix = "")
    {
        foreach (var (key, value) in folder.Entries)
        {
            if (BencodeDictionary.KeyText(key) is not { } name)
                return "a name in its file tree is no UTF-8 text";
            if (SafePath.Problem(name, windows) is { } problem)
                return $"a path in its file tree is refused: {problem}";
            if (value is not BencodeDictionary child)
                return "an entry of its file tree is no dictionary";
            var path = prefix + name;
            var wrong = child[""] is null ? Read(child, windows, entries, path + "/")
                : child[""] is not BencodeDictionary file || child.Entries.Count > 1 ? $"\"{path}\" in its file tree is a file and a folder"
                : ReadFile(file, path, entries);
            if (wrong is not null)
                return wrong;
        }

        return null;
    }

    /// <summary>Lays the files out in pieces, each file from a piece of its own, and checks their hashes against the roots. What is wrong; null: nothing.</summary>
    public static string? Layout(List<Entry> tree, BencodeDictionary? layers, string name, int pieceLength, List<TorrentFile> files, out ReadOnlyMemory<byte> hashes)
    {
        using var all = new MemoryStream();
        hashes = default;
        long offset = 0;
        foreach (var entry in tree)
        {
            var path = tree.Count == 1 && entry.Path == name ? name : $"{name}/{entry.Path}";
            files.Add(new TorrentFile(path, entry.Length, offset, false));
            if (entry.Length == 0)
                continue;
            var pieces = (entry.Length + pieceLength - 1) / pieceLength;
            if (pieces == 1)
            {
                all.Write(entry.Root.Span);
            }
            else
            {
                if (layers?.Bytes(Encoding.Latin1.GetString(entry.Root.Span)) is not { } layer)
                    return "it is of version 2 alone and lacks the hashes of its pieces, which a magnet link cannot give: use the .torrent file";
                if (layer.Length != pieces * SHA256.HashSizeInBytes || !MerkleTree.RootOfLayer(layer.Span, pieceLength / MerkleTree.LeafBytes).AsSpan().SequenceEqual(entry.Root.Span))
                    return $"the hashes of \"{entry.Path}\" do not belong to its root";
                all.Write(layer.Span);
            }

            offset += pieces * pieceLength;
        }

        hashes = all.ToArray();
        return null;
    }

    private static string? ReadFile(BencodeDictionary file, string path, List<Entry> entries)
    {
        if (file.Integer("length") is not (>= 0 and < long.MaxValue / 1024 and var length))
            return $"\"{path}\" in its file tree lacks a length";
        if (file["symlink path"] is not null || file.Text("attr")?.Contains('l', StringComparison.Ordinal) == true)
            return $"\"{path}\" is a symbolic link, which could lead anywhere";
        var root = file.Bytes("pieces root") ?? default;
        if (length > 0 && root.Length != SHA256.HashSizeInBytes)
            return $"\"{path}\" in its file tree lacks its root of 32 bytes";
        entries.Add(new Entry(path, length, root));
        return null;
    }
}
