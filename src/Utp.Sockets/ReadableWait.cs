using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Utp.Sockets;

/// <summary>
/// Waits for a datagram without a thread and without consuming it: an empty read that completes when the
/// socket is readable. One wait at a time, which allocates nothing. An ICMP error ends a wait too, as an
/// exception or as if a datagram were there; both are a wake-up, and the next read finds out.
/// </summary>
internal sealed class ReadableWait : IDisposable
{
    private readonly Socket _socket;
    private readonly SocketEvents _events;
    private readonly Action _complete;
    private readonly CancellationTokenSource _stop = new();
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _wait;
    private int _pending;

    public ReadableWait(Socket socket, SocketEvents events)
    {
        _socket = socket;
        _events = events;
        _complete = Complete;
    }

    /// <summary>Starts the wait, unless it is under way.</summary>
    public void Request()
    {
        if (_stop.IsCancellationRequested || Interlocked.Exchange(ref _pending, 1) == 1)
            return;
        try
        {
#pragma warning disable CA2012 // One wait at a time, and Complete consumes it once; an async method would allocate for each.
            _wait = _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, _stop.Token).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012 // See above.
        }
        catch (ObjectDisposedException e)
        {
            End(e);
            return;
        }

        if (_wait.IsCompleted)
            Complete();
        else
            _wait.UnsafeOnCompleted(_complete);
    }

    /// <summary>Ends a wait that is under way, without a callback.</summary>
    public void Dispose() => _stop.Cancel();

    private void Complete()
    {
        var isError = false;
        try
        {
            _wait.GetResult();
        }
        catch (SocketException e) when (!SocketErrors.IsFatal(e.SocketErrorCode))
        {
            isError = true;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            End(e);
            return;
        }

        // From here on a new request is a wait of its own.
        Volatile.Write(ref _pending, 0);
        if (_stop.IsCancellationRequested)
            return;
        if (isError)
            _events.OnError();
        _events.OnReadable();
    }

    private void End(Exception cause)
    {
        if (!_stop.IsCancellationRequested)
            _events.OnGone(cause);
    }
}
