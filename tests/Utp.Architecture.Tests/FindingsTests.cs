using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>findings/: scripts about foreign software. They are run by hand, because they fetch packages; what they say of this repository is held here.</summary>
public sealed partial class FindingsTests
{
    private static readonly string Folder = Path.Combine(House.Root, "findings");

    public static TheoryData<string> Findings => [.. Directory.GetFiles(Folder, "*.sh").Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Fact]
    public void The_table_names_every_finding_once()
    {
        var page = File.ReadAllText(Path.Combine(Folder, "README.md"));

        Assert.Equal(
            Directory.GetFiles(Folder, "*.sh").Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal),
            Row().Matches(page).Select(static row => row.Groups["file"].Value).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Findings))]
    public void A_finding_says_what_was_expected_and_seen_and_how_the_code_meets_it(string finding)
    {
        var head = string.Concat(File.ReadLines(Path.Combine(Folder, finding)).TakeWhile(static line => line.StartsWith('#')));

        Assert.Matches("# Packages?: ", head);
        Assert.Contains("# Expected: ", head, StringComparison.Ordinal);
        Assert.Contains("# Seen:     ", head, StringComparison.Ordinal);
        Assert.Contains("# Matters:  ", head, StringComparison.Ordinal);
        Assert.Contains("# Ours:     ", head, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Findings))]
    public void The_files_and_tests_that_a_finding_names_are_there(string finding)
    {
        var text = File.ReadAllText(Path.Combine(Folder, finding));
        var tests = string.Concat(House.TextFiles("*Tests.cs").Concat(House.TextFiles("*Contract.cs")).Select(File.ReadAllText));

        Assert.All(OurFile().Matches(text), static file => Assert.True(File.Exists(Path.Combine(House.Root, file.Value)), $"{file.Value} does not exist."));
        Assert.All(TestName().Matches(text), name => Assert.Contains($" {name.Value}(", tests, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\| \[[^\]]+\]\((?<file>[^)]+\.sh)\) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\b(?:src|tests|docs)/[\w./-]+\.(?:cs|md)\b")]
    private static partial Regex OurFile();

    [GeneratedRegex(@"\b[A-Z][a-z]*(?:_[a-z0-9]+){3,}\b")]
    private static partial Regex TestName();
}
