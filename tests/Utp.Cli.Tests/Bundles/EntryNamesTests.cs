using Xunit;

namespace Utp.Cli.Tests;

/// <summary>Names and links that may lead out of the folder are not made.</summary>
public class EntryNamesTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b.c/d", true)]
    [InlineData("..a/...", true)]
    [InlineData("with space/ünïcode", true)]
    [InlineData("a\\b", true)]
    [InlineData("", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("..", false)]
    [InlineData("a/../b", false)]
    [InlineData("a/..", false)]
    [InlineData("a/./b", false)]
    [InlineData("a//b", false)]
    [InlineData("a/", false)]
    [InlineData("a\0b", false)]
    public void A_name_that_could_lead_out_is_refused(string name, bool stored) => Assert.Equal(stored, EntryNames.ProblemOn(name, windows: false) is null);

    [Theory]
    [InlineData("a b/c.txt", true)]
    [InlineData("a\\..\\b", false)]
    [InlineData("c:x", false)]
    [InlineData("con", false)]
    [InlineData("folder/NUL.txt", false)]
    [InlineData("a.", false)]
    [InlineData("a ", false)]
    [InlineData("what?", false)]
    public void Windows_takes_fewer_names(string name, bool stored) => Assert.Equal(stored, EntryNames.ProblemOn(name, windows: true) is null);

    [Theory]
    [InlineData("photos/link", "a", true)]
    [InlineData("photos/link", "a/b", true)]
    [InlineData("photos/link", "./a", true)]
    [InlineData("photos/link", ".", true)]
    [InlineData("photos/link", "..", true)]
    [InlineData("photos/2026/link", "../2025/x", true)]
    [InlineData("photos/2026/link", "../../other", true)]
    [InlineData("link", "a/", true)]
    [InlineData("link", "..", false)]
    [InlineData("photos/link", "../..", false)]
    [InlineData("photos/link", "/etc/passwd", false)]
    [InlineData("photos/link", "", false)]
    [InlineData("photos/link", "a/../../../etc", false)]
    // "a" may be a link to ".", and then this leads out.
    [InlineData("photos/2026/link", "a/a/../../..", false)]
    [InlineData("photos/link", "a//b", false)]
    public void A_link_that_could_lead_out_is_refused(string name, string target, bool stored) => Assert.Equal(stored, EntryNames.LinkStaysInside(name, target));
}
