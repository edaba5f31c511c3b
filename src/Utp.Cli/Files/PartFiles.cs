namespace Utp.Cli;

/// <summary>
/// The temporary names of files that are being received, <c>.NAME.….part</c>. Each is locked by its writer, so one that nobody holds was left by a writer that died.
/// </summary>
internal static class PartFiles
{
    // A writer that has just created its file may not hold the lock yet.
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(2);

    /// <summary>A new temporary name beside a file.</summary>
    public static string NameFor(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}.part");

    /// <summary>Removes what writers that died have left in a folder, and says so.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Of the file that they were to become; null: of any.</param>
    /// <param name="say">Hears a sentence for each.</param>
    public static void RemoveAbandoned(string folder, string? name, Action<string> say)
    {
        try
        {
            var options = new EnumerationOptions { AttributesToSkip = 0, MatchType = MatchType.Simple };
            foreach (var part in Directory.GetFiles(folder, name is null ? ".*.part" : $".{name}.*.part", options))
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
