using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>All pages of the repository: lines that fit on a screen, and links that lead somewhere.</summary>
public sealed partial class MarkdownTests
{
    private const int Columns = 120;

    public static TheoryData<string> Pages => [.. House.TextFiles("*.md").Select(static file => Path.GetRelativePath(House.Root, file))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Lines_are_no_longer_than_120_columns(string page)
    {
        var inCode = false;
        var number = 0;
        foreach (var line in File.ReadLines(Path.Combine(House.Root, page)))
        {
            number++;
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
                inCode = !inCode;

            // A row of a table is one line, code is as it is compiled, and what has no space cannot be broken.
            if (inCode || line.TrimStart().StartsWith('|') || line.Length <= Columns || !line.TrimStart(' ', '-').Contains(' ', StringComparison.Ordinal))
                continue;
            Assert.Fail($"{page}:{number} has {line.Length} columns.");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_to_files_and_headings_lead_somewhere(string page)
    {
        var file = Path.Combine(House.Root, page);
        Assert.All(Link().Matches(Code().Replace(File.ReadAllText(file), "")).Select(static match => (Path: match.Groups["path"].Value, Heading: match.Groups["heading"].Value)), link =>
        {
            var target = link.Path.Length == 0 ? file : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, link.Path));
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{page} links to {link.Path}, which does not exist.");
            if (link.Heading.Length > 0)
                Assert.True(Headings(target).Contains(link.Heading), $"{page} links to the heading #{link.Heading} of {link.Path}, which does not exist.");
        });
    }

    // As GitHub makes anchors: lower case, hyphens for spaces, nothing else.
    private static HashSet<string> Headings(string file) =>
        [.. Heading().Matches(File.ReadAllText(file)).Select(static match => NotInAnchors().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex(@"\]\((?<path>[^)#:\s]*)(?:#(?<heading>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*?)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\s-]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex Code();
}
