using System.Net.Sockets;

namespace Utp.Sockets;

/// <summary>
/// Waits until a socket takes datagrams again. The runtime has no such wait for datagrams that does not
/// send one, so a timer asks each millisecond, only while somebody waits: a send buffer of 4 MiB lasts
/// longer than that on any link, and no thread is held.
/// </summary>
internal sealed class WritableWait : IDisposable
{
    private const int PeriodMillis = 1;

    private readonly Socket _socket;
    private readonly SocketEvents _events;
    private readonly Timer _timer;
    private int _requested;
    private int _disposed;

    public WritableWait(Socket socket, SocketEvents events)
    {
        _socket = socket;
        _events = events;
        _timer = new Timer(static state => ((WritableWait)state!).Check(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Starts the wait, unless it is under way.</summary>
    public void Request()
    {
        if (Interlocked.Exchange(ref _requested, 1) == 0)
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
                _events.OnGone(e);
            return;
        }

        Volatile.Write(ref _requested, 0);
        if (Volatile.Read(ref _disposed) == 0)
            _events.OnWritable();
    }

    private void Later()
    {
        try
        {
            _timer.Change(PeriodMillis, Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            // Disposed meanwhile: the wait ends here.
        }
    }
}
