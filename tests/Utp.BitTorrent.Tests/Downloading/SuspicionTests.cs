namespace Utp.BitTorrent.Tests.Downloading;

public sealed class SuspicionTests
{
    private static readonly byte[] Right = TempFolder.RandomBytes(3 * PartialPiece.BlockBytes);

    [Fact]
    public void Who_gave_a_whole_wrong_piece_is_guilty_at_once() => Assert.Equal(4, new Suspicion().OnFailed(Piece((4, false), (4, true), (4, false))));

    [Fact]
    public void Of_several_givers_the_one_whose_block_differs_from_the_right_one_is_guilty()
    {
        var suspicion = new Suspicion();
        Assert.Equal(0, suspicion.OnFailed(Piece((4, false), (5, true), (6, false))));
        Assert.Equal([5], suspicion.OnVerified(Piece((7, false), (7, false), (7, false))));
        Assert.Empty(suspicion.OnVerified(Piece((7, false), (7, false), (7, false))));
    }

    private static PartialPiece Piece(params (int Giver, bool IsWrong)[] blocks)
    {
        var piece = new PartialPiece(2, Right.Length, new byte[Right.Length]);
        for (var block = 0; block < blocks.Length; block++)
        {
            var bytes = Right.AsSpan(block * PartialPiece.BlockBytes, PartialPiece.BlockBytes).ToArray();
            if (blocks[block].IsWrong)
                bytes[9] ^= 1;
            piece.Ask(block, blocks[block].Giver);
            piece.Put(block, blocks[block].Giver, bytes);
        }

        return piece;
    }
}
