using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>docs/protocol.md: comments and pages cite its sections, and each of them is there.</summary>
public sealed partial class ProtocolPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(House.Root, "docs", "protocol.md"));
    private static readonly HashSet<string> Sections = [.. Heading().Matches(Page).Select(static match => match.Groups[1].Value)];

    private static readonly (string File, string Citation)[] Citations =
    [
        .. House.TextFiles("*.cs", "*.md", "*.hocon").Where(static file => Path.GetFileName(file) is not ("protocol.md" or "ProtocolPageTests.cs"))
            .SelectMany(static file => Citation().Matches(File.ReadAllText(file)).Select(match => (Path.GetRelativePath(House.Root, file), match.Value))),
    ];

    [Fact]
    public void Every_citation_of_the_page_names_a_section_that_is_there()
    {
        Assert.True(Citations.Length >= 60, $"{Citations.Length} citations were found");
        Assert.All(Citations, static citation =>
            Assert.All(
                Number().Matches(citation.Citation).Select(static match => match.Groups[1].Value),
                section => Assert.True(Sections.Contains(section), $"{citation.File} cites §{section}, which is not in docs/protocol.md: {citation.Citation}")));
    }

    [Fact]
    public void No_comment_of_the_sources_names_the_page_without_a_section() =>
        Assert.All(
            House.TextFiles("*.cs").Where(static file => file.StartsWith(Path.Combine(House.Root, "src"), StringComparison.Ordinal)),
            static file => Assert.Equal(Mention().Count(File.ReadAllText(file)), Citation().Count(File.ReadAllText(file))));

    [Fact]
    public void Every_section_that_the_page_itself_names_is_there() =>
        Assert.All(OwnNumber().Matches(Page).Select(static match => match.Groups[1].Value), static section => Assert.Contains(section, Sections));

    [Fact]
    public void Every_setting_that_the_page_names_is_in_the_reference_configuration()
    {
        var settings = File.ReadAllText(Path.Combine(House.Root, "config", "utp.hocon"));
        var named = Page[Page.IndexOf("## 10 ", StringComparison.Ordinal)..].Split('\n').Where(static line => line.StartsWith('|'))
            .SelectMany(static line => Quoted().Matches(line.Split('|')[^2]).Select(static match => match.Groups[1].Value.Split('.')[0])).ToArray();
        Assert.True(named.Length >= 15, $"{named.Length} settings were read");
        Assert.All(named, name => Assert.Matches($@"(?m)^\s+{Regex.Escape(name)} (=|\{{)", settings));
    }

    [Fact]
    public void A_citation_ends_before_the_sections_of_another_document()
    {
        var citation = Citation().Match("// protocol.md §4, RFC 5961 §3: exact").Value;
        Assert.Equal(["4"], Number().Matches(citation).Select(static match => match.Groups[1].Value));
        citation = Citation().Match("(BEP 29; [protocol.md](protocol.md) §3 \"Capabilities\", §4.6)").Value;
        Assert.Equal(["3", "4.6"], Number().Matches(citation).Select(static match => match.Groups[1].Value));
    }

    [GeneratedRegex(@"^#+ (\d+(?:\.\d+)?) ", RegexOptions.Multiline)]
    private static partial Regex Heading();

    // The page's name, and the sections behind it, perhaps each with a word in quotes. Links to the whole page cite nothing.
    [GeneratedRegex("""protocol\.md(?:\]\([^)]*\))?(?:(?:,| and)?\s+§[\d.]+(?:,? "[^"]*")?)+""")]
    private static partial Regex Citation();

    [GeneratedRegex(@"protocol\.md")]
    private static partial Regex Mention();

    [GeneratedRegex(@"§(\d+(?:\.\d+)?)")]
    private static partial Regex Number();

    // Not those of RFCs, whose name stands before.
    [GeneratedRegex(@"(?<!RFC \d+\s)(?<!, )§(\d+(?:\.\d+)?)")]
    private static partial Regex OwnNumber();

    [GeneratedRegex("`([a-z][a-z0-9.-]*)`")]
    private static partial Regex Quoted();
}
