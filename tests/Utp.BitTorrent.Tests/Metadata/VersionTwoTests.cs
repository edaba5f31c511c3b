using System.Security.Cryptography;
using System.Text;

namespace Utp.BitTorrent.Tests.Metadata;

/// <summary>BEP 52. The hashes are computed here in another way than in the code that is tested; torrents that libtorrent made are read in the tests of sessions.</summary>
public sealed class VersionTwoTests
{
    private const int PieceLength = 32 << 10;

    private static readonly byte[] Big = TempFolder.RandomBytes(100_000);
    private static readonly byte[] Small = TempFolder.RandomBytes(20_000, 2);

    [Fact]
    public void Each_file_begins_with_a_piece_of_its_own()
    {
        var torrent = TorrentMetainfo.Parse(Torrent(Root(Big), Layer(Big)));
        Assert.Equal(2, torrent.Version);
        Assert.Equal([0, 4 * PieceLength], torrent.Files.Select(static file => file.Offset));
        Assert.Equal(5, torrent.PieceCount);
        Assert.Equal([PieceLength, PieceLength, PieceLength, 100_000 - (3 * PieceLength), 20_000], Enumerable.Range(0, 5).Select(torrent.SizeOf));
    }

    [Fact]
    public void Pieces_are_verified_by_their_tree()
    {
        var torrent = TorrentMetainfo.Parse(Torrent(Root(Big), Layer(Big)));
        for (var piece = 0; piece < 4; piece++)
            Assert.True(torrent.Verify(piece, Big.AsSpan(piece * PieceLength, torrent.SizeOf(piece))));
        Assert.True(torrent.Verify(4, Small));
        Assert.False(torrent.Verify(0, Big.AsSpan(PieceLength, PieceLength)));
    }

    [Fact]
    public void Hashes_that_do_not_belong_to_the_root_are_refused()
    {
        var wrong = Layer(Big);
        wrong[0] ^= 1;
        var error = Assert.Throws<BitTorrentException>(() => TorrentMetainfo.Parse(Torrent(Root(Big), wrong)));
        Assert.Contains("do not belong to its root", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_hashes_of_pieces_it_is_said_where_they_are()
    {
        var error = Assert.Throws<BitTorrentException>(() => TorrentMetainfo.Parse(Torrent(Root(Big), null)));
        Assert.Contains("use the .torrent file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_leads_out_is_refused()
    {
        var error = Assert.Throws<BitTorrentException>(() => TorrentMetainfo.Parse(Torrent(Root(Big), Layer(Big), "..")));
        Assert.Contains("another folder", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Torrent(byte[] root, byte[]? layer, string name = "a") => BencodeWriter.Write(BencodeWriter.Dictionary(
        ("info", BencodeWriter.Dictionary(
            ("file tree", BencodeWriter.Dictionary((name, File(Big.Length, root)), ("b", BencodeWriter.Dictionary(("c", File(Small.Length, Root(Small))))))),
            ("meta version", new BencodeInteger(2)),
            ("name", new BencodeString("t")),
            ("piece length", new BencodeInteger(PieceLength)))),
        ("piece layers", layer is null ? null : new BencodeDictionary([KeyValuePair.Create(Encoding.Latin1.GetString(root), (BencodeValue)new BencodeString(layer))]))));

    private static BencodeDictionary File(long length, byte[] root) =>
        BencodeWriter.Dictionary(("", BencodeWriter.Dictionary(("length", new BencodeInteger(length)), ("pieces root", new BencodeString(root)))));

    private static byte[] Root(byte[] file) => Tree([.. file.Chunk(16 << 10).Select(SHA256.HashData)]);

    // Two blocks in a piece.
    private static byte[] Layer(byte[] file)
    {
        List<byte[]> leaves = [.. file.Chunk(16 << 10).Select(SHA256.HashData)];
        if (leaves.Count % 2 == 1)
            leaves.Add(new byte[32]);
        return [.. leaves.Chunk(2).SelectMany(static pair => SHA256.HashData([.. pair[0], .. pair[1]]))];
    }

    private static byte[] Tree(List<byte[]> leaves)
    {
        while (!int.IsPow2(leaves.Count))
            leaves.Add(new byte[32]);
        return leaves.Count == 1 ? leaves[0] : SHA256.HashData([.. Tree([.. leaves.Take(leaves.Count / 2)]), .. Tree([.. leaves.Skip(leaves.Count / 2)])]);
    }
}
