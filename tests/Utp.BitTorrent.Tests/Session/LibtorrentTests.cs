using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>Downloads from and seeds to libtorrent, over uTP alone; what arrives is compared byte by byte.</summary>
public sealed class LibtorrentTests : LibtorrentScene
{
    [LibtorrentFact]
    public async Task We_download_what_libtorrent_seeds()
    {
        await using var theirs = await SeedAsync("1", Bytes);
        await using var ours = await OurSession.StartAsync(await TorrentMetainfo.LoadAsync(Torrent), Target["out"], false, theirs.EndPoint);
        await ours.CompletedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task Libtorrent_downloads_what_we_seed_from_a_torrent_that_we_made()
    {
        Source.Add("sample/data", TempFolder.RandomBytes(Bytes));
        await File.WriteAllBytesAsync(Torrent, await TorrentCreator.CreateAsync(Source["sample"]));
        await using var ours = await OurSession.StartAsync(await TorrentMetainfo.LoadAsync(Torrent), Source.Path, seedOnly: true);
        await using var theirs = await LibtorrentPeer.StartAsync();
        await theirs.DownloadAsync(Torrent, Target["out"], ours.EndPoint);
        await theirs.FinishedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task Two_thousand_files_come_from_libtorrent_and_go_to_libtorrent()
    {
        for (var file = 0; file < 2_000; file++)
            Source.Add($"sample/{file % 40}/{file}", TempFolder.RandomBytes(file * 3, file));
        await using (var theirs = await LibtorrentPeer.StartAsync())
        {
            await theirs.CreateAsync(Source["sample"], Torrent);
            await theirs.SeedAsync(Torrent, Source.Path);
            await using var ours = await OurSession.StartAsync(await TorrentMetainfo.LoadAsync(Torrent), Target["in"], false, theirs.EndPoint);
            await ours.CompletedAsync();
            Same("in");
        }

        await using var seed = await OurSession.StartAsync(await TorrentMetainfo.LoadAsync(Torrent), Target["in"], seedOnly: true);
        await using var taker = await LibtorrentPeer.StartAsync();
        await taker.DownloadAsync(Torrent, Target["out"], seed.EndPoint);
        await taker.FinishedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task Our_magnet_link_is_followed_without_a_tracker()
    {
        await using var theirs = await SeedAsync("1", 5_000_000);
        var link = MagnetLink.Of(await TorrentMetainfo.LoadAsync(Torrent), theirs.EndPoint);
        await using var ours = await OurSession.StartAsync(MagnetLink.Parse(link.ToString()), Target["out"]);
        await ours.CompletedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task Libtorrent_gets_the_metadata_of_a_magnet_link_from_us()
    {
        await using var maker = await SeedAsync("1", 5_000_000);
        var torrent = await TorrentMetainfo.LoadAsync(Torrent);
        await using var ours = await OurSession.StartAsync(torrent, Source.Path, seedOnly: true);
        await using var theirs = await LibtorrentPeer.StartAsync();
        await theirs.DownloadMagnetAsync(MagnetLink.Of(torrent).ToString(), Target["out"], ours.EndPoint);
        await theirs.FinishedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task A_hybrid_torrent_is_exchanged_as_version_1()
    {
        await using var theirs = await SeedAsync("hybrid", 5_000_000);
        var torrent = await TorrentMetainfo.LoadAsync(Torrent);
        Assert.True(torrent.IsHybrid);
        await using var ours = await OurSession.StartAsync(torrent, Target["out"], false, theirs.EndPoint);
        await ours.CompletedAsync();
        Same("out");
    }

    [LibtorrentFact]
    public async Task A_torrent_of_version_2_alone_is_exchanged_from_its_file()
    {
        await using var theirs = await SeedAsync("2", 5_000_000);
        var torrent = await TorrentMetainfo.LoadAsync(Torrent);
        Assert.Equal(2, torrent.Version);
        await using var ours = await OurSession.StartAsync(torrent, Target["out"], false, theirs.EndPoint);
        await ours.CompletedAsync();
        Same("out");
    }
}
