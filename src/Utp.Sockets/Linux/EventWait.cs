using Microsoft.Win32.SafeHandles;

namespace Utp.Sockets.Linux;

/// <summary>A thread that sleeps in ppoll(2), whose time-out counts in nanoseconds, and is woken through an eventfd(2).</summary>
internal sealed unsafe class EventWait : PreciseWait
{
    private const long MicrosPerSecond = 1_000_000;
    private const long NanosPerMicro = 1_000;

    // prctl(2): the kernel lets timers of ordinary threads be late by 50 µs, so that it wakes less often.
    private const nuint TimerSlackNanos = 1_000;

    private readonly SafeFileHandle _event;
    private bool _hasSlack;

    private EventWait(SafeFileHandle handle) => _event = handle;

    /// <summary>Null where the kernel grants no more descriptors.</summary>
    public static EventWait? TryCreate()
    {
        var descriptor = LibC.EventDescriptor(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
        return descriptor < 0 ? null : new EventWait(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    /// <inheritdoc/>
    public override void Wait(long micros)
    {
        if (!_hasSlack)
        {
            _hasSlack = true;
            _ = LibC.ProcessControl(LibC.PR_SET_TIMERSLACK, TimerSlackNanos, 0, 0, 0);
        }

        var entry = new PollEntry { Descriptor = (int)_event.DangerousGetHandle(), Events = LibC.POLLIN };
        var time = new TimeSpecification { Seconds = (nint)(micros / MicrosPerSecond), Nanos = (nint)(micros % MicrosPerSecond * NanosPerMicro) };

        // A signal may end it early: the caller looks at the time anyway.
        if (LibC.PollPrecisely(&entry, 1, micros < 0 ? null : &time, null) > 0)
        {
            ulong count;
            _ = LibC.Read(_event, &count, sizeof(ulong));
        }
    }

    /// <inheritdoc/>
    public override void Wake()
    {
        ulong one = 1;
        _ = LibC.Write(_event, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _event.Dispose();
        base.Dispose();
    }
}
