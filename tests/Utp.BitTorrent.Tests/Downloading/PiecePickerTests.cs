using CsCheck;

namespace Utp.BitTorrent.Tests.Downloading;

public sealed class PiecePickerTests
{
    private const int Blocks = 4;

    private readonly SampleTorrent _torrent = new((8 * Blocks * PartialPiece.BlockBytes) - 1_000, Blocks * PartialPiece.BlockBytes);
    private readonly Bitfield _have;
    private readonly Bitfield _all;
    private readonly PiecePicker _picker;

    public PiecePickerTests()
    {
        _have = new Bitfield(_torrent.Metainfo.PieceCount);
        _all = new Bitfield(_torrent.Metainfo.PieceCount);
        _all.SetAll();
        _picker = new PiecePicker(_torrent.Metainfo, _have, new Random(1));
    }

    [Fact]
    public void The_rarest_piece_is_asked_for_first()
    {
        _picker.AddPeer(_all);
        foreach (var piece in Enumerable.Range(0, 8).Where(static piece => piece != 5))
            _picker.AddPiece(piece);
        Assert.Equal(5, Assert.Single(Pick(1, 1)).Piece);
    }

    [Fact]
    public void A_piece_that_was_begun_is_finished_before_another()
    {
        _picker.AddPeer(_all);
        var first = Assert.Single(Pick(1, 1));
        var next = Pick(2, Blocks - 1);
        Assert.All(next, block => Assert.Equal(first.Piece, block.Piece));
        Assert.DoesNotContain(first, next);
    }

    [Fact]
    public void Nothing_is_asked_of_a_peer_that_it_does_not_have()
    {
        var some = Some(2, 3);
        _picker.AddPeer(some);
        var chosen = Pick(1, 100, some);
        Assert.Equal(2 * Blocks, chosen.Count);
        Assert.All(chosen, static block => Assert.Contains(block.Piece, new[] { 2, 3 }));
    }

    [Fact]
    public void A_choked_peer_is_asked_for_its_allowed_pieces_alone()
    {
        var chosen = new List<BlockRange>();
        _picker.AddPeer(_all);
        _picker.Pick(1, _all, new HashSet<int> { 6 }, 100, chosen);
        Assert.Equal(Blocks, chosen.Count);
        Assert.All(chosen, static block => Assert.Equal(6, block.Piece));
    }

    [Fact]
    public void The_last_block_of_the_torrent_is_as_long_as_it_is()
    {
        _picker.AddPeer(_all);
        Assert.Equal(PartialPiece.BlockBytes - 1_000, Pick(1, 100).Single(static block => block is { Piece: 7, Offset: 3 * PartialPiece.BlockBytes }).Length);
    }

    [Fact]
    public void In_the_end_the_last_blocks_are_asked_of_several_and_the_slower_ones_are_told()
    {
        _picker.AddPeer(_all);
        var all = Pick(1, 100);
        Assert.True(_picker.IsEndGame);
        Assert.Equal(all.Order(Order), Pick(2, 100).Order(Order));
        var others = new List<int>();
        Assert.Equal(BlockArrival.Taken, _picker.OnBlock(2, all[0], _torrent.Block(all[0]), others));
        Assert.Equal([1], others);
        others.Clear();
        Assert.Equal(BlockArrival.Duplicate, _picker.OnBlock(1, all[0], _torrent.Block(all[0]), others));
        Assert.Empty(others);
    }

    [Fact]
    public void A_block_is_asked_of_three_at_most()
    {
        _picker.AddPeer(_all);
        for (var peer = 1; peer <= 3; peer++)
            Assert.Equal(8 * Blocks, Pick(peer, 100).Count);
        Assert.Empty(Pick(4, 100));
    }

    [Fact]
    public void What_a_peer_does_not_give_is_asked_of_another()
    {
        _picker.AddPeer(_all);
        var all = Pick(1, 100);
        _picker.Release(1, all[3]);
        Assert.Equal(all[3], Assert.Single(Pick(2, 1)));
    }

    [Fact]
    public void A_block_that_nobody_asked_for_is_not_taken()
    {
        var others = new List<int>();
        Assert.Equal(BlockArrival.Unasked, _picker.OnBlock(1, new BlockRange(0, 0, PartialPiece.BlockBytes), new byte[PartialPiece.BlockBytes], others));
        _picker.AddPeer(_all);
        var block = Assert.Single(Pick(1, 1));
        Assert.Equal(BlockArrival.Unasked, _picker.OnBlock(2, block, _torrent.Block(block), others));
        Assert.Equal(BlockArrival.Unasked, _picker.OnBlock(1, block with { Offset = 1 }, _torrent.Block(block), others));
        Assert.Equal(BlockArrival.Unasked, _picker.OnBlock(1, new BlockRange(-1, 0, 4), new byte[4], others));
        Assert.Equal(BlockArrival.Unasked, _picker.OnBlock(1, new BlockRange(int.MaxValue, 0, 4), new byte[4], others));
    }

    [Fact]
    public void A_wrong_piece_is_asked_of_one_peer_alone()
    {
        var some = Some(2);
        _picker.AddPeer(some);
        foreach (var (peer, block) in Pick(1, 2, some).Select(static b => (1, b)).Concat(Pick(2, 2, some).Select(static b => (2, b))).ToList())
            _picker.OnBlock(peer, block, new byte[block.Length], []);
        _picker.OnFailed(_picker.Complete(2));
        Assert.Equal(Blocks - 1, Pick(3, Blocks - 1, some).Count);
        Assert.Empty(Pick(4, 100, some));
        _picker.Forget(3);
        Assert.Equal(Blocks, Pick(4, 100, some).Count);
    }

    [Fact]
    public void Interest_follows_what_is_missing()
    {
        var some = Some(2);
        Assert.True(_picker.IsInteresting(some));
        _have.Set(2);
        Assert.False(_picker.IsInteresting(some));
        Assert.True(_picker.IsInteresting(_all));
    }

    // Peers come, give, refuse, lie and go in any order: in the end everything is there, and nothing was asked for that was there.
    [Fact]
    public void Whatever_peers_do_the_download_is_complete_in_the_end() => Gen.Int.Sample(static seed =>
    {
        var torrent = new SampleTorrent(6 * Blocks * PartialPiece.BlockBytes, Blocks * PartialPiece.BlockBytes);
        var random = new Random(seed);
        var have = new Bitfield(torrent.Metainfo.PieceCount);
        var all = new Bitfield(torrent.Metainfo.PieceCount);
        all.SetAll();
        var picker = new PiecePicker(torrent.Metainfo, have, random);
        var asked = Enumerable.Range(1, 3).ToDictionary(static peer => peer, static _ => new List<BlockRange>());
        picker.AddPeer(all);
        for (var step = 0; !have.IsComplete; step++)
        {
            if (step > 20_000)
                return false;
            var peer = random.Next(1, 4);
            switch (random.Next(10))
            {
                case 0:
                    foreach (var block in asked[peer])
                        picker.Release(peer, block);
                    picker.Forget(peer);
                    asked[peer].Clear();
                    break;
                case <= 4:
                    var chosen = new List<BlockRange>();
                    picker.Pick(peer, all, null, random.Next(1, 8), chosen);
                    if (chosen.Any(block => have[block.Piece] || asked[peer].Contains(block)))
                        return false;
                    asked[peer].AddRange(chosen);
                    break;
                default:
                    if (asked[peer].Count == 0)
                        break;
                    var given = asked[peer][0];
                    asked[peer].RemoveAt(0);
                    var others = new List<int>();
                    var bytes = torrent.Block(given);
                    if (random.Next(40) == 0)
                        bytes[0] ^= 1;
                    if (picker.OnBlock(peer, given, bytes, others) == BlockArrival.PieceComplete)
                    {
                        var piece = picker.Complete(given.Piece);
                        if (torrent.Metainfo.Verify(given.Piece, piece.Data.AsSpan(0, piece.Size)))
                            picker.OnVerified(piece);
                        else
                            picker.OnFailed(piece);
                    }

                    foreach (var other in others)
                        asked[other].Remove(given);
                    break;
            }
        }

        return picker.Begun == 0;
    }, iter: 50);

    private static readonly Comparer<BlockRange> Order = Comparer<BlockRange>.Create(static (one, other) => (one.Piece, one.Offset).CompareTo((other.Piece, other.Offset)));

    private Bitfield Some(params int[] pieces)
    {
        var field = new Bitfield(_torrent.Metainfo.PieceCount);
        foreach (var piece in pieces)
            field.Set(piece);
        return field;
    }

    private List<BlockRange> Pick(int peer, int count, Bitfield? pieces = null)
    {
        var chosen = new List<BlockRange>();
        _picker.Pick(peer, pieces ?? _all, null, count, chosen);
        return chosen;
    }
}
