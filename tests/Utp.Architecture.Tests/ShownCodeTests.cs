using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>
/// Code in the README and in <c>docs/</c> is code that is compiled, and mostly runs in a test. A block of C# that stands below the comment
/// <c>sample: path</c>, or <c>sample: path#name</c>, is that file, or the part of it between <c>#region name</c> and <c>#endregion</c> without its common indentation.
/// To write the blocks anew from the files: <c>UTP_ACCEPT_DOCS=1 dotnet test tests/Utp.Architecture.Tests -c Release --filter ShownCodeTests</c>.
/// </summary>
public sealed partial class ShownCodeTests
{
    public static TheoryData<string> Pages =>
    [
        "README.md", "samples/README.md",
        .. Directory.EnumerateFiles(Path.Combine(House.Root, "docs"), "*.md").Select(static file => "docs/" + Path.GetFileName(file)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Code_that_a_page_shows_is_the_code_that_is_compiled(string page)
    {
        var file = Path.Combine(House.Root, page);
        var text = File.ReadAllText(file);
        var expected = Block().Replace(text, static block => $"{block.Groups["marker"].Value}```csharp\n{Source(block.Groups["path"].Value, block.Groups["region"].Value)}\n```");
        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_DOCS") == "1")
        {
            File.WriteAllText(file, expected);
            text = expected;
        }

        // Block by block, so that a difference is shown where it is.
        Assert.Equal(Block().Matches(expected).Select(static block => block.Value), Block().Matches(text).Select(static block => block.Value));
        Assert.Equal(Marker().Count(text), Block().Count(text));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_readme_and_the_guides_show_no_other_code(string page)
    {
        if (page != "README.md" && !page.StartsWith("docs/guide-", StringComparison.Ordinal))
            return;
        var text = File.ReadAllText(Path.Combine(House.Root, page));
        Assert.Equal(Block().Count(text), CSharp().Count(text));
    }

    [Fact]
    public void A_region_is_shown_without_its_indentation_and_blank_edges()
    {
        string[] lines = ["class X", "{", "    #region one", "", "    A();", "", "        B();", "", "    #endregion", "    #region two", "    C();", "    #endregion", "}"];
        Assert.Equal("A();\n\n    B();", Region(lines, "one"));
        Assert.Equal("C();", Region(lines, "two"));
        Assert.Throws<InvalidDataException>(() => Region(lines, "three"));
    }

    private static string Source(string path, string region)
    {
        var file = Path.Combine(House.Root, path);
        if (!File.Exists(file))
            throw new InvalidDataException($"{path}, which is to be shown, does not exist.");
        return region.Length == 0 ? File.ReadAllText(file).TrimEnd() : Region(File.ReadAllLines(file), region);
    }

    private static string Region(string[] lines, string name)
    {
        var start = Array.FindIndex(lines, line => line.Trim() == "#region " + name);
        var end = start < 0 ? -1 : Array.FindIndex(lines, start, static line => line.Trim() == "#endregion");
        if (end < 0)
            throw new InvalidDataException($"There is no \"#region {name}\" that ends.");
        var shown = lines[(start + 1)..end];
        var indent = shown.Where(static line => line.Trim().Length > 0).Select(static line => line.Length - line.TrimStart().Length).DefaultIfEmpty().Min();
        return string.Join('\n', shown.Select(line => line.Length < indent ? "" : line[indent..].TrimEnd())).Trim('\n');
    }

    [GeneratedRegex("<!-- sample: ")]
    private static partial Regex Marker();

    [GeneratedRegex("(?<marker><!-- sample: (?<path>[^#\\s]+)(?:#(?<region>[\\w-]+))? -->\n+)```csharp\n(?<code>.*?)\n?```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^```(?:csharp|cs|c#)\\b", RegexOptions.Multiline)]
    private static partial Regex CSharp();
}
