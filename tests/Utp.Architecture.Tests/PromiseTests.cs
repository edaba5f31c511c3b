using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>docs/api.md: every promise of the predecessor names what it is here and the tests that hold it, and all of that exists.</summary>
public sealed partial class PromiseTests
{
    private static readonly string[] Lines = [.. File.ReadLines(Path.Combine(House.Root, "docs", "api.md")).Where(static line => line.StartsWith('|'))];
    private static readonly string[][] Rows =
    [
        .. Lines.Where(static line => !line.StartsWith("| Promise ", StringComparison.Ordinal) && !line.StartsWith("|---", StringComparison.Ordinal))
            .Select(static line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]),
    ];

    [Fact]
    public void Every_row_is_complete()
    {
        Assert.True(Rows.Length >= 30, $"{Rows.Length} rows were read");
        Assert.All(Rows, static row =>
        {
            Assert.Equal(3, row.Length);
            Assert.All(row, static cell => Assert.NotEqual("", cell));
        });
    }

    [Fact]
    public void Every_test_named_there_exists()
    {
        Assert.All(Rows, static row => Assert.NotEmpty(Quoted().Matches(row[2])));
        Assert.All(Rows.SelectMany(static row => Quoted().Matches(row[2])).Select(static match => match.Groups[1].Value), static test =>
        {
            var name = TestName().Match(test);
            Assert.True(name.Success, test);
            var file = Path.Combine(House.Root, "tests", name.Groups["file"].Value + ".cs");
            Assert.True(File.Exists(file), file);
            Assert.Contains(TestMethod().Matches(File.ReadAllText(file)), method => method.Groups["name"].Value == name.Groups["test"].Value);
        });
    }

    [Fact]
    public void Every_type_and_member_named_there_is_public_and_every_key_exists()
    {
        var shown = string.Concat(Directory.EnumerateFiles(Path.Combine(House.Root, "tests", "Utp.Architecture.Tests", "PublicApi"), "*.txt").Select(File.ReadAllText));
        var keys = File.ReadAllText(Path.Combine(House.Root, "docs", "configuration.md"));

        Assert.All(Rows.SelectMany(static row => Quoted().Matches(row[1])).Select(static match => match.Groups[1].Value), name =>
        {
            if (name.StartsWith("utp.", StringComparison.Ordinal))
                Assert.Contains($"`{name}`", keys, StringComparison.Ordinal);
            else if (!name.StartsWith("IP", StringComparison.Ordinal))
                Assert.All(Word().Matches(name), word => Assert.Matches($@"\b{word.Value}\b", shown));
        });
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(?<file>[\w./]+)\.(?<test>\w+)$")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\[\w*(?:Fact|Theory)\b[\s\S]*?\bpublic\s+(?:async\s+)?(?:void|Task|ValueTask)\s+(?<name>\w+)\s*\(")]
    private static partial Regex TestMethod();
}
