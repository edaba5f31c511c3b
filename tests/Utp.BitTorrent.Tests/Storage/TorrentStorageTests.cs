namespace Utp.BitTorrent.Tests.Storage;

public sealed class TorrentStorageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SampleTorrent _single = new(100_000, 16_384);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pieces_that_were_written_are_there_and_the_others_are_holes()
    {
        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            Assert.Equal(0, (await storage.CheckAsync(null, default)).Count);
            storage.Write(6, _single.Piece(6));
            storage.Write(1, _single.Piece(1));
        }

        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            var have = await storage.CheckAsync(null, default);
            Assert.Equal(2, have.Count);
            Assert.True(have[6] && have[1]);
            var read = new byte[50_000];
            Assert.True(storage.TryRead(10_000, read));
            Assert.Equal(_single.Piece(1), read.AsSpan(6_384, 16_384).ToArray());
        }

        Assert.Equal(100_000, new FileInfo(_folder["sample"]).Length);
    }

    [Fact]
    public async Task What_the_state_file_says_is_believed_until_somebody_writes_to_the_file()
    {
        var hashed = 0L;
        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            var have = await storage.CheckAsync(null, default);
            storage.Write(2, _single.Piece(2));
            have.Set(2);
            storage.Save(have);
        }

        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            Assert.True((await storage.CheckAsync(count => Interlocked.Add(ref hashed, count), default))[2]);
            Assert.Equal(0, hashed);
        }

        // Another program spoils the piece; the file looks different, so all is read again.
        using (var file = File.OpenWrite(_folder["sample"]))
        {
            file.Position = 2 * 16_384;
            file.WriteByte((byte)~_single.Piece(2)[0]);
        }

        File.SetLastWriteTimeUtc(_folder["sample"], DateTime.UnixEpoch);
        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            Assert.Equal(0, (await storage.CheckAsync(count => Interlocked.Add(ref hashed, count), default)).Count);
            Assert.Equal(100_000, hashed);
        }
    }

    [Fact]
    public async Task Half_a_state_file_is_as_good_as_none()
    {
        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            var have = await storage.CheckAsync(null, default);
            storage.Write(2, _single.Piece(2));
            have.Set(2);
            have.Set(3);
            storage.Save(have);
        }

        var state = StateFile.PathIn(_folder.Path, _single.Metainfo);
        var bytes = await File.ReadAllBytesAsync(state);
        await File.WriteAllBytesAsync(state, bytes.AsMemory(0, bytes.Length - 1).ToArray());
        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            var have = await storage.CheckAsync(null, default);
            Assert.True(have[2]);
            Assert.False(have[3]);
        }
    }

    [Fact]
    public void Two_downloads_of_one_name_exclude_each_other()
    {
        using var one = TorrentStorage.Open(_single.Metainfo, _folder.Path);
        var error = Assert.Throws<BitTorrentException>(() => TorrentStorage.Open(_single.Metainfo, _folder.Path));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_torrent_of_the_same_name_is_refused()
    {
        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
            storage.Save(new Bitfield(_single.Metainfo.PieceCount));
        var error = Assert.Throws<BitTorrentException>(() => TorrentStorage.Open(new SampleTorrent(50_000, 16_384, seed: 2).Metainfo, _folder.Path));
        Assert.Contains("another torrent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_and_has_nothing_of_the_torrent_is_not_written_over()
    {
        var mine = TempFolder.RandomBytes(100_000, 9);
        _folder.Add("sample", mine);
        using (var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path))
        {
            var error = await Assert.ThrowsAsync<BitTorrentException>(() => storage.CheckAsync(null, default));
            Assert.Contains("move it away", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(mine, await File.ReadAllBytesAsync(_folder["sample"]));
    }

    [Fact]
    public void A_longer_file_of_that_name_is_refused()
    {
        _folder.Add("sample", new byte[100_001]);
        Assert.Contains("longer", Assert.Throws<BitTorrentException>(() => TorrentStorage.Open(_single.Metainfo, _folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_symbolic_link_in_the_folder_is_not_followed()
    {
        using var outside = new TempFolder();
        File.CreateSymbolicLink(_folder["sample"], outside["target"]);
        using var storage = TorrentStorage.Open(_single.Metainfo, _folder.Path);
        Assert.Contains("symbolic link", Assert.Throws<BitTorrentException>(() => storage.Write(0, _single.Piece(0))).Message, StringComparison.Ordinal);
        Assert.Empty(outside.Files);
        outside.Add("target", _single.Bytes);
        await Assert.ThrowsAsync<BitTorrentException>(() => storage.CheckAsync(null, default));
    }

    [Fact]
    public async Task A_folder_that_is_a_symbolic_link_is_not_followed()
    {
        using var outside = new TempFolder();
        using var source = new TempFolder();
        source.Add("t/sub/one", _single.Bytes);
        var torrent = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(source["t"], new() { PieceLength = 16_384 }));
        Directory.CreateDirectory(_folder["t"]);
        Directory.CreateSymbolicLink(_folder["t/sub"], outside.Path);
        using var storage = TorrentStorage.Open(torrent, _folder.Path);
        Assert.Throws<BitTorrentException>(() => storage.Write(0, _single.Piece(0)));
        Assert.Empty(outside.Files);
    }

    [Fact]
    public async Task A_piece_goes_into_all_files_that_it_covers_and_empty_files_are_made()
    {
        using var source = new TempFolder();
        for (var file = 0; file < 300; file++)
            source.Add($"t/{file % 7}/{file}", TempFolder.RandomBytes(file * 10, file));
        var torrent = TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(source["t"], new() { PieceLength = 16_384 }));
        using (var from = TorrentStorage.Open(torrent, source.Path, readOnly: true))
        using (var to = TorrentStorage.Open(torrent, _folder.Path))
        {
            Assert.True((await from.CheckAsync(null, default)).IsComplete);
            to.MakeEmptyFiles();
            for (var piece = torrent.PieceCount - 1; piece >= 0; piece--)
            {
                var bytes = new byte[torrent.SizeOf(piece)];
                Assert.True(from.TryRead(torrent.OffsetOf(piece), bytes));
                to.Write(piece, bytes);
            }

            to.Finish();
        }

        Assert.Equal(source.Files, _folder.Files);
        Assert.All(source.Files, file => Assert.Equal(File.ReadAllBytes(source[file]), File.ReadAllBytes(_folder[file])));
    }

    [Fact]
    public void A_full_disk_is_an_error_that_says_what_to_do()
    {
        using var files = new StoredFiles("/dev");
        var error = Assert.Throws<BitTorrentException>(() => files.Write(new TorrentFile("full", 0, 0, false), 0, [1, 2, 3]));
        Assert.Contains("make room", error.Message, StringComparison.Ordinal);
    }
}
