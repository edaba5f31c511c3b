using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

/// <summary>The waits of one socket that this process opened, in the <see cref="EpollLoop"/>. Nothing is allocated per wait.</summary>
internal sealed class EpollWait : SocketWait
{
    private readonly Lock _lock = new();
    private readonly SafeHandle _socket;
    private readonly SocketEvents _events;
    private readonly long _id;
    private uint _wanted;
    private bool _isAdded;
    private bool _isDisposed;

    public EpollWait(Socket socket, SocketEvents events)
    {
        _socket = socket.SafeHandle;
        _events = events;
        _id = EpollLoop.Shared.Register(this);
    }

    public override void RequestReadable() => Request(LibC.EPOLLIN);

    public override void RequestWritable() => Request(LibC.EPOLLOUT);

    public override void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            EpollLoop.Shared.Remove(_socket, _id);
        }
    }

    /// <summary>What the kernel saw. On the loop's thread.</summary>
    public void OnEvents(uint seen)
    {
        if ((seen & (LibC.EPOLLHUP | LibC.EPOLLRDHUP)) != 0)
        {
            // Shut down by somebody else; it would be readable for ever, so nothing is asked for again.
            _events.OnGone(new SocketException((int)SocketError.Shutdown));
            return;
        }

        // An error ends both waits: whoever reads or sends next finds out.
        var isError = (seen & LibC.EPOLLERR) != 0;
        var fulfilled = Take(isError ? LibC.EPOLLIN | LibC.EPOLLOUT : seen);
        if (isError)
            _events.OnError();
        if ((fulfilled & LibC.EPOLLIN) != 0)
            _events.OnReadable();
        if ((fulfilled & LibC.EPOLLOUT) != 0)
            _events.OnWritable();
    }

    private void Request(uint @event)
    {
        Exception? gone;
        lock (_lock)
        {
            if (_isDisposed || (_wanted & @event) != 0)
                return;
            _wanted |= @event;
            gone = Arm();
        }

        if (gone is not null)
            _events.OnGone(gone);
    }

    /// <summary>Which of the waits are over. One event disarms all, so what is still wanted is asked for again.</summary>
    private uint Take(uint over)
    {
        Exception? gone = null;
        uint fulfilled;
        lock (_lock)
        {
            fulfilled = _isDisposed ? 0 : _wanted & over;
            _wanted &= ~fulfilled;
            if (!_isDisposed && _wanted != 0)
                gone = Arm();
        }

        if (gone is not null)
            _events.OnGone(gone);
        return fulfilled;
    }

    private Exception? Arm()
    {
        try
        {
            // A shut down socket would be readable without end; it shows only if asked for.
            var shutdown = (_wanted & LibC.EPOLLIN) != 0 ? LibC.EPOLLRDHUP : 0;
            EpollLoop.Shared.Arm(_socket, _id, _wanted | shutdown, !_isAdded);
            _isAdded = true;
            return null;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return e;
        }
    }
}
