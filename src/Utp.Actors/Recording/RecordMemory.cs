using System.Collections.Concurrent;

namespace Utp.Actors;

/// <summary>
/// What records hold until it is written: pieces of two kinds, of one size each, used again; all together no more than a limit. Beyond it there is none, and what would
/// have gone into it is dropped. Any thread.
/// </summary>
internal sealed class RecordMemory(long limitBytes)
{
    /// <summary>Events of a piece.</summary>
    public const int Events = 512;

    /// <summary>Bytes of a piece of packets; larger than any packet's block.</summary>
    public const int Bytes = 32 << 10;

    private readonly ConcurrentBag<TraceEvent[]> _events = [];
    private readonly ConcurrentBag<byte[]> _bytes = [];
    private long _used;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    public TraceEvent[]? RentEvents() => !Take() ? null : _events.TryTake(out var piece) ? piece : new TraceEvent[Events];

    public byte[]? RentBytes() => !Take() ? null : _bytes.TryTake(out var piece) ? piece : GC.AllocateUninitializedArray<byte>(Bytes);

    public void Return(TraceEvent[] piece)
    {
        _events.Add(piece);
        Interlocked.Add(ref _used, -Bytes);
    }

    public void Return(byte[] piece)
    {
        _bytes.Add(piece);
        Interlocked.Add(ref _used, -Bytes);
    }

    // Both kinds are of nearly the same size, and count alike.
    private bool Take()
    {
        if (Interlocked.Add(ref _used, Bytes) <= limitBytes)
            return true;
        Interlocked.Add(ref _used, -Bytes);
        return false;
    }
}
