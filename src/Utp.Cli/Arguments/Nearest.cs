namespace Utp.Cli;

/// <summary>What may have been meant by a word that nobody knows.</summary>
internal static class Nearest
{
    /// <summary>The most similar of the known words; null: all of them are far.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        var (nearest, distance) = known.Select(candidate => (candidate, Distance(candidate, word))).MinBy(static pair => pair.Item2);
        return nearest is not null && distance <= Math.Max(word.Length < 4 ? 1 : 2, word.TrimStart('-').Length / 3) ? nearest : null;
    }

    // Levenshtein's distance, in one row.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = a[i - 1] == b[j - 1] ? diagonal : 1 + Math.Min(diagonal, Math.Min(above, row[j - 1]));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
