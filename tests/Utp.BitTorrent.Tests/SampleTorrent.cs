using System.Security.Cryptography;

namespace Utp.BitTorrent.Tests;

/// <summary>A torrent of random bytes, with the bytes.</summary>
internal sealed class SampleTorrent
{
    public SampleTorrent(int bytes, int pieceLength, string name = "sample", int seed = 1)
    {
        Bytes = TempFolder.RandomBytes(bytes, seed);
        Metainfo = TorrentMetainfo.Parse(BencodeWriter.Write(BencodeWriter.Dictionary(("info", BencodeWriter.Dictionary(
            ("length", new BencodeInteger(bytes)),
            ("name", new BencodeString(name)),
            ("piece length", new BencodeInteger(pieceLength)),
            ("pieces", new BencodeString((byte[])[.. Bytes.Chunk(pieceLength).SelectMany(SHA1.HashData)])))))));
    }

    public byte[] Bytes { get; }

    public TorrentMetainfo Metainfo { get; }

    public byte[] Piece(int piece) => Bytes.AsSpan((int)Metainfo.OffsetOf(piece), Metainfo.SizeOf(piece)).ToArray();

    public byte[] Block(BlockRange block) => Piece(block.Piece).AsSpan(block.Offset, block.Length).ToArray();
}
