using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>docs/security.md: every row of its tables names the tests that hold it, and these exist.</summary>
public sealed partial class SecurityPageTests
{
    private static readonly string[][] Rows =
    [
        .. File.ReadLines(Path.Combine(House.Root, "docs", "security.md"))
            .Where(static line => line.StartsWith('|') && !line.StartsWith("|---", StringComparison.Ordinal) && !line.StartsWith("| Att", StringComparison.Ordinal))
            .Select(static line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]),
    ];

    [Fact]
    public void Every_attack_names_the_tests_that_hold_it_and_they_exist()
    {
        var tests = string.Join('\n', Directory.EnumerateFiles(Path.Combine(House.Root, "tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        Assert.True(Rows.Length >= 15, $"{Rows.Length} rows were read");
        Assert.All(Rows, row =>
        {
            var names = Quoted().Matches(row[^1]);
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.Contains($" {name.Groups[1].Value}(", tests, StringComparison.Ordinal));
        });
    }

    [GeneratedRegex("`([A-Z][A-Za-z0-9_]+)`")]
    private static partial Regex Quoted();
}
