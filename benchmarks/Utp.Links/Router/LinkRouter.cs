using System.Collections.Concurrent;
using System.Diagnostics;
using Utp.Links.Kernel;
using Utp.Simulation;

namespace Utp.Links.Router;

/// <summary>
/// Carries packets between two TUN devices over two <see cref="RoutedLink"/>s, on a thread of its own. What others want of it, it does on that thread, between two packets
/// (<see cref="DoAsync{T}"/>), so nothing is locked. A packet is stamped as it is read; all that follows is reckoned from stamps and not from when the thread woke up.
/// </summary>
internal sealed unsafe class LinkRouter : IDisposable
{
    // A wake-up by ppoll comes some tens of µs late: the last of the time before something is due is spent looking.
    private const long SpinNanos = 50_000;
    private const long MaxSleepNanos = 1_000_000_000;
    private const int ReadsAtOnce = 32;
    private const long PoolBytes = 256L << 20;

    private readonly TunDevice[] _devices;
    private readonly RoutedLink[] _links;
    private readonly ConcurrentQueue<Action> _actions = new();
    private readonly int _wake;
    private readonly Thread _thread;
    private readonly long _startTicks = Stopwatch.GetTimestamp();
    private volatile bool _stops;
    private bool _disposed;
    private Exception? _failure;

    /// <param name="left">Its packets take <paramref name="forth"/>. The devices stay the caller's.</param>
    /// <param name="right">Its packets take <paramref name="back"/>.</param>
    /// <param name="forth">From left to right.</param>
    /// <param name="back">From right to left.</param>
    /// <param name="seed">Decides every chance; what arrives when is not repeatable.</param>
    /// <param name="slotBytes">The longest packet.</param>
    public LinkRouter(TunDevice left, TunDevice right, LinkShape forth, LinkShape back, ulong seed, int slotBytes)
    {
        _devices = [left, right];
        // A report about a packet must find room.
        Pool = new PacketPool(Math.Max(slotBytes, 2_048), PoolBytes);
        _links = [new RoutedLink(this, new Prng(Prng.SplitMix(ref seed)), forth, 1, true), new RoutedLink(this, new Prng(Prng.SplitMix(ref seed)), back, 0, false)];
        _wake = LibC.EventDescriptor(0, LibC.EFD_NONBLOCK | LibC.EFD_CLOEXEC);
        _thread = new Thread(Run) { Name = "link router", IsBackground = true };
        _thread.Start();
    }

    public PacketPool Pool { get; }

    public Agenda Agenda { get; } = new();

    /// <summary>The left host's; null for none.</summary>
    public AddressTranslation? Translation { get; private set; }

    /// <summary>The router's clock: ns since it started.</summary>
    public long Now => (Stopwatch.GetTimestamp() - _startTicks) * (1_000_000_000 / Stopwatch.Frequency);

    public RoutedLink Forth => _links[0];

    public RoutedLink Back => _links[1];

    /// <summary>Share of the thread's time in which it worked or looked, not slept; since the start.</summary>
    public double Load { get; private set; }

    public RoutedLink Other(RoutedLink link) => link == Forth ? Back : Forth;

    /// <summary>Has the router do something between two packets, and waits for that.</summary>
    /// <exception cref="InvalidOperationException">The router has failed or is disposed; the inner exception says why.</exception>
    public Task<T> DoAsync<T>(Func<LinkRouter, T> what)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _actions.Enqueue(() =>
        {
            if (_stops)
                done.TrySetException(new InvalidOperationException("The router has ended.", _failure));
            else
                done.TrySetResult(what(this));
        });
        Wake();
        if (!_thread.IsAlive)
            RunActions();
        return done.Task;
    }

    public void Translate(bool anew)
    {
        if (Translation is null)
            Translation = new AddressTranslation();
        else if (anew)
            Translation.Rebind();
    }

    /// <summary>Gives a packet to the kernel of a device's namespace, and its slot back.</summary>
    public bool Deliver(int slot, int device)
    {
        var taken = _devices[device].Write(Pool.Bytes(slot), Pool.Length(slot));
        Pool.Return(slot);
        return taken;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = _stops = true;
        Wake();
        _thread.Join();
        RunActions();
        _ = LibC.Close(_wake);
        Pool.Dispose();
    }

    private void Run()
    {
        try
        {
            TakePriority();
            Loop();
        }
        catch (Exception e)
        {
            // Told to whoever asks for something next.
            _failure = e;
            _stops = true;
            RunActions();
        }
    }

    private void Loop()
    {
        var entries = stackalloc PollEntry[3];
        entries[0] = new PollEntry { Descriptor = _devices[0].Descriptor, Events = LibC.POLLIN };
        entries[1] = new PollEntry { Descriptor = _devices[1].Descriptor, Events = LibC.POLLIN };
        entries[2] = new PollEntry { Descriptor = _wake, Events = LibC.POLLIN };
        long slept = 0;
        while (!_stops)
        {
            Advance(Now);
            var before = Now;
            var sleep = Math.Clamp(Agenda.NextNanos - before - SpinNanos, 0, MaxSleepNanos);
            var timeout = new TimeSpec { Seconds = sleep / 1_000_000_000, Nanoseconds = sleep % 1_000_000_000 };
            var ready = LibC.Poll(entries, 3, &timeout, null);
            if (sleep > 0)
            {
                slept += Now - before;
                Load = 1 - ((double)slept / Now);
            }

            if (ready <= 0)
                continue;
            if (entries[2].Seen != 0)
                RunActions();
            for (var device = 0; device < 2; device++)
            {
                if (entries[device].Seen != 0)
                    ReadFrom(device);
            }
        }
    }

    private void ReadFrom(int device)
    {
        for (var i = 0; i < ReadsAtOnce; i++)
        {
            var slot = Pool.Take();
            if (slot < 0)
            {
                // The kernel's queue grows meanwhile, and tells of what it drops.
                _links[device].CountOwnFault();
                return;
            }

            var bytes = _devices[device].Read(Pool.Bytes(slot), Pool.SlotBytes);
            if (bytes == 0)
            {
                Pool.Return(slot);
                return;
            }

            Pool.Length(slot) = bytes;
            if (!IPPacket.IsRoutable(Pool.Packet(slot)))
            {
                Pool.Return(slot);
                continue;
            }

            var now = Now;
            // What was due before it came changes the queue that it meets.
            Advance(now);
            _links[device].Enter(slot, now);
        }
    }

    private void Advance(long now)
    {
        while (Agenda.NextNanos <= now)
        {
            var due = Agenda.Take();
            due.Link.On(due, now);
        }
    }

    private void Wake()
    {
        var one = 1UL;
        _ = LibC.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    private void RunActions()
    {
        ulong count;
        _ = LibC.Read(_wake, (byte*)&count, sizeof(ulong));
        while (_actions.TryDequeue(out var action))
            action();
    }

    // Before others on a loaded machine, and woken to the µs. Where that is not allowed it does without; the statistics tell what it cost.
    private static void TakePriority()
    {
        var priority = 1;
        _ = LibC.SetScheduler(0, LibC.SCHED_FIFO, &priority);
        _ = LibC.ProcessControl(LibC.PR_SET_TIMERSLACK, 1, 0, 0, 0);
    }
}
