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
    private readonly LimitWatch _watch = new("utp.socket.receive-memory is used up: connections have not handled yet what arrived for them, and the kernel drops what its buffers cannot hold");

    /// <param name="limitBytes">The limit, bytes.</param>
    /// <param name="log">Hears, once a minute at most, that it is reached.</param>
    public ReceiveMemory(long limitBytes, Action<string>? log)
    {
        _watch.Log = log;
        Pool = new SlabPool(SlabBytes, limitBytes);
        _wake = Wake;
    }

    public SlabPool Pool { get; }

    /// <summary>Calls <paramref name="waiter"/>, on any thread, when there is memory again. It must return at once.</summary>
    public void NotifyWhenAvailable(Action waiter)
    {
        _watch.OnReached();
        _waiting.Enqueue(waiter);
        Pool.NotifyWhenAvailable(_wake);
    }

    private void Wake()
    {
        while (_waiting.TryDequeue(out var waiter))
            waiter();
    }
}
