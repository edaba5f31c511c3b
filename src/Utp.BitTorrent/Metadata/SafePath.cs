using System.Buffers;
using System.Text;

namespace Utp.BitTorrent;

/// <summary>
/// Which names in a torrent become names on this disk. A torrent comes from a stranger: what could lead out of the chosen folder, or to a device, is refused as a whole
/// and never repaired, so that two names never become one.
/// </summary>
internal static class SafePath
{
    private const int MaxNameBytes = 255;

    private static readonly SearchValues<char> RefusedByWindows = SearchValues.Create("<>:\"|?*");

    // Windows opens a device by these names in any folder, with any extension.
    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

    /// <summary>Why one name of a path cannot be used; null: it can.</summary>
    /// <param name="name">One folder's or file's name.</param>
    /// <param name="windows">Whether it is for Windows, which takes less: on Linux <c>aux.c</c> is an ordinary file.</param>
    public static string? Problem(string name, bool windows)
    {
        if (name.Length == 0)
            return "it has an empty name in it";
        if (name is "." or "..")
            return $"\"{name}\" in it would lead to another folder";
        if (name.AsSpan().IndexOfAny('/', '\\') is var slash && slash >= 0 && (name[slash] == '/' || windows))
            return "a name in it holds a path of its own";
        if (name.Any(char.IsControl))
            return "a name in it holds control characters";
        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            return $"a name in it is longer than {MaxNameBytes} bytes";
        return windows ? ProblemOnWindows(name) : null;
    }

    private static string? ProblemOnWindows(string name)
    {
        if (name.AsSpan().ContainsAny(RefusedByWindows))
            return $"Windows has no files that are named \"{name}\"";
        if (name[^1] is '.' or ' ')
            return "a name in it ends with a dot or a space, which Windows leaves out";
        var stem = name.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
        var isDevice = Devices.Contains(stem)
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)) && (char.IsAsciiDigit(stem[3]) || stem[3] is '¹' or '²' or '³'));
        return isDevice ? $"\"{name}\" is the name of a device" : null;
    }
}
