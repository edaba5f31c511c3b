using Utp.Actors;

namespace Utp.Cli;

/// <summary>What may have been meant by a word that nobody knows.</summary>
internal static class Nearest
{
    /// <summary>The most similar of the known words; null: all of them are far.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        var (nearest, distance) = known.Select(candidate => (candidate, EditDistance.Between(candidate, word))).MinBy(static pair => pair.Item2);
        return nearest is not null && distance <= Math.Max(word.Length < 4 ? 1 : 2, word.TrimStart('-').Length / 3) ? nearest : null;
    }
}
