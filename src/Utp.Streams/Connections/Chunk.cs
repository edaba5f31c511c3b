using System.Numerics;
using Utp.Messages;

namespace Utp.Streams;

/// <summary>
/// Memory of one write: filled by the writer, then the connection's until the peer has acknowledged it, which the connection tells with this very object; then back in the
/// pool. It keeps its command, too, so that the next write of the same length makes neither.
/// </summary>
internal sealed class Chunk
{
    /// <summary>The largest that is pooled; longer writes of bytes go as several.</summary>
    public const int MaxPooledBytes = 64 << 10;

    private const int MinBytes = 256;
    private const int KeptBytesOfASize = 32 << 20;

    private static readonly Stack<Chunk>[] Free = [.. Enumerable.Range(0, SizeClass(MaxPooledBytes) + 1).Select(static _ => new Stack<Chunk>())];

    private readonly byte[] _array;
    private Write? _write;

    private Chunk(byte[] array) => _array = array;

    /// <summary>Bytes of memory that it takes: what is counted against the writer.</summary>
    public int Capacity => _array.Length;

    public Memory<byte> Memory => _array;

    /// <summary>What a chunk for so many bytes will take.</summary>
    public static int CapacityFor(int bytes) => bytes > MaxPooledBytes ? bytes : MinBytes << SizeClass(bytes);

    /// <summary>At least so many bytes; the last one given back first, as it is still in the processor's cache. Any thread.</summary>
    public static Chunk Rent(int bytes)
    {
        if (bytes <= MaxPooledBytes)
        {
            var free = Free[SizeClass(bytes)];
            lock (free)
            {
                if (free.TryPop(out var chunk))
                    return chunk;
            }
        }

        return new Chunk(GC.AllocateUninitializedArray<byte>(CapacityFor(bytes)));
    }

    /// <summary>Nobody uses it any more. Once. Any thread.</summary>
    public void Return()
    {
        if (Capacity > MaxPooledBytes)
            return;
        var free = Free[SizeClass(Capacity)];
        lock (free)
        {
            if (free.Count < KeptBytesOfASize / Capacity)
                free.Push(this);
        }
    }

    /// <summary>The command that sends the first bytes, told back with this object when they are delivered.</summary>
    public Write ToWrite(int bytes)
    {
        if (_write is null || _write.Data.Length != bytes || !_write.Metadata.IsEmpty)
            _write = new Write(_array.AsMemory(0, bytes)) { Ack = this, AckWhen = AckWhen.Delivered };
        return _write;
    }

    /// <summary>The command that sends a message: the payload first, its metadata behind it.</summary>
    public Write ToWrite(int bytes, int metadataBytes)
    {
        if (metadataBytes == 0)
            return ToWrite(bytes);
        _write = new Write(_array.AsMemory(0, bytes)) { Metadata = _array.AsMemory(bytes, metadataBytes), Ack = this, AckWhen = AckWhen.Delivered };
        return _write;
    }

    private static int SizeClass(int bytes) => BitOperations.Log2((uint)Math.Max(bytes - 1, MinBytes - 1)) - BitOperations.Log2(MinBytes - 1);
}
