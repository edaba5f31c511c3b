using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Utp.Cli;

/// <summary>
/// The temporary names of files that are being received, <c>.NAME.….part</c>. Each is locked by its writer, so one that nobody holds was left by a writer that died.
/// </summary>
internal static class PartFiles
{
    private static readonly EnumerationOptions Hidden = new() { AttributesToSkip = 0, MatchType = MatchType.Simple };

    // A writer that has just created its file may not hold the lock yet.
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(2);

    /// <summary>A new temporary name beside a file.</summary>
    public static string NameFor(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}.part");

    /// <summary>Takes over what a writer that died, or resumes, has left of a file: the largest, locked for the caller alone. False: there is nothing.</summary>
    /// <param name="path">The file that it was to become.</param>
    /// <param name="part">Its temporary name.</param>
    /// <param name="handle">The caller's.</param>
    public static bool TryTake(string path, out string part, [NotNullWhen(true)] out SafeFileHandle? handle)
    {
        foreach (var (left, _) in Left(Path.GetDirectoryName(path)!, Path.GetFileName(path)))
        {
            try
            {
                (part, handle) = (left, File.OpenHandle(left, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its writer lives.
            }
        }

        (part, handle) = ("", null);
        return false;
    }

    /// <summary>What was left of a file and has bytes in it, the largest first; some of it may have a writer that lives.</summary>
    public static IReadOnlyList<(string Part, long Bytes)> Left(string folder, string name)
    {
        try
        {
            return [.. new DirectoryInfo(folder).GetFiles($".{name}.*.part", Hidden).Where(static part => part.Length > 0)
                .OrderByDescending(static part => part.Length).Select(part => (part.FullName, part.Length))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Removes what writers that died have left in a folder, and says so.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Of the file that they were to become; null: of any.</param>
    /// <param name="say">Hears a sentence for each.</param>
    public static void RemoveAbandoned(string folder, string? name, Action<string> say)
    {
        try
        {
            foreach (var part in Directory.GetFiles(folder, name is null ? ".*.part" : $".{name}.*.part", Hidden))
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(part) >= Youngest && TryRemove(part, out var bytes))
                    say($"Removed {part} ({ByteSize.Text(bytes)}), which a receiver that died has left.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be tidied up does no harm.
        }
    }

    private static bool TryRemove(string part, out long bytes)
    {
        bytes = 0;
        try
        {
            using var held = File.OpenHandle(part, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            bytes = RandomAccess.GetLength(held);
            File.Delete(part);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its writer lives.
            return false;
        }
    }
}
