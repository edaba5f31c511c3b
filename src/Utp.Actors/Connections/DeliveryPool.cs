using System.Buffers;
using System.Collections.Concurrent;

namespace Utp.Actors;

/// <summary>
/// The memory of <see cref="Messages.Received"/>: rented by connections, returned by handlers that release it, mostly on other threads. The runtime's shared pool keeps
/// too few large arrays for what a fast connection has under way, so those are kept here, up to a limit; small ones are the shared pool's. Any thread.
/// </summary>
internal sealed class DeliveryPool : ArrayPool<byte>
{
    private const int LargeBytes = 64 << 10;
    private const int SmallBytes = LargeBytes / 4;
    private const int MaxKept = 512;

    private readonly ConcurrentQueue<byte[]> _large = new();
    private int _kept;

    /// <summary>One for the process: 32 MiB at most.</summary>
    public static DeliveryPool Instance { get; } = new();

    /// <summary>Large arrays that wait for use.</summary>
    public int Kept => Volatile.Read(ref _kept);

    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength)
    {
        if (minimumLength is <= SmallBytes or > LargeBytes)
            return Shared.Rent(minimumLength);
        if (!_large.TryDequeue(out var array))
            return GC.AllocateUninitializedArray<byte>(LargeBytes);
        Interlocked.Decrement(ref _kept);
        return array;
    }

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Length != LargeBytes)
            Shared.Return(array, clearArray);
        else if (Interlocked.Increment(ref _kept) <= MaxKept)
            _large.Enqueue(array);
        else
            Interlocked.Decrement(ref _kept);
    }
}
