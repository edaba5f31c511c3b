using System.Security.Cryptography;

namespace Utp.BitTorrent;

/// <summary>A message of ut_metadata (BEP 9).</summary>
/// <param name="Type">0 asks, 1 gives, 2 refuses.</param>
/// <param name="Piece">Which 16 KiB.</param>
/// <param name="Data">What is given.</param>
internal readonly record struct MetadataMessage(MetadataMessage.Kind Type, int Piece, ReadOnlyMemory<byte> Data)
{
    internal enum Kind
    {
        Request = 0,
        Data = 1,
        Reject = 2,
    }

    public static bool TryRead(ReadOnlyMemory<byte> payload, out MetadataMessage message)
    {
        message = default;
        if (!BencodeReader.TryReadPrefix(payload, anyOrder: true, out var value, out var length, out _)
            || value is not BencodeDictionary root
            || root.Integer("msg_type") is not (>= 0 and <= 2 and var type)
            || root.Integer("piece") is not (>= 0 and <= MetadataExchange.MaxBytes / MetadataExchange.PieceBytes and var piece))
            return false;
        message = new MetadataMessage((Kind)type, (int)piece, payload[length..]);
        return true;
    }

    public byte[] WriteHead(int? totalBytes = null) => BencodeWriter.Write(BencodeWriter.Dictionary(
        ("msg_type", new BencodeInteger((int)Type)),
        ("piece", new BencodeInteger(Piece)),
        ("total_size", totalBytes is { } total ? new BencodeInteger(total) : null)));
}

/// <summary>
/// Gathers an info dictionary from peers (BEP 9). Only its hash proves it, and that as a whole; so whoever gave a part of one that is wrong is known, and a peer that says another
/// size begins anew. No two threads at the same time.
/// </summary>
internal sealed class MetadataExchange
{
    public const int PieceBytes = 16 << 10;
    public const int MaxBytes = 16 << 20;

    private readonly InfoHash _infoHash;
    private readonly byte[] _bytes;
    private readonly int[] _givers;
    private readonly int[] _asked;
    private int _missing;

    public MetadataExchange(InfoHash infoHash, int size)
    {
        _infoHash = infoHash;
        _bytes = new byte[size];
        _missing = (size + PieceBytes - 1) / PieceBytes;
        _givers = new int[_missing];
        _asked = new int[_missing];
    }

    public int Size => _bytes.Length;

    /// <summary>Whoever gave a part.</summary>
    public IEnumerable<int> Givers => _givers.Where(static giver => giver != 0).Distinct();

    /// <summary>The next part to ask somebody for, one whom fewest were asked for; −1: none is missing.</summary>
    public int Next()
    {
        var best = -1;
        for (var piece = 0; piece < _givers.Length; piece++)
        {
            if (_givers[piece] == 0 && (best < 0 || _asked[piece] < _asked[best]))
                best = piece;
        }

        if (best >= 0)
            _asked[best]++;
        return best;
    }

    /// <summary>A part came. Whether it has the length that it must have, and was missing.</summary>
    public bool Add(int peer, int piece, ReadOnlySpan<byte> data)
    {
        if (piece >= _givers.Length || _givers[piece] != 0 || data.Length != Math.Min(PieceBytes, _bytes.Length - (piece * PieceBytes)))
            return false;
        data.CopyTo(_bytes.AsSpan(piece * PieceBytes));
        _givers[piece] = peer;
        _missing--;
        return true;
    }

    /// <summary>The whole, once it is there and its hash is right; null otherwise.</summary>
    /// <param name="isComplete">Whether all parts are there: then null means that somebody gave something wrong.</param>
    public byte[]? Result(out bool isComplete)
    {
        isComplete = _missing == 0;
        if (!isComplete)
            return null;
        var isFirst = SHA1.HashData(_bytes).AsSpan().SequenceEqual(_infoHash.Span);
        return isFirst || SHA256.HashData(_bytes).AsSpan(0, InfoHash.Length).SequenceEqual(_infoHash.Span) ? _bytes : null;
    }
}
