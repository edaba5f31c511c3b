using System.Buffers;

namespace Utp.Cli;

/// <summary>
/// Which names and links of a bundle may be made under a folder: those that cannot lead out of it, whatever else stands there. The sender leaves out what the receiver would refuse.
/// </summary>
internal static class EntryNames
{
    // No file system takes longer ones.
    private const int MostCharacters = 4096;

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9"];

    private static readonly SearchValues<char> NotOnWindows = SearchValues.Create("\\:*?\"<>|");

    /// <summary>Why an entry of that name, its parts parted by '/', is not made here; null: it may be.</summary>
    public static string? Problem(string name) => ProblemOn(name, OperatingSystem.IsWindows());

    /// <summary>The same, by the rules of Windows or of all others.</summary>
    internal static string? ProblemOn(string name, bool windows)
    {
        if (name.Length is 0 or > MostCharacters)
            return "it is empty, or too long";
        foreach (var part in name.Split('/'))
        {
            if (part.Length == 0)
                return "it begins at the root, or has an empty part";
            if (part is "." or "..")
                return "it would lead out of the folder";
            if (part.Contains('\0', StringComparison.Ordinal))
                return "it has a character that no name has";
            if (windows && !IsNameOnWindows(part))
                return "Windows takes no such name";
        }

        return null;
    }

    /// <summary>
    /// Whether a symbolic link stays in the folder. The link's own parts are real folders, so the ".." at the target's beginning are counted against them; behind a name there may be
    /// none, because the name may be a link itself.
    /// </summary>
    public static bool LinkStaysInside(string name, string target)
    {
        if (target.Length is 0 or > MostCharacters || (OperatingSystem.IsWindows() && target.AsSpan().ContainsAny('\\', ':')))
            return false;
        var parts = target.TrimEnd('/').Split('/');
        var up = parts.TakeWhile(static part => part is ".." or ".").Count(static part => part == "..");
        var named = parts.SkipWhile(static part => part is ".." or ".").ToList();
        return up <= name.Count(static c => c == '/') && named.All(static part => part is not ("" or ".." or ".") && !part.Contains('\0', StringComparison.Ordinal));
    }

    private static bool IsNameOnWindows(string part) =>
        !part.AsSpan().ContainsAny(NotOnWindows) && part[^1] is not ('.' or ' ') && !part.Any(char.IsControl)
        && !Devices.Contains(part.Split('.')[0].TrimEnd(), StringComparer.OrdinalIgnoreCase);
}
