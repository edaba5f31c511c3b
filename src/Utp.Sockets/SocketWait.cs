namespace Utp.Sockets;

/// <summary>Waits for a socket to have something to read, or room to write. One wait of each kind at a time; asking again adds nothing.</summary>
internal abstract class SocketWait : IDisposable
{
    /// <summary>Asks for one <see cref="SocketEvents.OnReadable"/>.</summary>
    public abstract void RequestReadable();

    /// <summary>Asks for one <see cref="SocketEvents.OnWritable"/>.</summary>
    public abstract void RequestWritable();

    /// <summary>Ends the waits without a callback, save one that is under way. Comes before the socket is closed.</summary>
    public abstract void Dispose();
}

/// <summary>Who is called when a wait is over, on any thread, perhaps within the request.</summary>
/// <param name="OnReadable">Something may be there to read.</param>
/// <param name="OnWritable">The socket may take a datagram.</param>
/// <param name="OnError">The socket shows an error of an earlier datagram; <paramref name="OnReadable"/> may follow.</param>
/// <param name="OnGone">The socket is gone though the wait was not disposed. Perhaps more than once.</param>
internal sealed record SocketEvents(Action OnReadable, Action OnWritable, Action OnError, Action<Exception> OnGone);
