using System.Net;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>Sessions of ours with each other, over real sockets on loopback.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly TempFolder _source = new();
    private readonly TempFolder _target = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Fact]
    public async Task A_folder_of_many_files_arrives_whole_and_nothing_else_is_left()
    {
        for (var file = 0; file < 200; file++)
            _source.Add($"t/{file % 9}/{file}.bin", TempFolder.RandomBytes(file * 700, file));
        var torrent = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(_source["t"]));
        await using (var seed = await OurSession.StartAsync(torrent, _source.Path, seedOnly: true))
        await using (var ours = await OurSession.StartAsync(torrent, _target.Path, false, seed.EndPoint))
            await ours.CompletedAsync();

        Assert.Equal(_source.Files, _target.Files);
        Assert.All(_source.Files, file => Assert.Equal(File.ReadAllBytes(_source[file]), File.ReadAllBytes(_target[file])));
    }

    [Fact]
    public async Task A_magnet_link_leads_to_the_files_when_a_peer_is_known()
    {
        var torrent = await SampleAsync(3_000_000);
        await using var seed = await OurSession.StartAsync(torrent, _source.Path, seedOnly: true);
        await using var ours = await OurSession.StartAsync(MagnetLink.Of(torrent, seed.EndPoint), _target.Path);
        await ours.CompletedAsync();
        Assert.Equal(File.ReadAllBytes(_source["sample"]), File.ReadAllBytes(_target["sample"]));
        Assert.Equal(torrent.InfoHash, ours.Session.Metainfo!.InfoHash);
    }

    [Fact]
    public async Task A_download_that_was_ended_goes_on_where_it_was()
    {
        var torrent = await SampleAsync(20_000_000);
        await using var seed = await OurSession.StartAsync(torrent, _source.Path, seedOnly: true);
        int had;
        await using (var first = await OurSession.StartAsync(torrent, _target.Path, false, seed.EndPoint))
        {
            await first.HearsAsync<TorrentEvent.PieceVerified>();
            had = first.Progress.VerifiedPieces;
        }

        Assert.True(had > 0);
        await using var second = await OurSession.StartAsync(torrent, _target.Path, false, seed.EndPoint);
        await second.CompletedAsync();
        Assert.True(second.Progress.DownloadedBytes <= 20_000_000 - (had * torrent.PieceLength));
        Assert.Equal(File.ReadAllBytes(_source["sample"]), File.ReadAllBytes(_target["sample"]));
    }

    [Fact]
    public async Task A_leecher_passes_on_what_it_has()
    {
        using var third = new TempFolder();
        var torrent = await SampleAsync(5_000_000);
        await using var seed = await OurSession.StartAsync(torrent, _source.Path, seedOnly: true);
        await using var middle = await OurSession.StartAsync(torrent, _target.Path, false, seed.EndPoint);
        await using var far = await OurSession.StartAsync(torrent, third.Path, false, middle.EndPoint);
        await far.CompletedAsync();
        Assert.Equal(File.ReadAllBytes(_source["sample"]), File.ReadAllBytes(third["sample"]));
    }

    [Fact]
    public async Task A_peer_that_gives_wrong_pieces_is_banned_and_the_download_is_right()
    {
        var torrent = await SampleAsync(2_000_000);
        using var spoiled = new TempFolder();
        spoiled.Add("sample", File.ReadAllBytes(_source["sample"]));
        await using var liar = await OurSession.StartAsync(torrent, spoiled.Path, seedOnly: true);
        // After it was looked at, every piece is spoiled.
        spoiled.Add("sample", new byte[2_000_000]);
        await using var ours = await OurSession.StartAsync(torrent, _target.Path, false, liar.EndPoint);
        Assert.Equal(liar.EndPoint, (await ours.HearsAsync<TorrentEvent.PeerBanned>()).EndPoint);
        Assert.Equal(0, ours.Progress.VerifiedPieces);

        await using var seed = await OurSession.StartAsync(torrent, _source.Path, seedOnly: true);
        ours.Session.AddPeer(seed.EndPoint);
        await ours.CompletedAsync();
        Assert.Equal(File.ReadAllBytes(_source["sample"]), File.ReadAllBytes(_target["sample"]));
        Assert.Equal(1, ours.Progress.Banned);
    }

    [Fact]
    public async Task Another_torrent_at_the_port_is_told_and_ours_waits()
    {
        var torrent = await SampleAsync(100_000);
        using var other = new TempFolder();
        other.Add("other", TempFolder.RandomBytes(50_000, 7));
        await using var seed = await OurSession.StartAsync(TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(other["other"])), other.Path, seedOnly: true);
        await using var ours = await OurSession.StartAsync(torrent, _target.Path, false, seed.EndPoint);
        Assert.False(ours.Session.Completed.IsCompleted);
    }

    [Fact]
    public async Task Seeding_what_is_not_there_says_where_it_looked()
    {
        var torrent = await SampleAsync(100_000);
        var error = await Assert.ThrowsAsync<BitTorrentException>(() => OurSession.StartAsync(torrent, _target.Path, seedOnly: true));
        Assert.Contains("pieces of \"sample\" are missing", error.Message, StringComparison.Ordinal);
        Assert.Empty(_target.Files);
    }

    [Fact]
    public async Task A_port_in_use_leaves_the_folder_free_for_the_next_try()
    {
        var torrent = await SampleAsync(100_000);
        await using var taken = await OurSession.StartAsync(torrent, _source.Path, seedOnly: true);
        var options = new TorrentSessionOptions { Folder = _target.Path, LocalEndPoint = taken.EndPoint };
        await Assert.ThrowsAsync<Streams.UtpException>(() => TorrentSession.StartAsync(torrent, options));
        await using var second = await TorrentSession.StartAsync(torrent, options with { LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0) });
        Assert.NotEqual(0, second.LocalEndPoint.Port);
    }

    private async Task<TorrentMetainfo> SampleAsync(int bytes)
    {
        _source.Add("sample", TempFolder.RandomBytes(bytes));
        return TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(_source["sample"]));
    }
}
