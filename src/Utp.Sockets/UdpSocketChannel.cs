using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Utp.Sockets.Linux;

namespace Utp.Sockets;

/// <summary>
/// The portable driver: one UDP socket, one system call per datagram, and no thread of its own. On Linux
/// all channels wait in one epoll with one thread, elsewhere by the runtime's asynchronous reads; an
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
    // After so many errors in a row the reader gets its thread back; the next readable goes on.
    private const int MaxErrorsPerReceive = 64;

    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly DatagramIo _io;
    private readonly SocketWait _wait;
    private IDatagramChannelObserver? _observer;
    private SlabRemainder _remainder;
    private bool _backOff;
    private int _closed;
    private int _disposed;

    private UdpSocketChannel(Socket socket, bool ownsSocket, bool portable)
    {
        var isLinux = OperatingSystem.IsLinux() && !portable;
        _socket = socket;
        _ownsSocket = ownsSocket;
        socket.Blocking = false;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        var local = UdpEndPoint.From(LocalEndPoint);
        _io = isLinux ? new LinuxDatagramIo(socket, local) : new PortableDatagramIo(socket, local);
        ReceiveBufferBytes = UdpSocketFactory.GrantedBytes(socket.ReceiveBufferSize);
        SendBufferBytes = UdpSocketFactory.GrantedBytes(socket.SendBufferSize);

        // A borrowed socket may be closed by its owner at any time, which epoll does not tell.
        var events = new SocketEvents(OnReadable, OnWritable, OnError, Fail);
        _wait = isLinux && ownsSocket ? new EpollWait(socket, events) : new RuntimeWait(socket, events);
    }

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public DatagramChannelFeatures Features => _io.Features;

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
    /// <exception cref="ArgumentException">The socket is no UDP socket, not bound, connected, or disposed. It is left as it was.</exception>
    public static UdpSocketChannel FromSocket(Socket userSocket, bool ownsSocket)
    {
        UdpSocketFactory.RequireUsable(userSocket);
        return new UdpSocketChannel(userSocket, ownsSocket, portable: false);
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
            return Fill(batch);
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
            return SendStatus.Failed;
        try
        {
            var status = _io.Send(path, payload, dontFragment, out var backOff);
            if (status == SendStatus.WouldBlock)
                Volatile.Write(ref _backOff, backOff);
            return status;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            Fail(e);
            return SendStatus.Closed;
        }
    }

    /// <inheritdoc/>
    public void RequestWritable()
    {
        RequireObserver();
        if (!IsClosed)
            _wait.RequestWritable(Volatile.Read(ref _backOff));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Volatile.Write(ref _closed, 1);
        _wait.Dispose();
        if (_ownsSocket)
            _socket.Dispose();
    }

    internal static UdpSocketChannel Bind(UdpSocketOptions options, bool portable)
    {
        var socket = UdpSocketFactory.Open(options);
        try
        {
            return new UdpSocketChannel(socket, ownsSocket: true, portable);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ReceiveStatus Fill(ReceiveBatch batch)
    {
        DatagramSlab? slab = null;
        var offset = 0;
        var isOwned = false;
        var errors = 0;
        try
        {
            while (!batch.IsFull)
            {
                if (slab is null || slab.Array.Length - offset < DatagramIo.MaxDatagramBytes)
                {
                    isOwned = false;
                    if (!TryTakeSlab(batch.Pool, out slab, out offset))
                        return ReceiveStatus.NoMemory;
                }

                var result = _io.Read(slab, offset, out var datagram);
                if (result == ReadResult.Datagram)
                {
                    if (!isOwned)
                        batch.Own(slab);
                    isOwned = true;
                    batch.Add(datagram);
                    offset += datagram.Length;
                    errors = 0;
                }
                else if (result == ReadResult.Empty || ++errors == MaxErrorsPerReceive)
                {
                    return ReceiveStatus.Drained;
                }
            }

            return ReceiveStatus.More;
        }
        finally
        {
            if (slab is not null)
            {
                _remainder = new SlabRemainder(slab, offset);
                if (!isOwned)
                    slab.Release();
            }
        }
    }

    /// <summary>A slab with room for any datagram, and one reference that is the caller's: the last one's rest or a new one.</summary>
    private bool TryTakeSlab(SlabPool pool, [NotNullWhen(true)] out DatagramSlab? slab, out int offset)
    {
        // The rest is taken once: what is read now lies behind the offset it remembers.
        var remainder = _remainder;
        _remainder = default;
        return remainder.TryReopen(pool, out slab, out offset) || pool.TryRent(out slab);
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
