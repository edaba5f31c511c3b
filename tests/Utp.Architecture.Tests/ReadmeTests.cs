using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>What the README, and the pages behind it, promise to a new user.</summary>
public partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(House.Root, "README.md"));

    [Fact]
    public void The_first_program_is_shown_and_has_at_most_30_lines()
    {
        var program = File.ReadAllText(Path.Combine(House.Root, "samples", "FirstProgram", "Program.cs")).TrimEnd();
        Assert.Contains(program, Readme, StringComparison.Ordinal);
        Assert.InRange(program.Split('\n').Length, 1, 30);
    }

    [Theory]
    [MemberData(nameof(ShownCodeTests.Pages), MemberType = typeof(ShownCodeTests))]
    public void The_files_that_a_page_links_to_exist(string page)
    {
        var file = Path.Combine(House.Root, page);
        Assert.All(Link().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value), link =>
        {
            var target = Path.Combine(Path.GetDirectoryName(file)!, link);
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{page} links to {link}, which does not exist.");
        });
    }

    [GeneratedRegex(@"\]\(([^)#:]+)\)")]
    private static partial Regex Link();
}
