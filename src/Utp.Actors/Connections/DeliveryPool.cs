using System.Buffers;

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

    // The last one returned is used next: it is still in the processor's cache.
    private readonly Stack<byte[]> _large = new();

    /// <summary>One for the process: 32 MiB at most.</summary>
    public static DeliveryPool Instance { get; } = new();

    /// <summary>Large arrays that wait for use.</summary>
    public int Kept
    {
        get
        {
            lock (_large)
                return _large.Count;
        }
    }

    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength)
    {
        if (minimumLength is <= SmallBytes or > LargeBytes)
            return Shared.Rent(minimumLength);
        byte[]? array;
        lock (_large)
            _large.TryPop(out array);
        return array ?? GC.AllocateUninitializedArray<byte>(LargeBytes);
    }

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Length != LargeBytes)
        {
            Shared.Return(array, clearArray);
            return;
        }

        lock (_large)
        {
            if (_large.Count < MaxKept)
                _large.Push(array);
        }
    }
}
