using System.Buffers;

namespace Utp.BitTorrent;

/// <summary>What a block that came was.</summary>
internal enum BlockArrival
{
    /// <summary>Needed, and others of its piece are missing.</summary>
    Taken,

    /// <summary>The last of its piece: check the piece.</summary>
    PieceComplete,

    /// <summary>There already, as another peer was faster.</summary>
    Duplicate,

    /// <summary>Nobody had asked this peer for it.</summary>
    Unasked,
}

/// <summary>
/// Which block to ask whom for (BEP 3): a piece that was begun first, so that it can be checked and passed on; of new ones that which fewest peers have, at random among
/// equals; in the end, when each block was asked for, the last ones of several. Knows no socket and no clock. No two threads at the same time.
/// </summary>
internal sealed class PiecePicker(TorrentMetainfo metainfo, Bitfield have, Random random)
{
    // The last blocks are asked of so many at most: each that comes twice was sent for nothing.
    private const int MostAskedForOne = 3;

    private readonly int[] _availability = new int[metainfo.PieceCount];
    private readonly Dictionary<int, PartialPiece> _begun = [];
    private readonly HashSet<int> _checking = [];
    private readonly HashSet<int> _suspect = [];

    /// <summary>Pieces that were begun and are not checked.</summary>
    public int Begun => _begun.Count;

    /// <summary>Whether every block that is missing was asked of somebody.</summary>
    public bool IsEndGame => have.Count + _begun.Count == metainfo.PieceCount && _begun.Values.All(static piece => piece.Free == 0);

    public void AddPeer(Bitfield pieces) => Count(pieces, 1);

    public void RemovePeer(Bitfield pieces) => Count(pieces, -1);

    public void AddPiece(int piece) => _availability[piece]++;

    /// <summary>How many peers have it.</summary>
    public int Availability(int piece) => _availability[piece];

    /// <summary>Whether a peer has something that we lack.</summary>
    public bool IsInteresting(Bitfield pieces)
    {
        if (have.IsComplete || pieces.Count == 0)
            return false;
        if (pieces.Count > have.Count)
            return true;
        return pieces.HasMoreThan(have);
    }

    /// <summary>Chooses blocks for a peer, and counts them as asked of it.</summary>
    /// <param name="peer">Its number, which is not 0.</param>
    /// <param name="pieces">What it has.</param>
    /// <param name="only">The pieces to choose from, where it is choked (BEP 6); null: all.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="chosen">Takes them.</param>
    public void Pick(int peer, Bitfield pieces, IReadOnlySet<int>? only, int count, List<BlockRange> chosen)
    {
        foreach (var piece in _begun.Values)
        {
            if (count <= 0)
                return;
            if (piece.Free > 0 && pieces[piece.Index] && only?.Contains(piece.Index) != false && IsOpenTo(piece, peer))
                count -= PickFree(piece, peer, count, chosen);
        }

        while (count > 0 && Rarest(pieces, only) is >= 0 and var rarest)
        {
            var piece = Begin(rarest);
            if (_suspect.Contains(rarest))
                piece.OnlyPeer = peer;
            count -= PickFree(piece, peer, count, chosen);
        }

        if (count > 0 && chosen.Count == 0 && IsEndGame)
            PickAgain(peer, pieces, only, count, chosen);
    }

    /// <summary>A block came. Whom else it was asked of goes to <paramref name="others"/>, to be told that it is needed no more.</summary>
    public BlockArrival OnBlock(int peer, BlockRange range, ReadOnlySpan<byte> bytes, List<int> others)
    {
        if (!_begun.TryGetValue(range.Piece, out var piece) || piece.BlockOf(range) is not (>= 0 and var block))
            return have.Length > (uint)range.Piece && have[range.Piece] ? BlockArrival.Duplicate : BlockArrival.Unasked;
        if (!piece.Release(block, peer))
            return piece.Has(block) ? BlockArrival.Duplicate : BlockArrival.Unasked;
        if (piece.Has(block))
            return BlockArrival.Duplicate;
        piece.Put(block, peer, bytes);
        others.AddRange(piece.AskedOf(block));
        foreach (var other in others)
            piece.Release(block, other);
        if (piece.Missing > 0)
            return BlockArrival.Taken;
        _checking.Add(range.Piece);
        return BlockArrival.PieceComplete;
    }

    /// <summary>The piece whose blocks are all there.</summary>
    public PartialPiece Complete(int piece) => _begun[piece];

    /// <summary>A peer will not give that block any more.</summary>
    public void Release(int peer, BlockRange range)
    {
        if (_begun.TryGetValue(range.Piece, out var piece) && piece.BlockOf(range) is >= 0 and var block && !_checking.Contains(range.Piece))
            piece.Release(block, peer);
    }

    /// <summary>A peer is gone: what is reserved for it alone is open again.</summary>
    public void Forget(int peer)
    {
        foreach (var piece in _begun.Values.Where(piece => piece.OnlyPeer == peer && !_checking.Contains(piece.Index)).ToList())
            Drop(piece);
    }

    /// <summary>The piece was checked and is ours: it is passed over from now on.</summary>
    public void OnVerified(PartialPiece piece)
    {
        have.Set(piece.Index);
        _suspect.Remove(piece.Index);
        Drop(piece);
    }

    /// <summary>The piece was checked and is wrong, or could not be kept: it is needed again, from one peer alone.</summary>
    public void OnFailed(PartialPiece piece)
    {
        _suspect.Add(piece.Index);
        Drop(piece);
    }

    /// <summary>Gives all memory back.</summary>
    public void Clear()
    {
        foreach (var piece in _begun.Values.Where(piece => !_checking.Contains(piece.Index)).ToList())
            Drop(piece);
    }

    private static bool IsOpenTo(PartialPiece piece, int peer) => piece.OnlyPeer == 0 || piece.OnlyPeer == peer;

    private static int PickFree(PartialPiece piece, int peer, int count, List<BlockRange> chosen)
    {
        var picked = 0;
        for (var block = 0; block < piece.Blocks && picked < count && piece.Free > 0; block++)
        {
            if (piece.Has(block) || piece.AskedOf(block).Count > 0)
                continue;
            piece.Ask(block, peer);
            chosen.Add(piece.Range(block));
            picked++;
        }

        return picked;
    }

    private void PickAgain(int peer, Bitfield pieces, IReadOnlySet<int>? only, int count, List<BlockRange> chosen)
    {
        foreach (var piece in _begun.Values.Where(piece => pieces[piece.Index] && only?.Contains(piece.Index) != false && IsOpenTo(piece, peer)))
        {
            for (var block = 0; block < piece.Blocks && count > 0; block++)
            {
                if (piece.Has(block) || piece.AskedOf(block).Count >= MostAskedForOne || piece.AskedOf(block).Contains(peer))
                    continue;
                piece.Ask(block, peer);
                chosen.Add(piece.Range(block));
                count--;
            }
        }
    }

    private int Rarest(Bitfield pieces, IReadOnlySet<int>? only)
    {
        var (best, equals) = (-1, 0);
        for (var piece = 0; piece < have.Length; piece++)
        {
            if (!pieces[piece] || have[piece] || _begun.ContainsKey(piece) || only?.Contains(piece) == false)
                continue;
            if (best >= 0 && _availability[piece] > _availability[best])
                continue;
            if (best >= 0 && _availability[piece] == _availability[best])
            {
                // Each of the equals with the same chance, in one pass.
                if (random.Next(++equals) == 0)
                    best = piece;
                continue;
            }

            (best, equals) = (piece, 1);
        }

        return best;
    }

    private PartialPiece Begin(int index)
    {
        var size = metainfo.SizeOf(index);
        var piece = new PartialPiece(index, size, ArrayPool<byte>.Shared.Rent(size));
        _begun.Add(index, piece);
        return piece;
    }

    private void Drop(PartialPiece piece)
    {
        _begun.Remove(piece.Index);
        _checking.Remove(piece.Index);
        ArrayPool<byte>.Shared.Return(piece.Data);
    }

    private void Count(Bitfield pieces, int change)
    {
        if (pieces.Count == 0)
            return;
        for (var piece = 0; piece < pieces.Length; piece++)
        {
            if (pieces[piece])
                _availability[piece] += change;
        }
    }
}
