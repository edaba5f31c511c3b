using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>docs/members.md says for every public type that can change which threads may use it.</summary>
public sealed partial class ThreadTests
{
    // The commands are no libraries; Utp.BitTorrent says so in its types' summaries.
    private static IEnumerable<Type> Types => House.SourceProjects.Where(static project => !House.Commands.ContainsKey(project) && project != "Utp.BitTorrent")
        .SelectMany(static project => Assembly.LoadFrom(House.AssemblyPath(project)).GetExportedTypes()).Where(static type => !type.IsNested);

    private static HashSet<string> Named => [.. Name().Matches(Section()).Select(static match => match.Groups[1].Value)];

    [Fact]
    public void Every_type_that_can_change_stands_in_the_table()
    {
        var named = Named;
        Assert.Empty(Types.Where(static type => CanChange(type)).Select(NameOf).Except(named));
    }

    [Fact]
    public void Every_type_of_the_table_exists()
    {
        var members = Types.SelectMany(static type => type.GetMembers()).Select(static member => member.Name);
        Assert.Empty(Named.Except(Types.Select(NameOf)).Except(members));
    }

    // Records, read-only values, constants and what holds no state are of any thread. Of an interface its user's implementation must know, if at all.
    private static bool CanChange(Type type) =>
        !type.IsEnum && !type.IsInterface && !(type.IsAbstract && type.IsSealed) && !typeof(Delegate).IsAssignableFrom(type) && !typeof(Exception).IsAssignableFrom(type)
        && type.GetMethod("<Clone>$") is null && !(type.IsValueType && type.IsDefined(typeof(IsReadOnlyAttribute), inherit: false));

    private static string NameOf(Type type) => type.Name.Split('`')[0];

    private static string Section()
    {
        var page = File.ReadAllText(Path.Combine(House.Root, "docs", "members.md"));
        return page[page.IndexOf("## Threads", StringComparison.Ordinal)..];
    }

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex Name();
}
