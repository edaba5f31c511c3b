using System.Net.Sockets;

namespace Utp.Sockets;

/// <summary>
/// Waits until a socket takes datagrams again. The runtime has no such wait for datagrams that does not
/// send one, so a timer asks each millisecond, only while somebody waits: a send buffer of 4 MiB lasts
/// longer than that on any link, and no thread is held.
/// </summary>
internal sealed class WritableWait : IDisposable
{
    private const int PollMillis = 1;

    private readonly Socket _socket;
    private readonly Action _onWritable;
    private readonly Action<Exception> _onGone;
    private readonly Timer _timer;
    private int _requested;
    private int _disposed;

    /// <summary>Creates the wait for <paramref name="socket"/>. The callbacks come on any thread, also within <see cref="Request"/>.</summary>
    public WritableWait(Socket socket, Action onWritable, Action<Exception> onGone)
    {
        _socket = socket;
        _onWritable = onWritable;
        _onGone = onGone;
        _timer = new Timer(static state => ((WritableWait)state!).Check(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>
    /// Starts the wait, unless it is under way. With <paramref name="backOff"/> the first look is after
    /// one tick: what refused the datagram lies below the socket, which looks writable all the time.
    /// </summary>
    public void Request(bool backOff)
    {
        if (Interlocked.Exchange(ref _requested, 1) == 1)
            return;
        if (backOff)
            Later();
        else
            Check();
    }

    /// <summary>Ends a wait that is under way, without a callback.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, 1);
        _timer.Dispose();
    }

    private void Check()
    {
        if (Volatile.Read(ref _disposed) != 0)
            return;
        try
        {
            if (!_socket.Poll(0, SelectMode.SelectWrite))
            {
                Later();
                return;
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            if (Volatile.Read(ref _disposed) == 0)
                _onGone(e);
            return;
        }

        Volatile.Write(ref _requested, 0);
        if (Volatile.Read(ref _disposed) == 0)
            _onWritable();
    }

    private void Later()
    {
        try
        {
            _timer.Change(PollMillis, Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            // Disposed meanwhile: the wait ends here.
        }
    }
}
