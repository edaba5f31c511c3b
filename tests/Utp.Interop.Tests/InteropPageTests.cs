using System.Text.RegularExpressions;
using Utp.Interop.Tests.Peers;

namespace Utp.Interop.Tests;

/// <summary><c>docs/interop.md</c> says what was tried: it names the tests, all of them, and none that is not there.</summary>
public sealed partial class InteropPageTests
{
    [Fact]
    public void The_interoperation_page_names_every_test_and_no_other()
    {
        var page = File.ReadAllText(Path.Combine(NodeModules.Folder, "..", "..", "..", "docs", "interop.md"));
        var named = TestNames().Matches(page).Select(match => match.Groups[1].Value).Distinct();
        Assert.Equal(PeerTests().Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> PeerTests() =>
        from type in typeof(InteropPageTests).Assembly.GetTypes()
        from method in type.GetMethods()
        where method.IsDefined(typeof(PeerFactAttribute), false) || method.IsDefined(typeof(PeerTheoryAttribute), false)
        select method.Name;

    // A name of a test has three words at least.
    [GeneratedRegex("`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex TestNames();
}
