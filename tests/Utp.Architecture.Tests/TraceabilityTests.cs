using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>docs/bep29.md: every rule names the file that obeys it and the tests that hold it, and they exist.</summary>
public sealed partial class TraceabilityTests
{
    private static readonly string Page = Path.Combine(House.Root, "docs", "bep29.md");
    private static readonly Row[] Rows = [.. File.ReadLines(Page).Select(Row.Parse).OfType<Row>()];

    [Fact]
    public void The_page_has_rows() => Assert.True(Rows.Length >= 50, $"{Rows.Length} rows were read");

    [Fact]
    public void Every_line_of_a_table_is_a_complete_row()
    {
        var tableLines = File.ReadLines(Page).Count(static line =>
            line.StartsWith('|') && !line.StartsWith("| Rule ", StringComparison.Ordinal) && !line.StartsWith("|---", StringComparison.Ordinal));

        Assert.Equal(tableLines, Rows.Length);
        Assert.All(Rows, static row =>
        {
            Assert.True(row.Rule.Length > 0, row.Line);
            Assert.True(row.Files.Length > 0, row.Line);
            Assert.True(row.Tests.Length > 0, row.Line);
        });
    }

    [Fact]
    public void Every_file_named_there_exists() =>
        Assert.All(Rows.SelectMany(static row => row.Files), static file => Assert.True(File.Exists(Path.Combine(House.Root, file)), file));

    [Fact]
    public void Every_test_named_there_exists()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(House.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(static file => TestMethod().Matches(File.ReadAllText(file)))
            .Select(static match => match.Groups["name"].Value)
            .ToHashSet();

        Assert.Contains(nameof(Every_test_named_there_exists), tests);
        Assert.All(Rows.SelectMany(static row => row.Tests), test => Assert.True(tests.Contains(test), test));
    }

    [Fact]
    public void Every_rule_is_obeyed_as_written_or_names_the_note_that_says_why_not()
    {
        var notes = Directory.EnumerateFiles(Path.Combine(House.Root, "docs", "notes"), "*.md")
            .Select(static file => Path.GetFileName(file)[..4])
            .ToHashSet();

        Assert.All(Rows, row =>
        {
            var note = Deviation().Match(row.Status);
            Assert.True(row.Status == "as written" || (note.Success && notes.Contains(note.Groups["note"].Value)), row.Line);
        });
    }

    // A [Fact] or [Theory] and the next public method; attributes between them do not matter.
    [GeneratedRegex(@"\[\w*(?:Fact|Theory)\b[\s\S]*?\bpublic\s+(?:async\s+)?(?:void|Task|ValueTask)\s+(?<name>\w+)\s*\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"^deviates, note \[(?<note>\d{4})\]\(notes/\k<note>-[\w-]+\.md\)$")]
    private static partial Regex Deviation();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    private sealed record Row(string Line, string Rule, string[] Files, string[] Tests, string Status)
    {
        public static Row? Parse(string line)
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length != 6 || cells[1] is "Rule" || cells[1].StartsWith("---", StringComparison.Ordinal))
                return null;
            return new Row(line, cells[1], QuotedIn(cells[2]), QuotedIn(cells[3]), cells[4]);
        }

        private static string[] QuotedIn(string cell) => [.. Quoted().Matches(cell).Select(static match => match.Groups[1].Value)];
    }
}
