namespace Utp.Remote;

/// <summary>
/// One range of a lane's bytes on its way: of a chunk, or the memory of one large PDU. It is the acknowledgement that the connection tells back.
/// </summary>
/// <param name="data">The bytes.</param>
/// <param name="chunk">What they lie in; null: memory that needs no release.</param>
internal sealed class Piece(ReadOnlyMemory<byte> data, Chunk? chunk)
{
    public ReadOnlyMemory<byte> Data { get; private set; } = data;

    public Chunk? Chunk => chunk;

    /// <summary>Whether it is no part of the lane's bytes, but stands before them on one connection: the hello of a lane that is resumed.</summary>
    public bool IsPreamble { get; init; }

    /// <summary>Whether it was the last of what was told at once: the next batch may be told when the connection has taken it.</summary>
    public bool EndsBatch { get; set; }

    /// <summary>Whether that has happened.</summary>
    public bool WasTaken { get; set; }

    /// <summary>The peer has the first bytes already.</summary>
    public void Skip(int bytes) => Data = Data[bytes..];

    /// <summary>It is told anew, to another connection.</summary>
    public void Reset() => EndsBatch = WasTaken = false;
}
