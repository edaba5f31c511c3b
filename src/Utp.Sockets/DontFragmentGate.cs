namespace Utp.Sockets;

/// <summary>
/// Lets sends overlap, except with one that needs DF cleared: DF is an option of the socket, not of a
/// datagram, so whatever else left meanwhile would lose its DF too, and an MTU probe that was
/// fragmented on its way proves a path that does not exist. Nothing is waited for but system calls
/// that do not block.
/// </summary>
internal sealed class DontFragmentGate
{
    private readonly Lock _exclusive = new();
    private int _inside;
    private int _closed;

    /// <summary>Begins an ordinary send; ended by <see cref="Exit"/>.</summary>
    public void Enter()
    {
        Interlocked.Increment(ref _inside);
        if (Volatile.Read(ref _closed) != 0)
            EnterAfterExclusive();
    }

    /// <summary>Ends an ordinary send.</summary>
    public void Exit() => Interlocked.Decrement(ref _inside);

    /// <summary>Begins the send with DF cleared: waits for those under way and holds up the next; ended by <see cref="ExitExclusive"/>.</summary>
    public void EnterExclusive()
    {
        _exclusive.Enter();
        Interlocked.Exchange(ref _closed, 1);
        var spin = default(SpinWait);
        while (Volatile.Read(ref _inside) != 0)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>Ends the send with DF cleared.</summary>
    public void ExitExclusive()
    {
        Volatile.Write(ref _closed, 0);
        _exclusive.Exit();
    }

    private void EnterAfterExclusive()
    {
        do
        {
            Interlocked.Decrement(ref _inside);
            var spin = default(SpinWait);
            while (Volatile.Read(ref _closed) != 0)
                spin.SpinOnce(sleep1Threshold: -1);
            Interlocked.Increment(ref _inside);
        }
        while (Volatile.Read(ref _closed) != 0);
    }
}
