using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

/// <summary>
/// One epoll and one thread for all sockets of the process (epoll(7)). The runtime's own loop is not used
/// because it listens for EPOLLOUT at all times, so that each datagram sent wakes its thread, and because
/// it may hold a socket for a moment after it was closed, so that the port is not free yet.
/// </summary>
internal sealed unsafe class EpollLoop
{
    private const int EventsPerWait = 128;

    private static readonly Lock SharedLock = new();

    // struct epoll_event is packed on x86, so that the 64-bit layout is the 32-bit one; nowhere else.
    private static readonly int DataOffset =
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;

    private static readonly int EventBytes = DataOffset + 8;

    private static EpollLoop? _shared;

    private readonly ConcurrentDictionary<long, EpollWait> _waits = new();
    private readonly int _epoll;
    private long _lastId;

    private EpollLoop()
    {
        _epoll = LibC.EpollCreate(LibC.EPOLL_CLOEXEC);
        if (_epoll < 0)
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        new Thread(Run) { IsBackground = true, Name = "uTP sockets" }.UnsafeStart();
    }

    /// <summary>The loop of this process; the first use starts its thread.</summary>
    /// <exception cref="SocketException">The process has no descriptor left for it; a later use tries again.</exception>
    public static EpollLoop Shared
    {
        get
        {
            if (Volatile.Read(ref _shared) is { } shared)
                return shared;
            lock (SharedLock)
                return _shared ??= new EpollLoop();
        }
    }

    /// <summary>The name by which <paramref name="wait"/> hears of its socket.</summary>
    public long Register(EpollWait wait)
    {
        var id = Interlocked.Increment(ref _lastId);
        _waits[id] = wait;
        return id;
    }

    /// <summary>Waits, once, for any of <paramref name="events"/> and for errors. The first time adds the socket.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">The kernel has no room for another socket.</exception>
    public void Arm(SafeHandle socket, long id, uint events, bool isFirst)
    {
        if (!TryControl(isFirst ? LibC.EPOLL_CTL_ADD : LibC.EPOLL_CTL_MOD, socket, id, events | LibC.EPOLLONESHOT))
            throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
    }

    /// <summary>Removes a socket. When this returns the loop holds nothing of it: the kernel removes and looks under one lock.</summary>
    public void Remove(SafeHandle socket, long id)
    {
        try
        {
            TryControl(LibC.EPOLL_CTL_DEL, socket, id, 0);
        }
        catch (ObjectDisposedException)
        {
            // Closed by somebody else, and so removed by the kernel.
        }

        _waits.TryRemove(id, out _);
    }

    private bool TryControl(int operation, SafeHandle socket, long id, uint events)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(long*)(entry + DataOffset) = id;
        return LibC.EpollControl(_epoll, operation, socket, entry) == 0;
    }

    private void Run()
    {
        var entries = stackalloc byte[EventsPerWait * 16];
        while (true)
        {
            var count = LibC.EpollWait(_epoll, entries, EventsPerWait, -1);
            for (var i = 0; i < count; i++)
            {
                var entry = entries + (i * EventBytes);
                if (_waits.TryGetValue(*(long*)(entry + DataOffset), out var wait))
                    wait.OnEvents(*(uint*)entry);
            }
        }
    }
}
