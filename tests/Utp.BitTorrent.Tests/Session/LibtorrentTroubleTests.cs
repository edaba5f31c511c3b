using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>Libtorrents that lie, die, or are many.</summary>
public sealed class LibtorrentTroubleTests : LibtorrentScene
{
    [LibtorrentFact]
    public async Task A_libtorrent_that_gives_wrong_data_is_banned_and_another_gives_the_rest()
    {
        await using var right = await SeedAsync("1", 5_000_000);
        using var spoiled = new TempFolder();
        spoiled.Add("sample/more/small", TempFolder.RandomBytes(70_000, 2));
        await using var liar = await LibtorrentPeer.StartAsync();
        // It reads files again and does not look again at what it verified.
        spoiled.Add("sample/data", File.ReadAllBytes(Source["sample/data"]));
        await liar.DownloadAsync(Torrent, spoiled.Path);
        await liar.FinishedAsync();
        spoiled.Add("sample/data", new byte[5_000_000]);
        await using var ours = await OurSession.StartAsync(await TorrentMetainfo.LoadAsync(Torrent), Target["out"], false, liar.EndPoint);
        Assert.Equal(liar.EndPoint.Port, (await ours.HearsAsync<TorrentEvent.PeerBanned>()).EndPoint.Port);
        ours.Session.AddPeer(right.EndPoint);
        await ours.CompletedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task When_their_client_is_killed_half_way_the_download_goes_on_with_another()
    {
        await using var first = await SeedAsync("1", Bytes);
        await using var second = await LibtorrentPeer.StartAsync();
        await second.SeedAsync(Torrent, Source.Path);
        await using var ours = await OurSession.StartAsync(await TorrentMetainfo.LoadAsync(Torrent), Target["out"], false, first.EndPoint);
        await ours.HearsAsync<TorrentEvent.PieceVerified>();
        first.Kill();
        ours.Session.AddPeer(second.EndPoint);
        await ours.CompletedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task Three_of_theirs_and_three_of_ours_complete_each_other()
    {
        await using var seed = await SeedAsync("1", 8_000_000);
        var torrent = await TorrentMetainfo.LoadAsync(Torrent);
        await using var one = await OurSession.StartAsync(torrent, Target["one"], false, seed.EndPoint);
        await using var theirs = await LibtorrentPeer.StartAsync();
        await theirs.DownloadAsync(Torrent, Target["theirs"], one.EndPoint);
        await using var two = await OurSession.StartAsync(torrent, Target["two"], false, theirs.EndPoint, one.EndPoint);
        await using var other = await LibtorrentPeer.StartAsync();
        await other.DownloadAsync(Torrent, Target["other"], two.EndPoint, theirs.EndPoint);
        await using var three = await OurSession.StartAsync(torrent, Target["three"], false, other.EndPoint, two.EndPoint);
        await Task.WhenAll(one.CompletedAsync(), two.CompletedAsync(), three.CompletedAsync(), theirs.FinishedAsync(), other.FinishedAsync());
        foreach (var folder in new[] { "one", "two", "three", "theirs", "other" })
            Same(folder);
    }
}
