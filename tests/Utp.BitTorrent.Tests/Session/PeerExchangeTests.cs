using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>Peers that find each other by a peer whom both know (BEP 11), of ours and of libtorrent.</summary>
public sealed class PeerExchangeTests : LibtorrentScene
{
    [Fact]
    public async Task Two_of_ours_meet_by_a_third_and_go_on_when_it_is_gone()
    {
        var torrent = await SampleAsync();
        await using var second = await OurSession.StartAsync(torrent, Target["second"]);
        await using var first = await OurSession.StartAsync(torrent, Target["first"]);
        await using (var common = await OurSession.StartAsync(torrent, Target["common"]))
        {
            first.Session.AddPeer(common.EndPoint);
            second.Session.AddPeer(common.EndPoint);
            await first.HearsAsync<TorrentEvent.PeerUp>(up => up.EndPoint.Equals(second.EndPoint));
        }

        await using var seed = await OurSession.StartAsync(torrent, Source.Path, seedOnly: true);
        second.Session.AddPeer(seed.EndPoint);
        await Task.WhenAll(first.CompletedAsync(), second.CompletedAsync());
        Same("first");
        Same("second");
    }

    [Fact]
    public async Task Each_sees_its_address_as_others_see_it()
    {
        var torrent = await SampleAsync();
        await using var seed = await OurSession.StartAsync(torrent, Source.Path, seedOnly: true);
        await using var ours = await OurSession.StartAsync(torrent, Target["out"], false, seed.EndPoint);
        Assert.Null(new OutsideAddress().Most);
        await ours.CompletedAsync();
        Assert.Equal(System.Net.IPAddress.Loopback, ours.Session.OutsideAddress);
    }

    [Fact]
    public async Task Peers_of_a_private_torrent_are_not_named_to_others()
    {
        Source.Add("sample/data", TempFolder.RandomBytes(1_000_000));
        var torrent = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(Source["sample"], new TorrentCreatorOptions { IsPrivate = true }));
        await using var seed = await OurSession.StartAsync(torrent, Source.Path, seedOnly: true);
        await using var first = await OurSession.StartAsync(torrent, Target["first"]);
        await using var second = await OurSession.StartAsync(torrent, Target["second"], false, first.EndPoint);
        await first.HearsAsync<TorrentEvent.PeerUp>();
        first.Session.AddPeer(seed.EndPoint);
        await Task.WhenAll(first.CompletedAsync(), second.CompletedAsync());
        Assert.DoesNotContain(second.Heard.OfType<TorrentEvent.PeerUp>(), up => up.EndPoint.Equals(seed.EndPoint));
    }

    [LibtorrentFact]
    public async Task Two_libtorrents_meet_by_us()
    {
        var torrent = await SampleAsync();
        await using var common = await OurSession.StartAsync(torrent, Target["common"]);
        await using var first = await LibtorrentPeer.StartAsync();
        await using var second = await LibtorrentPeer.StartAsync();
        await first.DownloadAsync(Torrent, Target["first"], common.EndPoint);
        await second.DownloadAsync(Torrent, Target["second"], common.EndPoint);
        var firstMet = first.HasMetAsync(second.EndPoint);
        var secondMet = second.HasMetAsync(first.EndPoint);
        // Who connects first has heard of the other; the other may only have been connected to.
        await await Task.WhenAny(firstMet, secondMet);
    }

    [LibtorrentFact]
    public async Task Two_of_ours_meet_by_a_libtorrent()
    {
        var torrent = await SampleAsync();
        await using var common = await LibtorrentPeer.StartAsync();
        await common.DownloadAsync(Torrent, Target["common"]);
        await using var first = await OurSession.StartAsync(torrent, Target["first"], false, common.EndPoint);
        await first.HearsAsync<TorrentEvent.PeerUp>();
        await using var second = await OurSession.StartAsync(torrent, Target["second"], false, common.EndPoint);
        await second.HearsAsync<TorrentEvent.PeerUp>(up => up.EndPoint.Equals(first.EndPoint));
    }

    private async Task<TorrentMetainfo> SampleAsync()
    {
        Source.Add("sample/data", TempFolder.RandomBytes(2_000_000));
        await File.WriteAllBytesAsync(Torrent, await TorrentCreator.CreateAsync(Source["sample"]));
        return await TorrentMetainfo.LoadAsync(Torrent);
    }
}
