using System.Collections.Concurrent;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// Receive memory with a limit. A bound listener has its own; those of single outgoing connections share one, so that an idle connection keeps no slab.
/// </summary>
internal sealed class ReceiveMemory
{
    // A driver needs room for the largest datagram behind what it has read: a larger slab is filled better.
    private const int SlabBytes = 256 << 10;

    private readonly ConcurrentQueue<Action> _waiting = new();
    private readonly Action _wake;

    public ReceiveMemory(long limitBytes)
    {
        Pool = new SlabPool(SlabBytes, limitBytes);
        _wake = Wake;
    }

    public SlabPool Pool { get; }

    /// <summary>Calls <paramref name="waiter"/>, on any thread, when there is memory again. It must return at once.</summary>
    public void NotifyWhenAvailable(Action waiter)
    {
        _waiting.Enqueue(waiter);
        Pool.NotifyWhenAvailable(_wake);
    }

    private void Wake()
    {
        while (_waiting.TryDequeue(out var waiter))
            waiter();
    }
}
