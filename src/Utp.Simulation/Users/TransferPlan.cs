using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>How a <see cref="TransferUser"/> ends its direction when everything is written.</summary>
public enum TransferEnd
{
    /// <summary>Not at all.</summary>
    Open,

    /// <summary>Closes its own direction, and reads on.</summary>
    CloseWrite,

    /// <summary>Closes both directions when it has also read all that it expects.</summary>
    Close,

    /// <summary>Aborts after <see cref="TransferPlan.AbortAfterBytes"/> bytes, or all, were written.</summary>
    Abort,
}

/// <summary>
/// One direction of a transfer: what is written, in which pieces, and how it is read at the other end. Writer and reader are given the
/// same plan, so the reader knows every byte, every cut and all metadata without being told.
/// </summary>
public sealed record TransferPlan
{
    /// <summary>Decides the bytes, the sizes of the writes and their metadata.</summary>
    public ulong Key { get; init; }

    /// <summary>Bytes in all.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes of the smallest write.</summary>
    public int MinWriteBytes { get; init; } = 16_384;

    /// <summary>Bytes of the largest write.</summary>
    public int MaxWriteBytes { get; init; } = 16_384;

    /// <summary>Bytes that the writer leaves undelivered in the connection before it waits.</summary>
    public long MaxBufferedBytes { get; init; } = 1 << 20;

    /// <summary>How data is cut; objects and frames carry metadata.</summary>
    public DeliveryMode Mode { get; init; }

    /// <summary>Bytes of a first write that is offered on the ST_SYN, without metadata; 0: nothing is offered.</summary>
    public int SynBytes { get; init; }

    /// <summary>How often the reader stops after a piece.</summary>
    public Ratio ReaderStops { get; init; }

    /// <summary>How long the reader stops, µs.</summary>
    public long ReaderStopMicros { get; init; }

    /// <summary>How often the writer rests after a write.</summary>
    public Ratio WriterRests { get; init; }

    /// <summary>How long the writer rests, µs.</summary>
    public long WriterRestMicros { get; init; }

    /// <summary>How the writer ends.</summary>
    public TransferEnd End { get; init; } = TransferEnd.CloseWrite;

    /// <summary>With <see cref="TransferEnd.Abort"/>: when.</summary>
    public long AbortAfterBytes { get; init; }

    /// <summary>The bytes.</summary>
    public StreamPattern Pattern => new(Key);

    /// <summary>Bytes of the <paramref name="index"/>th write, which begins at <paramref name="position"/>.</summary>
    public int WriteBytes(long index, long position)
    {
        if (index == 0 && SynBytes > 0)
            return (int)Math.Min(SynBytes, Bytes);
        var size = MinWriteBytes + (int)(Hash(index) % (ulong)(MaxWriteBytes - MinWriteBytes + 1));
        return (int)Math.Min(size, Bytes - position);
    }

    /// <summary>Metadata of the <paramref name="index"/>th write: empty in byte mode. Neighbours differ, and some are empty.</summary>
    public byte[] Metadata(long index)
    {
        if (Mode == DeliveryMode.Bytes || index % 5 == 4 || (index == 0 && SynBytes > 0))
            return [];
        var metadata = new byte[1 + (int)(Hash(~index) % 32)];
        new StreamPattern(Key + (ulong)index).Fill(metadata, 0);
        metadata[0] = (byte)index;
        return metadata;
    }

    private ulong Hash(long index)
    {
        var state = Key ^ ((ulong)index * 0xA24BAED4963EE407);
        return Prng.SplitMix(ref state);
    }
}
