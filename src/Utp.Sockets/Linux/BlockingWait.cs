using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

/// <summary>What ended a wait.</summary>
internal enum WaitResult
{
    /// <summary>Something may be there to read.</summary>
    Readable,

    /// <summary>The socket shows an error of an earlier datagram, and perhaps something to read.</summary>
    Error,

    /// <summary>The socket was shut down, by us or somebody else.</summary>
    Gone,
}

/// <summary>
/// Lets one thread wait for one socket (poll(2)). Closing a descriptor does not wake who waits for it, shutting the socket down does: so
/// <see cref="Dispose"/> shuts down, waits until the thread is out, and leaves closing to its caller.
/// </summary>
internal sealed unsafe class BlockingWait(Socket socket) : IDisposable
{
    private readonly SafeHandle _handle = socket.SafeHandle;
    private readonly object _gate = new();
    private bool _isWaiting;
    private bool _isDisposed;

    /// <summary>Waits on the caller's thread; one at a time.</summary>
    public WaitResult Wait()
    {
        lock (_gate)
        {
            if (_isDisposed || _handle.IsClosed)
                return WaitResult.Gone;
            _isWaiting = true;
        }

        var isReferenced = false;
        try
        {
            _handle.DangerousAddRef(ref isReferenced);
            return Poll((int)_handle.DangerousGetHandle());
        }
        catch (ObjectDisposedException)
        {
            return WaitResult.Gone;
        }
        finally
        {
            if (isReferenced)
                _handle.DangerousRelease();
            lock (_gate)
            {
                _isWaiting = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Wakes the thread and waits until it is out. The socket can neither send nor receive any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            if (!_isWaiting)
                return;
            try
            {
                // Answers ENOTCONN, and does it all the same.
                _ = LibC.Shutdown(_handle, LibC.SHUT_RDWR);
            }
            catch (ObjectDisposedException)
            {
                // Closed by somebody else.
            }

            while (_isWaiting)
                Monitor.Wait(_gate);
        }
    }

    private static WaitResult Poll(int descriptor)
    {
        var entry = new PollEntry { Descriptor = descriptor, Events = LibC.POLLIN | LibC.POLLRDHUP };
        while (true)
        {
            entry.Seen = 0;
            if (LibC.Poll(&entry, 1, -1) < 0)
            {
                if (Marshal.GetLastPInvokeError() == Errno.EINTR)
                    continue;
                return WaitResult.Gone;
            }

            if ((entry.Seen & (LibC.POLLRDHUP | LibC.POLLHUP | LibC.POLLNVAL)) != 0)
                return WaitResult.Gone;
            return (entry.Seen & LibC.POLLERR) != 0 ? WaitResult.Error : WaitResult.Readable;
        }
    }
}
