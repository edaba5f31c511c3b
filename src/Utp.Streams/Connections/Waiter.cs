using System.Threading.Tasks.Sources;

namespace Utp.Streams;

/// <summary>
/// One place to wait in, used again and again without allocating: asynchronously for one at a time, or by blocking. What is waited for is decided by its owner, under
/// the owner's lock; whoever wakes looks again. Continuations never run on the thread that signals, which is a connection's.
/// </summary>
internal sealed class Waiter(object gate) : IValueTaskSource
{
    private static readonly Action<object?, CancellationToken> OnCancelled = static (waiter, token) => ((Waiter)waiter!).Cancel(token);

    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private bool _waiting;
    private bool _interrupted;
    private int _blocked;

    /// <summary>Waits for the next <see cref="Signal"/>. Under the lock; one at a time.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => new(this, Begin(cancellationToken));

    /// <summary>As <see cref="WaitAsync"/>: the token of the task.</summary>
    public short Begin(CancellationToken cancellationToken)
    {
        _waiting = true;
        // A token that is cancelled by now calls back here, before this returns, and finds that it may.
        if (cancellationToken.CanBeCanceled)
            _registration = cancellationToken.UnsafeRegister(OnCancelled, this);
        return _core.Version;
    }

    /// <summary>Blocks until the next <see cref="Signal"/>. Under the lock, which is released meanwhile.</summary>
    /// <param name="until">Of <see cref="Environment.TickCount64"/>; <see cref="long.MaxValue"/>: for ever.</param>
    /// <returns>False when the time is up.</returns>
    public bool Block(long until)
    {
        var left = until == long.MaxValue ? Timeout.Infinite : until - Environment.TickCount64;
        if (left is <= 0 and not Timeout.Infinite)
            return false;
        _blocked++;
        Monitor.Wait(gate, (int)Math.Min(left, int.MaxValue));
        _blocked--;
        return true;
    }

    /// <summary>Wakes whoever waits; nobody: nothing happens. Under the lock.</summary>
    public void Signal()
    {
        if (_blocked > 0)
            Monitor.PulseAll(gate);
        if (!_waiting)
            return;
        _waiting = false;
        _core.SetResult(true);
    }

    /// <summary>Whether whoever waits next is not to wait: it was interrupted. Under the lock.</summary>
    public bool IsInterrupted => _interrupted;

    /// <summary>Wakes whoever waits, now or next, without what is waited for. Under the lock.</summary>
    public void Interrupt()
    {
        Volatile.Write(ref _interrupted, true);
        Signal();
    }

    /// <summary>Whether it was interrupted; asking takes it back. Not under the lock.</summary>
    public bool TakeInterrupt()
    {
        if (!Volatile.Read(ref _interrupted))
            return false;
        lock (gate)
            _interrupted = false;
        return true;
    }

    void IValueTaskSource.GetResult(short token)
    {
        // Not under the lock: it waits for a callback that runs, which takes it. After this no callback is left that could end the next wait.
        _registration.Dispose();
        _registration = default;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        lock (gate)
        {
            if (!_waiting)
                return;
            _waiting = false;
            _core.SetException(new OperationCanceledException(token));
        }
    }
}
