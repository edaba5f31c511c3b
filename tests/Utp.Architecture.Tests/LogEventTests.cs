using System.Reflection;
using System.Text.RegularExpressions;
using Utp.Actors;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>What is logged has a name that stays, and docs/observing.md lists the names.</summary>
public sealed partial class LogEventTests
{
    private static readonly FieldInfo[] Events =
        [.. typeof(UtpLogEvents).GetFields(BindingFlags.Public | BindingFlags.Static).Where(static field => field.Name != nameof(UtpLogEvents.Property))];

    [Fact]
    public void Every_event_has_a_name_of_its_own_that_the_page_lists_and_the_code_uses()
    {
        var page = File.ReadAllText(Path.Combine(House.Root, "docs", "observing.md"));
        var code = string.Concat(Sources().Select(static file => File.ReadAllText(file)));
        var names = Events.Select(static field => (string)field.GetRawConstantValue()!).ToArray();

        Assert.Equal(names.Distinct(), names);
        Assert.All(names, name => Assert.Contains($"| `{name}` |", page, StringComparison.Ordinal));
        Assert.All(Events, field => Assert.Contains($"UtpLogEvents.{field.Name}", code, StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_logged_without_a_name()
    {
        var nameless = Sources().SelectMany(static file => Call().Matches(File.ReadAllText(file)).Where(static call => !call.Value.Contains("UtpLogEvents.", StringComparison.Ordinal)).Select(call => $"{file}: {call.Value}"));

        Assert.Empty(nameless);
        Assert.InRange(Sources().Sum(static file => Call().Count(File.ReadAllText(file))), 20, 100);
    }

    private static IEnumerable<string> Sources() => House.TextFiles("*.cs").Where(static file => file.StartsWith(Path.Combine(House.Root, "src"), StringComparison.Ordinal));

    // To the end of the statement.
    [GeneratedRegex(@"(?:[lL]og|GetLogger\(\))\.(?:Debug|Info|Warning|Error)\((?:[^;""]|""(?:[^""\\]|\\.)*"")*;")]
    private static partial Regex Call();
}
