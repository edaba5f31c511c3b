using System.Net;
using System.Net.Sockets;
using Utp.Sockets.Linux;

namespace Utp.Sockets;

/// <summary>
/// The driver over UDP sockets, without a thread of its own. Portable: one system call per datagram. Batched (Linux): system calls carry many
/// datagrams (design note 11). On Linux all channels wait in one epoll with one thread, elsewhere by the runtime's asynchronous reads; an
/// idle channel costs nothing. See <see cref="IDatagramChannel"/> for who may call what.
/// </summary>
/// <remarks>
/// A read packs datagrams into slabs of the batch's pool. A slab belongs to the batch; when the next
/// batch begins while somebody still holds it, the space behind the last datagram is used on, and
/// when nobody does it is back in the pool. So many small batches share a slab, and an idle channel
/// holds none.
/// </remarks>
public sealed class UdpSocketChannel : IDatagramChannel
{
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly DatagramIo _io;
    private readonly BatchReader _reader;
    private readonly SocketWait _wait;
    private readonly BlockingWait? _blockingWait;
    private IDatagramChannelObserver? _observer;
    private int _closed;
    private int _disposed;

    // A socket that a user opened may have options of which another one on the port would know nothing.
    private bool _isOpenedHere;

    private UdpSocketChannel(Socket socket, bool ownsSocket, bool portable, bool batched, ISystemCallFaults? faults = null)
    {
        var isLinux = OperatingSystem.IsLinux() && !portable;
        IsBatched = isLinux && batched;
        _socket = socket;
        _ownsSocket = ownsSocket;
        socket.Blocking = false;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        var local = UdpEndPoint.From(LocalEndPoint);
        if (isLinux)
        {
            var io = new LinuxDatagramIo(socket, local, batched, faults);
            _io = io;
            _reader = batched ? new MergedReader(io) : new PackingReader(io);
        }
        else
        {
            _io = new PortableDatagramIo(socket, local);
            _reader = new PackingReader(_io);
        }

        ReceiveBufferBytes = UdpSocketFactory.GrantedBytes(socket.ReceiveBufferSize);
        SendBufferBytes = UdpSocketFactory.GrantedBytes(socket.SendBufferSize);

        // A borrowed socket may be closed by its owner at any time, which epoll does not tell.
        var events = new SocketEvents(OnReadable, OnWritable, OnError, Fail);
        _wait = isLinux && ownsSocket ? new EpollWait(socket, events) : new RuntimeWait(socket, events);

        // A borrowed socket cannot be shut down to wake the thread that waits.
        if (IsBatched && ownsSocket)
            _blockingWait = new BlockingWait(socket);
    }

    /// <summary>Whether other sockets may be bound to the same port: it was opened with <see cref="UdpSocketOptions.ReusePort"/>, or <see cref="TryShare"/> was called.</summary>
    public bool IsPortShared { get; private set; }

    /// <summary>Whether system calls carry many datagrams: it was asked for, and the system can.</summary>
    public bool IsBatched { get; }

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public DatagramChannelFeatures Features => _blockingWait is null ? _io.Features : _io.Features | DatagramChannelFeatures.BlockingWait;

    /// <inheritdoc/>
    public int ReceiveBufferBytes { get; }

    /// <inheritdoc/>
    public int SendBufferBytes { get; }

    /// <inheritdoc/>
    public long ReceiveDrops
    {
        get
        {
            try
            {
                return IsClosed ? 0 : _io.ReceiveDrops;
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                return 0;
            }
        }
    }

    private bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Opens and binds a socket.</summary>
    /// <param name="options">The address, and what to ask of the system.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="SocketException">The address is in use, not ours, or not allowed; its error code says which.</exception>
    public static UdpSocketChannel Bind(UdpSocketOptions options) => Bind(options, portable: false);

    /// <summary>
    /// Uses a socket that the caller opened and bound. Its buffer sizes and time-to-live stay as they are; it becomes
    /// non-blocking, sets DF, and reports ICMP errors and packet info from now on. While the channel
    /// lives nobody else may read from it.
    /// </summary>
    /// <param name="userSocket">A bound, unconnected UDP socket.</param>
    /// <param name="ownsSocket">Whether <see cref="Dispose"/> closes the socket. Otherwise it stays open, and bound, for the caller.</param>
    /// <param name="batched">As <see cref="UdpSocketOptions.Batched"/>.</param>
    /// <exception cref="ArgumentException">The socket is no UDP socket, not bound, connected, or disposed. It is left as it was.</exception>
    public static UdpSocketChannel FromSocket(Socket userSocket, bool ownsSocket, bool batched = false)
    {
        UdpSocketFactory.RequireUsable(userSocket);
        return new UdpSocketChannel(userSocket, ownsSocket, portable: false, batched);
    }

    /// <summary>
    /// Lets other sockets of this user be bound to the port from now on (SO_REUSEPORT). Whoever binds first and shares afterwards is refused a port that is taken, as alone.
    /// </summary>
    /// <returns>False where sockets cannot share a port: not on Linux, not batched, or a socket that a user opened.</returns>
    public bool TryShare()
    {
        if (!IsBatched || !_isOpenedHere || IsClosed)
            return false;
        try
        {
            UdpSocketFactory.SetReusePort(_socket);
            return IsPortShared = true;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// From now on the kernel gives the port's ST_SYNs to this socket, and to the others everything else: a flood of ST_SYNs fills this one's buffer alone. Until then it gave this one a share of all,
    /// so whoever reads it must be ready for any datagram.
    /// </summary>
    /// <param name="others">How many sockets share the port with this one, which was bound last; 1 or more.</param>
    /// <returns>False: the system cannot sort, and the socket is of no use for it.</returns>
    /// <exception cref="InvalidOperationException">The port is not shared.</exception>
    public bool TryTakeSyns(int others)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(others, 1);
        if (!IsPortShared)
            throw new InvalidOperationException("The port is not shared: open the channel with ReusePort.");
        return PortSorter.TryAttach(_socket, others);
    }

    /// <inheritdoc/>
    public void SetObserver(IDatagramChannelObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        if (Interlocked.CompareExchange(ref _observer, observer, null) is not null)
            throw new InvalidOperationException("The channel has an observer already.");
        _io.Observer = observer;
    }

    /// <inheritdoc/>
    public ReceiveStatus Receive(ReceiveBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (IsClosed)
            return ReceiveStatus.Closed;
        try
        {
            return _reader.Fill(batch);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            Fail(e);
            return ReceiveStatus.Closed;
        }
    }

    /// <inheritdoc/>
    public void RequestReadable()
    {
        RequireObserver();
        if (!IsClosed)
            _wait.RequestReadable();
    }

    /// <inheritdoc/>
    public SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment)
    {
        if (IsClosed)
            return SendStatus.Closed;
        if (payload.Length > segmentSize)
            return SendAtOnce(path, payload, segmentSize, dontFragment);
        try
        {
            return _io.Send(path, payload, dontFragment);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            Fail(e);
            return SendStatus.Closed;
        }
    }

    /// <inheritdoc/>
    public int SendBurst(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment, out SendStatus status)
    {
        status = SendStatus.Closed;
        if (IsClosed)
            return 0;
        try
        {
            if (_io is LinuxDatagramIo io && payload.Length > segmentSize)
                return io.SendRun(path, payload, segmentSize, dontFragment, out status);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // What went before the socket did is on its way.
            status = SendStatus.Closed;
            Fail(e);
            return 0;
        }

        return SingleSends.Send(this, path, payload, segmentSize, dontFragment, out status);
    }

    /// <inheritdoc/>
    public bool WaitReadable()
    {
        if (_blockingWait is null)
            throw new NotSupportedException("This channel has no blocking wait.");
        if (IsClosed)
            return false;
        switch (_blockingWait.Wait())
        {
            case WaitResult.Readable:
                return !IsClosed;
            case WaitResult.Error:
                OnError();
                return !IsClosed;
            default:
                if (!IsClosed)
                    Fail(new SocketException((int)SocketError.Shutdown));
                return false;
        }
    }

    /// <inheritdoc/>
    public void RequestWritable()
    {
        RequireObserver();
        if (!IsClosed)
            _wait.RequestWritable();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Volatile.Write(ref _closed, 1);
        _wait.Dispose();
        _blockingWait?.Dispose();
        if (_ownsSocket)
            _socket.Dispose();
    }

    internal static UdpSocketChannel Bind(UdpSocketOptions options, bool portable, ISystemCallFaults? faults = null)
    {
        var socket = UdpSocketFactory.Open(options);
        try
        {
            return new UdpSocketChannel(socket, ownsSocket: true, portable, options.Batched, faults) { IsPortShared = options.ReusePort, _isOpenedHere = true };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // All or none: one segmented call, or nothing.
    private SendStatus SendAtOnce(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment)
    {
        try
        {
            return _io is LinuxDatagramIo io ? io.SendSegmented(path, payload, segmentSize, dontFragment) : SendStatus.Failed;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            Fail(e);
            return SendStatus.Closed;
        }
    }

    private void OnError()
    {
        try
        {
            if (!IsClosed)
                _io.DrainErrors();
        }
        catch (ObjectDisposedException)
        {
            // Disposed meanwhile: nobody wants to know any more.
        }
    }

    private void OnReadable()
    {
        if (!IsClosed)
            _observer!.OnReadable();
    }

    private void OnWritable()
    {
        if (!IsClosed)
            _observer!.OnWritable();
    }

    /// <summary>The socket is gone though nobody disposed the channel: told once.</summary>
    private void Fail(Exception cause)
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
            _observer?.OnFailed(cause);
    }

    private void RequireObserver()
    {
        if (_observer is null)
            throw new InvalidOperationException("The channel has no observer: call SetObserver first.");
    }
}
