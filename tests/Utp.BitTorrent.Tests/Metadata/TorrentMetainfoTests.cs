using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace Utp.BitTorrent.Tests.Metadata;

public sealed class TorrentMetainfoTests
{
    [Fact]
    public void A_single_file_is_read_as_bep_3_writes_it()
    {
        var torrent = TorrentMetainfo.Parse(Torrent(("length", new BencodeInteger(40_000))));
        Assert.Equal("a.bin", torrent.Name);
        Assert.Equal(3, torrent.PieceCount);
        Assert.Equal(40_000 - 32_768, torrent.SizeOf(2));
        Assert.Equal(new TorrentFile("a.bin", 40_000, 0, false), Assert.Single(torrent.Files));
        Assert.Equal(1, torrent.Version);
    }

    [Fact]
    public void The_info_hash_is_made_of_the_bytes_that_were_read()
    {
        var bytes = Torrent(("length", new BencodeInteger(40_000)));
        var info = Encoding.Latin1.GetString(bytes).IndexOf("4:info", StringComparison.Ordinal) + 6;
        Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(bytes.AsSpan(info, bytes.Length - info - 1))), TorrentMetainfo.Parse(bytes).InfoHash.ToString());
    }

    [Fact]
    public void Several_files_follow_each_other_in_the_pieces()
    {
        var torrent = TorrentMetainfo.Parse(Torrent(("files", Files((10_000, ["x", "one"]), (0, ["empty"]), (30_000, ["two"])))));
        Assert.Equal(["a.bin/x/one", "a.bin/empty", "a.bin/two"], torrent.Files.Select(static file => file.Path));
        Assert.Equal(["a.bin/x/one", "a.bin/two"], torrent.FilesIn(0, 16_384).Select(static file => file.Path));
        Assert.Equal(["a.bin/two"], torrent.FilesIn(16_384, 32_768).Select(static file => file.Path));
        Assert.Equal(40_000, torrent.TotalBytes);
    }

    [Theory]
    [InlineData("..", "another folder")]
    [InlineData("a/b", "path of its own")]
    [InlineData("", "empty name")]
    public void A_path_that_leads_out_is_refused(string name, string problem) =>
        Refused(problem, Torrent(("files", Files((40_000, ["x", name])))));

    [Fact]
    public void A_name_that_leads_out_is_refused() => Refused("another folder", Torrent("..", 16_384, 3, ("length", new BencodeInteger(40_000))));

    [Fact]
    public void Two_files_of_one_path_are_refused() => Refused("two of its files", Torrent(("files", Files((20_000, ["x"]), (20_000, ["x"])))));

    [Fact]
    public void A_file_that_is_also_a_folder_is_refused() => Refused("a file and a folder", Torrent(("files", Files((20_000, ["x"]), (20_000, ["x", "y"])))));

    [Fact]
    public void Hashes_for_another_number_of_pieces_are_refused() => Refused("4 hashes for 3 pieces", Torrent("a.bin", 16_384, 4, ("length", new BencodeInteger(40_000))));

    [Theory]
    [InlineData(0)]
    [InlineData(-16_384)]
    [InlineData(1L << 40)]
    public void A_piece_length_beyond_reason_is_refused(long length) => Refused("piece length", Torrent("a.bin", length, 3, ("length", new BencodeInteger(40_000))));

    [Fact]
    public void A_length_below_zero_is_refused() => Refused("neither a length nor files", Torrent(("length", new BencodeInteger(-1))));

    [Fact]
    public void Lengths_that_together_exceed_64_bits_are_refused() =>
        Refused("larger than anything", Torrent(("files", Files((long.MaxValue / 4, ["x"]), (long.MaxValue / 4, ["y"])))));

    [Fact]
    public void A_symbolic_link_in_a_torrent_is_refused() => Refused("symbolic link", Torrent(("files", new BencodeList([BencodeWriter.Dictionary(
        ("attr", new BencodeString("l")), ("length", new BencodeInteger(40_000)), ("path", new BencodeList([new BencodeString("x")])))]))));

    [Fact]
    public void Wrong_bencode_is_told_with_its_place() => Refused("at byte 2", "di1ee"u8.ToArray(), "at byte 1");

    [Fact]
    public void Any_change_of_a_torrent_is_read_or_refused_and_never_throws_otherwise()
    {
        var original = Torrent(("files", Files((10_000, ["x", "one"]), (30_000, ["two"]))));
        Gen.Select(Gen.Int[0, original.Length - 1], Gen.Byte).List[1, 4].Sample(changes =>
        {
            var bytes = original.ToArray();
            foreach (var (at, value) in changes)
                bytes[at] = value;
            if (MetainfoReader.TryRead(bytes, out var torrent, out var problem))
                return torrent.Files.All(static file => file.Path.Split('/').All(static name => name is not ("" or "." or "..")));
            return problem.Length > 0;
        }, iter: 3_000);
    }

    [Fact]
    public async Task A_created_torrent_describes_its_folder_and_is_the_same_each_time()
    {
        using var folder = new TempFolder();
        var one = TempFolder.RandomBytes(100_000);
        folder.Add("t/b/one", one);
        folder.Add("t/a", []);
        folder.Add("t/c", TempFolder.RandomBytes(5, 2));
        var bytes = await TorrentCreator.CreateAsync(folder["t"], new() { PieceLength = 32_768, Trackers = ["http://one/", "http://two/"], IsPrivate = true });
        var torrent = TorrentMetainfo.Parse(bytes);
        Assert.Equal(["t/a", "t/b/one", "t/c"], torrent.Files.Select(static file => file.Path));
        Assert.Equal(["http://one/", "http://two/"], torrent.Trackers);
        Assert.True(torrent.IsPrivate);
        Assert.True(torrent.Verify(0, one.AsSpan(0, 32_768)));
        Assert.False(torrent.Verify(1, one.AsSpan(0, 32_768)));
        Assert.Equal(bytes, await TorrentCreator.CreateAsync(folder["t"], new() { PieceLength = 32_768, Trackers = ["http://one/", "http://two/"], IsPrivate = true }));
    }

    [Fact]
    public async Task A_folder_with_a_symbolic_link_makes_no_torrent()
    {
        using var folder = new TempFolder();
        folder.Add("t/a", [1]);
        File.CreateSymbolicLink(folder["t/link"], "/etc/passwd");
        var error = await Assert.ThrowsAsync<BitTorrentException>(() => TorrentCreator.CreateAsync(folder["t"]));
        Assert.Contains("symbolic link", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 16_384)]
    [InlineData(200_000_000, 262_144)]
    [InlineData(1L << 40, 16 << 20)]
    public void The_piece_length_follows_the_size(long total, int length) => Assert.Equal(length, TorrentCreator.PieceLengthFor(total));

    private static void Refused(string problem, byte[] torrent, string? or = null)
    {
        var error = Assert.Throws<BitTorrentException>(() => TorrentMetainfo.Parse(torrent));
        Assert.Contains(or ?? problem, error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Torrent(params (string, BencodeValue?)[] what) => Torrent("a.bin", 16_384, 3, what);

    private static byte[] Torrent(string name, long pieceLength, int hashes, params (string, BencodeValue?)[] what) => BencodeWriter.Write(BencodeWriter.Dictionary(("info", BencodeWriter.Dictionary(
        [("name", new BencodeString(name)), ("piece length", new BencodeInteger(pieceLength)), ("pieces", new BencodeString(new byte[20 * hashes])), .. what]))));

    private static BencodeList Files(params (long Length, string[] Path)[] files) => new([.. files.Select(static file => BencodeWriter.Dictionary(
        ("length", new BencodeInteger(file.Length)), ("path", new BencodeList([.. file.Path.Select(static name => new BencodeString(name))]))))]);
}
