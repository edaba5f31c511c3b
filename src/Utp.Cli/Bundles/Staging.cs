using System.Security.Cryptography;
using System.Text;

namespace Utp.Cli;

/// <summary>
/// Where a bundle is stored until it is complete: the hidden folder <c>.utp-KEY.….part</c>, with what came in <c>files</c>. Its <c>lock</c> is held by the writer, so one whose lock
/// nobody holds was left by a writer that died.
/// </summary>
internal sealed class Staging : IDisposable
{
    private const string LockName = "lock";

    private static readonly EnumerationOptions Hidden = new() { AttributesToSkip = 0, MatchType = MatchType.Simple };
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false, MatchType = MatchType.Simple };

    // A writer that has just created its lock may not hold it yet.
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(2);

    private readonly string _folder;
    private readonly FileStream _lock;
    private readonly bool _taken;
    private bool _stays;

    private Staging(string folder, FileMode mode)
    {
        (_folder, _taken) = (folder, mode == FileMode.Open);
        _lock = Lock(folder, mode);
        Files = Path.Combine(folder, "files");
    }

    /// <summary>The folder that stands for the one in which all will be.</summary>
    public string Files { get; }

    /// <summary>A new one in a folder.</summary>
    /// <exception cref="CliException">It cannot be made.</exception>
    public static Staging Create(string folder, byte[] key)
    {
        var path = Path.Combine(folder, $".utp-{Convert.ToHexStringLower(key)}.{Path.GetRandomFileName()}.part");
        try
        {
            Directory.CreateDirectory(path);
            var staging = new Staging(path, FileMode.CreateNew);
            Directory.CreateDirectory(staging.Files);
            return staging;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(FileErrors.Writing(Path.Combine(folder, "files"), e), inner: e);
        }
    }

    /// <summary>Takes over what a writer that died, or resumes, has left of the same bundle; null: there is nothing.</summary>
    public static Staging? TryTake(string folder, byte[] key)
    {
        foreach (var left in Left(folder, $".utp-{Convert.ToHexStringLower(key)}.*.part"))
        {
            try
            {
                var staging = new Staging(left, FileMode.Open);
                Directory.CreateDirectory(staging.Files);
                return staging;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its writer lives.
            }
        }

        return null;
    }

    /// <summary>Those in a folder; some may have a writer.</summary>
    public static IReadOnlyList<string> In(string folder) => Left(folder, ".utp-*.part");

    /// <summary>Those in a folder that have no writer are removed, and said.</summary>
    public static void RemoveAbandoned(string folder, Action<string> say)
    {
        foreach (var left in In(folder))
        {
            try
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(Path.Combine(left, LockName)) < Youngest)
                    continue;
                new Staging(left, FileMode.Open).Dispose();
                say($"Removed {left}, which a receiver that died has left.");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its writer lives, or what cannot be tidied up does no harm.
            }
        }
    }

    /// <summary>The files in it that have bytes, by their entries' names, with SHA-256 of each.</summary>
    public IReadOnlyDictionary<string, KeptFile> HashKept()
    {
        var kept = new Dictionary<string, KeptFile>(StringComparer.Ordinal);
        foreach (var (name, path) in FilesIn(Files, ""))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (file.Length > 0 && Encoding.UTF8.GetByteCount(name) <= ushort.MaxValue)
                kept[name] = new KeptFile(file.Length, SHA256.HashData(file));
        }

        return kept;
    }

    /// <summary>What is in it is removed, but for what is wanted: names of entries.</summary>
    public void RemoveAllBut(IReadOnlySet<string> wanted)
    {
        if (_taken)
            RemoveAllBut(new DirectoryInfo(Files), "", wanted);
    }

    /// <summary>What is in it stays when this is disposed, for a later transfer.</summary>
    public void Keep() => _stays = true;

    /// <summary>Everything that was written in it is on the disk.</summary>
    public void Flush() => DiskFlush.FileSystemOf(_lock.SafeFileHandle);

    /// <summary>Removes it, unless it is to stay. Not on an actor's thread: it may take a while.</summary>
    public void Dispose()
    {
        try
        {
            if (!_stays)
            {
                if (Directory.Exists(Files))
                    Directory.Delete(Files, recursive: true);
                File.Delete(Path.Combine(_folder, LockName));
            }

            _lock.Dispose();
            if (!_stays)
                Directory.Delete(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What remains has a temporary name.
            _lock.Dispose();
        }
    }

    private static FileStream Lock(string folder, FileMode mode) => new(Path.Combine(folder, LockName), mode, FileAccess.ReadWrite, FileShare.None);

    private static string[] Left(string folder, string pattern)
    {
        try
        {
            return Directory.GetDirectories(folder, pattern, Hidden);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // Links are no files here, and are not followed.
    private static IEnumerable<(string Name, string Path)> FilesIn(string folder, string prefix)
    {
        foreach (var entry in new DirectoryInfo(folder).GetFileSystemInfos("*", Everything))
        {
            if (entry.LinkTarget is not null)
                continue;
            if (entry is FileInfo)
            {
                yield return (prefix + entry.Name, entry.FullName);
                continue;
            }

            foreach (var inside in FilesIn(entry.FullName, $"{prefix}{entry.Name}/"))
                yield return inside;
        }
    }

    private static void RemoveAllBut(DirectoryInfo folder, string prefix, IReadOnlySet<string> wanted)
    {
        foreach (var entry in folder.GetFileSystemInfos("*", Everything))
        {
            var isFolder = entry is DirectoryInfo && entry.LinkTarget is null;
            if (wanted.Contains(prefix + entry.Name))
            {
                if (isFolder)
                    RemoveAllBut((DirectoryInfo)entry, $"{prefix}{entry.Name}/", wanted);
            }
            else if (isFolder)
            {
                ((DirectoryInfo)entry).Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }
}
