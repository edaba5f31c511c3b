namespace Utp.BitTorrent.Tests.Metadata;

public sealed class SafePathTests
{
    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("/etc")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    public void A_name_that_leads_elsewhere_is_refused_everywhere(string name)
    {
        Assert.NotNull(SafePath.Problem(name, windows: false));
        Assert.NotNull(SafePath.Problem(name, windows: true));
    }

    [Theory]
    [InlineData("C:")]
    [InlineData("a:stream")]
    [InlineData("a\\b")]
    [InlineData("..\\b")]
    [InlineData("con")]
    [InlineData("Aux.txt")]
    [InlineData("nul .tar.gz")]
    [InlineData("COM1")]
    [InlineData("lpt9.log")]
    [InlineData("COM²")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData("what?")]
    public void A_name_that_means_something_else_on_windows_is_refused_there(string name)
    {
        Assert.NotNull(SafePath.Problem(name, windows: true));
        Assert.Null(SafePath.Problem(name, windows: false));
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("...x")]
    [InlineData("console.txt")]
    [InlineData("COM10")]
    [InlineData("文件.txt")]
    public void Ordinary_names_are_taken(string name)
    {
        Assert.Null(SafePath.Problem(name, windows: false));
        Assert.Null(SafePath.Problem(name, windows: true));
    }

    [Fact]
    public void A_name_is_measured_in_bytes()
    {
        Assert.Null(SafePath.Problem(new string('a', 255), windows: false));
        Assert.NotNull(SafePath.Problem(new string('é', 128), windows: false));
    }
}
