using System.Security.Cryptography;

namespace Utp.BitTorrent;

/// <summary>
/// Whose fault a wrong piece is. A piece of one giver alone is that giver's fault at once. Of a piece that several gave the blocks' hashes are kept; when the piece is right
/// at last, who gave a block that differs is guilty, and nobody else. No two threads at the same time.
/// </summary>
internal sealed class Suspicion
{
    // A piece is kept until it is right, so only a swarm full of liars fills this.
    private const int MaxPieces = 64;

    private readonly Dictionary<int, List<(int Block, int Giver, byte[] Hash)>> _byPiece = [];

    /// <summary>The piece is wrong: the giver whose fault that is; 0: it is not known yet.</summary>
    public int OnFailed(PartialPiece piece)
    {
        var givers = piece.Givers.Take(2).ToArray();
        if (givers.Length == 1)
            return givers[0];
        if (_byPiece.Count < MaxPieces || _byPiece.ContainsKey(piece.Index))
            _byPiece[piece.Index] = [.. Enumerable.Range(0, piece.Blocks).Select(block => (block, piece.GiverOf(block), Hash(piece, block)))];
        return 0;
    }

    /// <summary>The piece is right: the givers whose blocks of it were wrong.</summary>
    public List<int> OnVerified(PartialPiece piece) => _byPiece.Remove(piece.Index, out var failed)
        ? [.. failed.Where(entry => !entry.Hash.AsSpan().SequenceEqual(Hash(piece, entry.Block))).Select(static entry => entry.Giver).Distinct()]
        : [];

    private static byte[] Hash(PartialPiece piece, int block)
    {
        var range = piece.Range(block);
        return SHA256.HashData(piece.Data.AsSpan(range.Offset, range.Length));
    }
}
