namespace Utp.BitTorrent;

/// <summary>A piece that was begun: which of its blocks are there, whom each was asked of, and who gave it. No two threads at the same time.</summary>
internal sealed class PartialPiece
{
    /// <summary>Bytes of every block but a piece's last: more is refused by most peers.</summary>
    public const int BlockBytes = 16 << 10;

    private readonly List<int>[] _askedOf;
    private readonly int[] _givers;

    public PartialPiece(int index, int size, byte[] data)
    {
        (Index, Size, Data) = (index, size, data);
        var blocks = (size + BlockBytes - 1) / BlockBytes;
        _askedOf = new List<int>[blocks];
        _givers = new int[blocks];
        Missing = blocks;
        Free = blocks;
    }

    public int Index { get; }

    /// <summary>Bytes.</summary>
    public int Size { get; }

    /// <summary>What has come of it; at least <see cref="Size"/> bytes, which whoever began it owns.</summary>
    public byte[] Data { get; }

    public int Blocks => _givers.Length;

    /// <summary>Blocks that have not come.</summary>
    public int Missing { get; private set; }

    /// <summary>Blocks that have not come and that nobody was asked for.</summary>
    public int Free { get; private set; }

    /// <summary>The only peer that may give blocks; 0: every one. A piece that several gave wrong goes to one alone, so that it is known whose fault it is.</summary>
    public int OnlyPeer { get; set; }

    /// <summary>Whoever gave a block.</summary>
    public IEnumerable<int> Givers => _givers.Where(static giver => giver != 0).Distinct();

    public bool Has(int block) => _givers[block] != 0;

    public int GiverOf(int block) => _givers[block];

    public IReadOnlyList<int> AskedOf(int block) => _askedOf[block] ?? (IReadOnlyList<int>)[];

    public BlockRange Range(int block) => new(Index, block * BlockBytes, Math.Min(BlockBytes, Size - (block * BlockBytes)));

    /// <summary>Which block such a range is; −1: none.</summary>
    public int BlockOf(BlockRange range)
    {
        var block = range.Offset / BlockBytes;
        return range.Offset >= 0 && block < Blocks && Range(block) == range ? block : -1;
    }

    public void Ask(int block, int peer)
    {
        var asked = _askedOf[block] ??= [];
        if (asked.Count == 0)
            Free--;
        asked.Add(peer);
    }

    /// <summary>The peer will not give it any more. Whether it had been asked.</summary>
    public bool Release(int block, int peer)
    {
        if (_askedOf[block] is not { } asked || !asked.Remove(peer))
            return false;
        if (asked.Count == 0 && !Has(block))
            Free++;
        return true;
    }

    /// <summary>It has come.</summary>
    public void Put(int block, int peer, ReadOnlySpan<byte> bytes)
    {
        if (AskedOf(block).Count == 0)
            Free--;
        bytes.CopyTo(Data.AsSpan(block * BlockBytes));
        _givers[block] = peer;
        Missing--;
    }
}
