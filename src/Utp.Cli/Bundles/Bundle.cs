namespace Utp.Cli;

/// <summary>What an entry of a bundle is.</summary>
internal enum EntryKind
{
    /// <summary>A folder; its entries follow.</summary>
    Folder,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A symbolic link that stays inside.</summary>
    Link,
}

/// <summary>One entry.</summary>
/// <param name="Name">Its name in the bundle, the parts parted by '/'.</param>
/// <param name="Path">Where it stands here.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">Of a file: how many; they are sent, whatever happens to the file meanwhile.</param>
/// <param name="Target">Of a link.</param>
internal sealed record BundleEntry(string Name, string Path, EntryKind Kind, long Bytes = 0, string? Target = null);

/// <summary>Files and folders that are sent together: a list that is made before anybody is connected to, so that what cannot be read costs the peer nothing.</summary>
/// <param name="Entries">A folder before what is in it.</param>
/// <param name="LeftOut">A sentence for each thing that is no file, no folder, and no link that stays inside.</param>
internal sealed record Bundle(IReadOnlyList<BundleEntry> Entries, IReadOnlyList<string> LeftOut)
{
    private const int BlockBytes = 512;

    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false, MatchType = MatchType.Simple };

    /// <summary>How many files.</summary>
    public long Files => Entries.LongCount(static entry => entry.Kind == EntryKind.File);

    /// <summary>About as many bytes as the stream will have: its headers are counted as three blocks.</summary>
    public long StreamBytes => Entries.Sum(static entry => (3 * BlockBytes) + ((entry.Bytes + BlockBytes - 1) / BlockBytes * BlockBytes)) + (2 * BlockBytes) + BundleSource.TrailerBytes;

    /// <summary>Lists what stands under some paths. A path that is a link is followed; links inside are sent as links.</summary>
    /// <exception cref="CliException">Something cannot be read, or two paths have the same name.</exception>
    public static Bundle Of(IReadOnlyList<string> paths)
    {
        var (entries, leftOut) = (new List<BundleEntry>(), new List<string>());
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            if (path.Length == 0)
                throw CliException.WrongUsage("A PATH is empty: name a file or a folder.");
            if (path == "-")
                throw CliException.WrongUsage("Standard input (-) goes alone: it has no name beside others.");
            var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            if (EntryNames.Problem(name) is { } problem)
                throw new CliException($"{path} has no name to be stored under ({problem}): name what is in it.");
            if (!names.TryAdd(name, path))
                throw CliException.WrongUsage($"{names[name]} and {path} would both be stored as {name}: send one after the other, or rename one.");
            switch (FileKinds.Of(path))
            {
                case FileKind.None:
                    throw new CliException(FileErrors.Reading(path, new FileNotFoundException()));
                case FileKind.Folder:
                    AddFolder(entries, leftOut, name, path);
                    break;
                case FileKind.File:
                    entries.Add(FileOf(name, path));
                    break;
                default:
                    throw new CliException($"{path} is a pipe, a socket or a device: it goes alone, by utp send {path} HOST:PORT.");
            }
        }

        return new Bundle(entries, leftOut);
    }

    private static void AddFolder(List<BundleEntry> entries, List<string> leftOut, string name, string path)
    {
        entries.Add(new BundleEntry(name, path, EntryKind.Folder));
        try
        {
            foreach (var entry in new DirectoryInfo(path).GetFileSystemInfos("*", All).OrderBy(static entry => entry.Name, StringComparer.Ordinal))
                AddEntry(entries, leftOut, $"{name}/{entry.Name}", Path.Combine(path, entry.Name), entry);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(e is UnauthorizedAccessException ? $"{path} may not be read by this user: check its permissions." : FileErrors.Reading(path, e), inner: e);
        }
    }

    private static void AddEntry(List<BundleEntry> entries, List<string> leftOut, string name, string path, FileSystemInfo entry)
    {
        if (EntryNames.Problem(name) is { } problem)
        {
            leftOut.Add($"{path} is left out: {problem}.");
        }
        else if (entry.LinkTarget is { } target)
        {
            if (EntryNames.LinkStaysInside(name, target))
                entries.Add(new BundleEntry(name, path, EntryKind.Link, Target: target));
            else
                leftOut.Add($"{path} is left out: it is a link to {target}, which leads out of what is sent.");
        }
        else if (entry is DirectoryInfo)
        {
            AddFolder(entries, leftOut, name, path);
        }
        else if (FileKinds.Of(path) == FileKind.File)
        {
            entries.Add(FileOf(name, path));
        }
        else
        {
            leftOut.Add($"{path} is left out: it is a pipe, a socket or a device.");
        }
    }

    // Opened once, so that a file that may not be read is named before the transfer and not in its middle.
    private static BundleEntry FileOf(string name, string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new BundleEntry(name, path, EntryKind.File, RandomAccess.GetLength(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(FileErrors.Reading(path, e), inner: e);
        }
    }
}
