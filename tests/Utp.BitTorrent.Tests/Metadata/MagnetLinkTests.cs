using System.Net;

namespace Utp.BitTorrent.Tests.Metadata;

public sealed class MagnetLinkTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef01234567";

    [Fact]
    public void A_link_says_what_it_was_made_of()
    {
        var link = new MagnetLink
        {
            InfoHash = new InfoHash(Convert.FromHexString(Hex)),
            DisplayName = "a & b = ü",
            Trackers = ["http://t/announce?x=1&y=2"],
            Peers = [new IPEndPoint(IPAddress.Loopback, 9), new IPEndPoint(IPAddress.IPv6Loopback, 9), new DnsEndPoint("host.example", 9)],
        };
        var read = MagnetLink.Parse(link.ToString());
        Assert.Equal(link.InfoHash, read.InfoHash);
        Assert.Equal(link.DisplayName, read.DisplayName);
        Assert.Equal(link.Trackers, read.Trackers);
        Assert.Equal(link.Peers, read.Peers);
    }

    [Fact]
    public void Base_32_and_base_16_name_the_same_torrent() => Assert.Equal(
        MagnetLink.Parse($"magnet:?xt=urn:btih:{Hex}").InfoHash,
        MagnetLink.Parse("magnet:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH").InfoHash);

    [Fact]
    public void A_torrent_of_version_2_is_named_by_the_beginning_of_its_hash() => Assert.Equal(
        Hex, MagnetLink.Parse($"magnet:?xt.1=urn:btmh:1220{Hex}{new string('0', 24)}").InfoHash.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("http://x")]
    [InlineData("magnet:?dn=x")]
    [InlineData("magnet:?xt=urn:btih:0123")]
    [InlineData("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef0123456g")]
    [InlineData("magnet:?xt=urn:sha1:0123456789abcdef0123456789abcdef01234567")]
    public void Anything_else_is_refused_with_what_to_do(string text)
    {
        Assert.False(MagnetLink.TryParse(text, out _, out var problem));
        Assert.Contains("copy it whole", problem, StringComparison.Ordinal);
    }
}
