using Xunit;

namespace Utp.Cli.Tests;

public class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("7B", 7)]
    [InlineData("64KiB", 65_536)]
    [InlineData("256MiB", 268_435_456)]
    [InlineData("256 MiB", 268_435_456)]
    [InlineData("2GiB", 2_147_483_648)]
    [InlineData("10kB", 10_000)]
    [InlineData("100MB", 100_000_000)]
    [InlineData("1.5GB", 1_500_000_000)]
    [InlineData("1mib", 1_048_576)]
    public void A_size_is_read_as_people_write_it(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("1e6")]
    [InlineData("10M")]
    [InlineData("12XB")]
    [InlineData("0.5")]
    [InlineData("1,000")]
    [InlineData("99999999999GiB")]
    [InlineData("99999999999999999999999999999999999999GB")]
    public void What_is_no_whole_number_of_bytes_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
