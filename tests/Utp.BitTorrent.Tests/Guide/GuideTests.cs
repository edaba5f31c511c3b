using System.Net;

namespace Utp.BitTorrent.Tests.Guide;

/// <summary>The code of docs/guide-swarm.md.</summary>
public sealed class GuideTests
{
    [Fact]
    public async Task What_the_guide_shows_moves_a_folder()
    {
        using var source = new TempFolder();
        using var target = new TempFolder();
        source.Add("photos/one.jpg", TempFolder.RandomBytes(200_000));
        source.Add("photos/two.jpg", TempFolder.RandomBytes(300_000, 2));
        var (folder, parent, downloads) = (source["photos"], source.Path, target.Path);

        #region seed
        var torrent = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(folder));
        await using var seed = await TorrentSession.StartAsync(torrent, new TorrentSessionOptions
        {
            Folder = parent,
            SeedOnly = true,
            LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        });
        var link = MagnetLink.Of(torrent, seed.LocalEndPoint).ToString();
        #endregion

        #region get
        await using var download = await TorrentSession.StartAsync(MagnetLink.Parse(link), new TorrentSessionOptions
        {
            Folder = downloads,
            OnEvent = happened => Console.WriteLine(happened),
        });
        await download.Completed;
        Console.WriteLine($"{download.Metainfo!.Name}: {download.GetProgress().VerifiedBytes} bytes");
        #endregion

        Assert.Equal(source.Files, target.Files);
        Assert.Equal(500_000, download.GetProgress().VerifiedBytes);
    }
}
