using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>What the README promises to a new user.</summary>
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

    [Fact]
    public void The_files_that_the_readme_links_to_exist() =>
        Assert.All(
            Link().Matches(Readme).Select(match => match.Groups[1].Value),
            link => Assert.True(File.Exists(Path.Combine(House.Root, link)), link));

    [GeneratedRegex(@"\]\(([^)#:]+)\)")]
    private static partial Regex Link();
}
