using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>The walks of docs/architecture.md: each file is there, none is entered twice, and no walk is longer than seven.</summary>
public sealed partial class WalkTests
{
    private const int MostFiles = 7;

    private static readonly (string Name, string[] Files)[] Walks = [.. Read()];

    [Fact]
    public void There_are_three_walks_and_each_has_files() =>
        Assert.Equal([MostFiles, MostFiles, MostFiles], Walks.Select(static walk => walk.Files.Length));

    [Fact]
    public void Every_file_of_a_walk_is_there() =>
        Assert.All(Walks.SelectMany(static walk => walk.Files), static file => Assert.True(File.Exists(Path.Combine(House.Root, file)), file));

    [Fact]
    public void No_walk_goes_back_into_a_file_that_it_has_left() =>
        Assert.All(Walks, static walk => Assert.Equal(walk.Files.Distinct().Count(), walk.Files.Length));

    // A heading in bold begins a walk; its numbered lines name one file each.
    private static IEnumerable<(string Name, string[] Files)> Read()
    {
        var name = "";
        var files = new List<string>();
        var section = File.ReadLines(Path.Combine(House.Root, "docs", "architecture.md"))
            .SkipWhile(static line => line != "### Three walks")
            .Skip(1)
            .TakeWhile(static line => !line.StartsWith('#'));
        foreach (var line in section.Append("**"))
        {
            if (line.StartsWith("**", StringComparison.Ordinal))
            {
                if (files.Count > 0)
                    yield return (name, [.. files]);
                (name, files) = (line, []);
            }

            var step = Step().Match(line);
            if (step.Success)
                files.Add(step.Groups["file"].Value);
        }
    }

    [GeneratedRegex(@"^\d\. `(?<file>src/[^`]+\.cs)`")]
    private static partial Regex Step();
}
