namespace Utp.Cli;

/// <summary>Where the entries of a bundle are in the end.</summary>
/// <param name="Folder">The folder of <c>--out</c>.</param>
/// <param name="Name">Of a folder of its own in that one; null: the entries stand in it under their own names.</param>
/// <param name="Force">Whether files are replaced, and folders merged.</param>
internal sealed record BundlePlace(string Folder, string? Name, bool Force)
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false, MatchType = MatchType.Simple };

    /// <summary>Why an entry at the top cannot be stored; null: it can.</summary>
    public string? Taken(string name) =>
        Name is null && !Force && Exists(Path.Combine(Folder, name)) ? $"{Sentences.OneLine(Path.Combine(Folder, name))} exists: add --force to replace it, or choose another folder." : null;

    /// <summary>Moves what stands in the staging to its place, and says where that is.</summary>
    /// <returns>The folder in which the entries are now, and what people are told.</returns>
    /// <exception cref="BundleException">What is there cannot be replaced.</exception>
    public (string Root, string Shown) Publish(Staging staging, bool preserve)
    {
        if (Name is not null)
        {
            var path = MoveToFreeName(staging);
            return (path, path);
        }

        var entries = new DirectoryInfo(staging.Files).GetFileSystemInfos("*", Everything);
        // All of it is looked at before anything is moved.
        foreach (var entry in entries)
            Check(entry, Path.Combine(Folder, entry.Name));
        foreach (var entry in entries)
            Move(entry, Path.Combine(Folder, entry.Name), preserve);
        return (Folder, entries.Length == 1 ? Path.Combine(Folder, entries[0].Name) : Folder);
    }

    private string MoveToFreeName(Staging staging)
    {
        for (var number = 1; ; number++)
        {
            var path = Path.Combine(Folder, number == 1 ? Name! : $"{Name}-{number}");
            if (Exists(path))
                continue;
            try
            {
                Directory.Move(staging.Files, path);
                return path;
            }
            catch (IOException) when (number < 10_000 && Exists(path))
            {
                // Another transfer was faster.
            }
        }
    }

    private void Check(FileSystemInfo entry, string path)
    {
        if (!Exists(path))
            return;
        if (!Force)
            throw new BundleException($"{Sentences.OneLine(path)} exists: add --force to replace it, or choose another folder.", TransferCodes.Exists);
        if (IsFolder(path) != IsFolder(entry.FullName))
            throw new BundleException($"{Sentences.OneLine(path)} is {(IsFolder(path) ? "a folder, and no folder was" : "no folder, and a folder was")} sent under its name: remove it, or choose another folder.", TransferCodes.Exists);
        if (!IsFolder(path))
            return;
        foreach (var inside in new DirectoryInfo(entry.FullName).GetFileSystemInfos("*", Everything))
            Check(inside, Path.Combine(path, inside.Name));
    }

    // A link is replaced, and never followed: neither to write behind it, nor to move what it names.
    private static void Move(FileSystemInfo entry, string path, bool preserve)
    {
        if (entry.LinkTarget is { } target)
        {
            File.Delete(path);
            File.CreateSymbolicLink(path, target);
            entry.Delete();
        }
        else if (entry is FileInfo)
        {
            if (!preserve && !OperatingSystem.IsWindows() && File.Exists(path) && new FileInfo(path).LinkTarget is null)
                File.SetUnixFileMode(entry.FullName, File.GetUnixFileMode(path));
            File.Move(entry.FullName, path, overwrite: true);
        }
        else if (!Exists(path))
        {
            Directory.Move(entry.FullName, path);
        }
        else
        {
            foreach (var inside in new DirectoryInfo(entry.FullName).GetFileSystemInfos("*", Everything))
                Move(inside, Path.Combine(path, inside.Name), preserve);
        }
    }

    private static bool IsFolder(string path) => new DirectoryInfo(path) is { LinkTarget: null, Exists: true };

    private static bool Exists(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
