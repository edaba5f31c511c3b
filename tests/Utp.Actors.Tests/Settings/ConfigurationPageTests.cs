using System.Text.RegularExpressions;
using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors.Tests.Settings;

/// <summary>
/// <c>docs/configuration.md</c> is written from <c>config/utp.hocon</c> (meaning, default), from the code (what is allowed) and from <c>UtpOptions</c>. To write it anew:
/// <c>UTP_ACCEPT_DOCS=1 dotnet test tests/Utp.Actors.Tests -c Release --filter ConfigurationPageTests</c>, and commit the page.
/// </summary>
public sealed partial class ConfigurationPageTests
{
    private const string Head =
        """
        # Configuration

        Every setting: what it means, its default, and what is allowed. This page is written from
        [config/utp.hocon](../config/utp.hocon) and from the code that reads it; a test fails when it is stale. The settings of
        the transport of Akka.Remote have a page of their own: [configuration-remote.md](configuration-remote.md).

        Override any of it below `utp { … }` in your own HOCON. A wrong value, and a key that is not listed here, stop the
        start with an error that names key, value and range. Durations are written as `500ms`, `29s`, `2m`; sizes as `64KiB`,
        `4MiB`, or plain bytes; switches as `on` and `off`. What one `Bind` or `Connect` may set differently for its
        connections is the member of `UtpOptions` that the last column names.

        | key | default | allowed | meaning | `UtpOptions` |
        |---|---|---|---|---|

        """;

    private static readonly string Root = FindRoot();
    private static readonly IReadOnlyList<ReferenceKey> Keys = ReferenceFile.Read(Path.Combine(Root, "config", "utp.hocon"));

    [Fact]
    public void The_page_is_what_the_reference_and_the_code_say()
    {
        var options = ConnectionTable.Rows.Where(static row => row.Option.Length > 0).ToDictionary(static row => row.Key, static row => row.Option);
        var rows = Keys.Select(key =>
            $"| `{key.Name}` | `{key.Default}` | {Allowed(key.Name)} | {Meaning(key)} | {(options.TryGetValue(key.Name, out var member) ? $"`{member}`" : "")} |\n");
        var page = Head.ReplaceLineEndings("\n") + string.Concat(rows);

        var file = Path.Combine(Root, "docs", "configuration.md");
        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_DOCS") == "1")
            File.WriteAllText(file, page);
        Assert.True(File.Exists(file) && File.ReadAllText(file) == page, $"{file} is stale: write it anew as the summary of {nameof(ConfigurationPageTests)} says.");
    }

    [Fact]
    public void Every_key_of_the_reference_is_on_the_page_and_explained()
    {
        Assert.Equal(UnknownKeys.Leaves(UtpSettings.Reference).Distinct().Order(StringComparer.Ordinal), Keys.Select(static key => key.Name).Order(StringComparer.Ordinal));
        Assert.All(Keys, static key => Assert.True(key.Comment.Count > 0, $"{key.Name} has no comment in utp.hocon."));
    }

    [Fact]
    public void The_reference_names_the_ranges_that_are_enforced()
    {
        Assert.All(Keys, static key =>
        {
            var range = FromTo().Match(Allowed(key.Name));
            Assert.True(!range.Success || key.Comment.Any(line => line.Contains(range.Value, StringComparison.Ordinal)), $"{key.Name} must be {Allowed(key.Name)}; utp.hocon says: {string.Join(' ', key.Comment)}");
        });
        Assert.Contains(Keys, static key => FromTo().IsMatch(Allowed(key.Name)));
    }

    [Fact]
    public void Every_option_in_code_has_its_row_and_names_its_key()
    {
        var documented = Member().Matches(File.ReadAllText(Path.Combine(Root, "src", "Utp.Messages", "UtpOptions.cs")))
            .Select(static match => (match.Groups["member"].Value, match.Groups["key"].Value));
        Assert.Equal(
            ConnectionTable.Rows.Where(static row => row.Option.Length > 0).Select(static row => (row.Option, row.Key)).Order(),
            documented.Order());
        Assert.Equal(
            typeof(UtpOptions).GetProperties().Where(static property => property.CanWrite).Select(static property => property.Name).Order(StringComparer.Ordinal),
            ConnectionTable.Rows.Where(static row => row.Option.Length > 0).Select(static row => row.Option).Order(StringComparer.Ordinal));
        Assert.Equal(
            typeof(EndpointLimits).GetProperties().Where(static property => property.CanWrite).Select(static property => property.Name).Order(StringComparer.Ordinal),
            LimitTable.Rows.Select(static row => row.Option).Order(StringComparer.Ordinal));
    }

    // What the error of a wrong value says.
    private static string Allowed(string key)
    {
        var e = Assert.Throws<ConfigurationException>(() => UtpSettings.Parse(ConfigurationFactory.ParseString($"{key} = \"12 parsecs\"").WithFallback(ConfigurationFactory.Default())));
        return MustBe().Match(e.Message).Groups[1].Value;
    }

    // The range has a column of its own.
    private static string Meaning(ReferenceKey key) => string.Join("<br>", key.Comment.Select(static line => RangeSentence().Replace(line, "").Trim()).Where(static line => line.Length > 0))
        .Replace("|", "\\|", StringComparison.Ordinal);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }

    [GeneratedRegex("must be (.+)\\.$")]
    private static partial Regex MustBe();

    [GeneratedRegex(@"\d\w* to \d\w*")]
    private static partial Regex FromTo();

    [GeneratedRegex(@"(?<=^|[.:] )\d\w* to \d\w*(?: each)?(?:, or \w+)?\.( |$)")]
    private static partial Regex RangeSentence();

    [GeneratedRegex(@"<c>(?<key>utp\.[\w.-]+)</c>(?:(?!</summary>).)*</summary>\s*public [\w?]+ (?<member>\w+)", RegexOptions.Singleline)]
    private static partial Regex Member();
}
