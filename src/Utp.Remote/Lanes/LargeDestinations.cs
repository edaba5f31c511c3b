using System.Text;

namespace Utp.Remote;

/// <summary>
/// The patterns of <c>large-message-destinations</c>: paths below the root, as "/user/reports/*" (one more element) or "/user/blobs/**" (anything below), without the number of an
/// incarnation.
/// </summary>
internal sealed class LargeDestinations(IReadOnlyList<string> patterns)
{
    private readonly byte[][][] _patterns = [.. patterns.Select(static pattern => pattern.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Encoding.UTF8.GetBytes).ToArray())];

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>Whether a pattern can be one: "/user/…" with no empty element, "**" only last.</summary>
    public static bool IsValid(string pattern)
    {
        if (!pattern.StartsWith('/') || pattern.Length < 2)
            return false;
        var elements = pattern[1..].Split('/');
        return Array.TrueForAll(elements, static element => element.Length > 0) && !elements.AsSpan(0, elements.Length - 1).Contains("**");
    }

    /// <summary>Whether messages to this path are large ones.</summary>
    /// <param name="path">Below the root, "/user/a"; without address and number.</param>
    public bool Contains(ReadOnlySpan<byte> path)
    {
        foreach (var pattern in _patterns)
        {
            if (Matches(pattern, path))
                return true;
        }

        return false;
    }

    private static bool Matches(byte[][] pattern, ReadOnlySpan<byte> path)
    {
        foreach (var element in pattern)
        {
            if (path.IsEmpty)
                return false;
            path = path[1..];
            if (element.AsSpan().SequenceEqual("**"u8))
                return true;
            var end = path.IndexOf((byte)'/');
            var name = end < 0 ? path : path[..end];
            if (name.IsEmpty || !(element.AsSpan().SequenceEqual("*"u8) || element.AsSpan().SequenceEqual(name)))
                return false;
            path = end < 0 ? default : path[end..];
        }

        return path.IsEmpty;
    }
}
