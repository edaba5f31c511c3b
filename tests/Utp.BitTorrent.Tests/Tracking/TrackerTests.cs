using System.Net;
using System.Text;
using Utp.BitTorrent.Tests.Session;

namespace Utp.BitTorrent.Tests.Tracking;

public sealed class TrackerTests
{
    private static readonly Announce Told = new(new InfoHash([.. Enumerable.Range(0, 20).Select(static i => (byte)(i * 13))]), PeerId.Create(new Random(1)), 6_881, 1, 2, 3, AnnounceEvent.Started);
    private static readonly Uri Http = new("http://tracker.example/announce?key=x");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Peers_find_each_other_by_a_tracker_alone_and_it_hears_how_that_goes(bool udp)
    {
        using var source = new TempFolder();
        using var target = new TempFolder();
        await using var tracker = new FakeTracker(udp);
        source.Add("sample", TempFolder.RandomBytes(300_000));
        var torrent = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(source["sample"], new() { Trackers = [tracker.Url] }));
        await using (var seed = await OurSession.StartAsync(torrent, source.Path, seedOnly: true))
        {
            Assert.Equal("started 0", await tracker.HearsAsync());
            await using (var ours = await OurSession.StartAsync(torrent, target.Path))
            {
                Assert.Equal("started 300000", await tracker.HearsAsync());
                await ours.CompletedAsync();
                Assert.Equal("completed 0", await tracker.HearsAsync());
            }

            Assert.Equal("stopped 0", await tracker.HearsAsync());
        }

        Assert.Equal("stopped 0", await tracker.HearsAsync());
    }

    [Fact]
    public async Task A_tracker_that_is_not_there_is_told_and_nothing_else_suffers()
    {
        using var source = new TempFolder();
        source.Add("sample", TempFolder.RandomBytes(300_000));
        string gone;
        await using (var tracker = new FakeTracker(udp: false))
            gone = tracker.Url;
        var torrent = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(source["sample"], new() { Trackers = [gone] }));
        await using var seed = await OurSession.StartAsync(torrent, source.Path, seedOnly: true);
        Assert.Contains("did not answer", (await seed.HearsAsync<TorrentEvent.TrackerFailed>()).Reason, StringComparison.Ordinal);
        Assert.False(seed.Session.Ended.IsCompleted);
    }

    [Fact]
    public void The_query_escapes_bytes_as_bytes()
    {
        var query = HttpTracker.UriOf(Http, Told).OriginalString;
        Assert.StartsWith("http://tracker.example/announce?key=x&info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7&peer_id=-UA0100-", query, StringComparison.Ordinal);
        Assert.EndsWith("&port=6881&uploaded=1&downloaded=2&left=3&compact=1&numwant=100&event=started", query, StringComparison.Ordinal);
    }

    [Fact]
    public void Peers_are_read_in_each_form()
    {
        var answer = HttpTracker.Read([.. Encoding.Latin1.GetBytes("d8:intervali60e5:peers12:"), 1, 2, 3, 4, 0, 9, 1, 2, 3, 4, 0, 0, (byte)'e'], Http);
        Assert.Equal([new IPEndPoint(IPAddress.Parse("1.2.3.4"), 9)], answer.Peers);
        Assert.Equal(TimeSpan.FromSeconds(60), answer.Interval);
        Assert.Equal([new IPEndPoint(IPAddress.IPv6Loopback, 9)], HttpTracker.Read([.. Encoding.Latin1.GetBytes("d6:peers618:"), .. IPAddress.IPv6Loopback.GetAddressBytes(), 0, 9, (byte)'e'], Http).Peers);
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 9)], HttpTracker.Read("d5:peersld2:ip9:127.0.0.14:porti9eed2:ip1:x4:porti9eeee"u8.ToArray(), Http).Peers);
    }

    [Theory]
    [InlineData("d14:failure reason7:go awaye", "refuses: go away")]
    [InlineData("<html>", "no bencode")]
    public void What_a_tracker_refuses_is_said(string answer, string says) =>
        Assert.Contains(says, Assert.Throws<TrackerException>(() => HttpTracker.Read(Encoding.Latin1.GetBytes(answer), Http)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("http://tracker.example/announce", true)]
    [InlineData("udp://tracker.example:6969", true)]
    [InlineData("udp://tracker.example", false)]
    [InlineData("wss://tracker.example", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("http://127.0.0.1/announce", true)]
    [InlineData("http://localhost/shutdown", false)]
    [InlineData("nonsense", false)]
    public void Only_trackers_are_asked(string url, bool isAsked) => Assert.Equal(isAsked, TrackerLoop.UriOf(url) is not null);

    [Fact]
    public void The_packets_are_those_of_bep_15()
    {
        Assert.Equal("00000417271019800000000000000007", Convert.ToHexString(UdpTracker.ConnectRequest(7)));
        var announce = UdpTracker.AnnounceRequest(8, 7, 6, Told);
        Assert.Equal(98, announce.Length);
        Assert.Equal("00000000000000080000000100000007", Convert.ToHexString(announce.AsSpan(0, 16)));
        Assert.Equal("0000000000000002" + "0000000000000003" + "0000000000000001" + "00000002" + "00000000" + "00000006" + "00000064" + "1AE1", Convert.ToHexString(announce.AsSpan(56)));
    }
}
