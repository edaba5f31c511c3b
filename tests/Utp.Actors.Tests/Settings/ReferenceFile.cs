using System.Text.RegularExpressions;

namespace Utp.Actors.Tests.Settings;

/// <summary>One key of <c>config/utp.hocon</c>, or of <c>config/utp-remote.hocon</c>, with what stands above it.</summary>
/// <param name="Name">The whole path.</param>
/// <param name="Default">The value, as it is written.</param>
/// <param name="Comment">The sentences above its section and above itself; indented lines (words with their meaning) are lines of their own.</param>
internal sealed record ReferenceKey(string Name, string Default, IReadOnlyList<string> Comment);

/// <summary>
/// Reads <c>config/utp.hocon</c> as a person does: a comment speaks of the keys below it up to the next blank line, and one above a section of all
/// keys in there.
/// </summary>
internal static partial class ReferenceFile
{
    public static IReadOnlyList<ReferenceKey> Read(string file)
    {
        var keys = new List<ReferenceKey>();
        var sections = new Stack<(string Name, List<string> Comment)>();
        var comment = new List<string>();
        foreach (var line in File.ReadLines(file))
        {
            var text = line.Trim();
            if (text.Length == 0)
            {
                comment = [];
            }
            else if (text.StartsWith('#'))
            {
                AddTo(comment, text[1..]);
            }
            else if (text == "}")
            {
                sections.Pop();
            }
            else if (text.EndsWith('{'))
            {
                sections.Push((text[..^1].Trim(), comment));
                comment = [];
            }
            else
            {
                var parts = Setting().Match(text);
                if (!parts.Success)
                    throw new InvalidDataException($"{file} has a line that is no setting: {line}");
                var name = string.Join('.', sections.Reverse().Select(static section => section.Name).Append(parts.Groups[1].Value));
                IEnumerable<string> above = sections.TryPeek(out var around) ? around.Comment : [];
                keys.Add(new ReferenceKey(name, parts.Groups[2].Value.Trim('"'), [.. above.Concat(comment)]));
            }
        }

        return keys;
    }

    // Prose flows on; an indented line begins a word's meaning, which deeper lines continue.
    private static void AddTo(List<string> comment, string line)
    {
        var text = line.Trim();
        var indent = line.Length - line.TrimStart().Length;
        if (comment.Count == 0 || indent == 3)
            comment.Add(indent == 3 ? Word().Replace(text, "`$1`: ", 1) : text);
        else if (indent == 1 && comment[^1].StartsWith('`'))
            comment.Add(text);
        else
            comment[^1] += " " + text;
    }

    [GeneratedRegex(@"^([\w-]+) = (.+)$")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^""?([\w+-]+)""?\s+")]
    private static partial Regex Word();
}
